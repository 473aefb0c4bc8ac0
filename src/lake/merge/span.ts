/** Span: flushes of one incarnation that follow each other, whose parts become fewer, day by day, with those parts. */
import type { CellKind } from '../../core/rollup/cell-codec.ts';

export interface AgedFlush {
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly storedAtMs: number;
  readonly accepted: number;
  readonly corrections: number;
  /** Null when the flush has no segment: it accepted nothing, or its days are sealed and its segment is gone. */
  readonly rollupIds: readonly string[] | null;
  /** The days of its rows. */
  readonly days: readonly number[];
}

/** Consecutive flushes of one incarnation. */
export interface Span {
  readonly uid: string;
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly flushes: readonly AgedFlush[];
  /** Length of the windows of the merged parts: a minute, or a quarter of an hour. */
  readonly windowMs: number;
  /** Whether the part that ends where the span begins is merged with it: so one part grows over a day, or over an hour. */
  readonly takesLeft: boolean;
}

/** A stored part without its cells. */
export interface SpanPart {
  readonly kind: CellKind;
  readonly day: number;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly chunk: number;
  readonly checksum: string;
  readonly corrections: number;
  readonly sizeBytes: number;
  /** How many people its cells have together, at most. */
  readonly memberships: number;
}
