/** Merged part: the cells of a span of flushes and of one day as one part of counts and one of people. */
import { MINUTE_MS } from '../../core/limits.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../core/rollup/cell-codec.ts';
import { QUARTER_HOUR_MS, toQuarterHours } from '../../core/rollup/quarter-hours.ts';
import type { RollupCells } from '../../core/rollup/rollup-cells.ts';
import { hashHex } from '../../core/std/hash.ts';
import type { Span, SpanPart } from './span.ts';

type MergedKind = 'counts' | 'people';

export interface MergedRow {
  readonly kind: MergedKind;
  readonly chunk: number;
  readonly cells: Uint8Array;
  /** Starts of the first and of the last minute of the windows. */
  readonly startMsMin: number;
  readonly startMsMax: number;
  readonly overflowed: boolean;
}

export interface MergedPart {
  readonly rows: readonly MergedRow[];
  readonly corrections: number;
  readonly checksum: string;
}

/** Null when the parts of the day are not to be merged: too few, not whole (none come of a day too big), or of too many tuples. */
export function mergedPartOf({ flushes }: Span, parts: readonly SpanPart[]): MergedPart | null {
  if (!isWhole(flushes, parts)) return null;
  const counts = mergedRows(parts, 'counts');
  const people = mergedRows(parts, 'people');
  if (counts === null || people === null) return null;
  const corrections = flushes.reduce((sum, flush) => sum + flush.corrections, 0);
  return { rows: [...counts, ...people], corrections, checksum: hashHex(fingerprintOf(parts)) };
}

function mergedRows(parts: readonly SpanPart[], kind: MergedKind): MergedRow[] | null {
  const merged = toQuarterHours(
    parts.filter((part) => part.kind === kind).map(({ cells }) => decodeRollupCells(cells)),
  );
  return merged && rowsOf(merged, kind);
}

function rowsOf(merged: RollupCells, kind: MergedKind): MergedRow[] {
  return encodeRollupCells(merged, { kind }).map((cells, chunk) => {
    const { startMsMin, startMsMax: lastQuarterMs, overflowed } = readCellsHeader(cells);
    return { kind, chunk, cells, startMsMin, startMsMax: lastQuarterMs + QUARTER_HOUR_MS - MINUTE_MS, overflowed };
  });
}

/** Whether each part is one of a flush of the span, with both kinds and all of their chunks, and there are several flushes. */
function isWhole(flushes: Span['flushes'], parts: readonly SpanPart[]): boolean {
  const known = new Set(flushes.map(({ seqFrom, seqTo }) => `${seqFrom}-${seqTo}`));
  const chunks = { counts: new Map<number, number>(), people: new Map<number, number>() };
  for (const { kind, seqFrom, seqTo, chunk } of parts) {
    // Parts of earlier releases are of one kind, and go with the seals of their days.
    if (kind === 'all' || !known.has(`${seqFrom}-${seqTo}`)) return false;
    if (chunk !== (chunks[kind].get(seqFrom) ?? 0)) return false;
    chunks[kind].set(seqFrom, chunk + 1);
  }
  const { counts, people } = chunks;
  return counts.size > 1 && counts.size === people.size && [...counts.keys()].every((seqFrom) => people.has(seqFrom));
}

/** What the store compares before it replaces the parts; `PARTS_FINGERPRINT` says the same in SQL. */
export function fingerprintOf(parts: readonly Omit<SpanPart, 'cells' | 'day'>[]): string {
  return parts
    .map(({ kind, seqFrom, seqTo, chunk, checksum }) => `${kind}-${seqFrom}-${seqTo}-${chunk}-${checksum}`)
    .join(',');
}
