/** Span: flushes of one incarnation that follow each other, whose parts become one, day by day, with those parts. */
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
}

export interface SpanPart {
  readonly kind: CellKind;
  readonly day: number;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly chunk: number;
  readonly checksum: string;
  readonly cells: Uint8Array;
}
