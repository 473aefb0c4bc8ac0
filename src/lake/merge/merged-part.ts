/** Merged part: the cells of a span of flushes as one part, with rows of one day each. */
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../core/rollup/cell-codec.ts';
import { toQuarterHours } from '../../core/rollup/quarter-hours.ts';
import { dayOf } from '../../core/std/day.ts';
import { hashHex } from '../../core/std/hash.ts';
import type { Span, SpanPart } from './span.ts';

export interface MergedRow {
  readonly cells: Uint8Array;
  readonly startMsMin: number;
  readonly overflowed: boolean;
}

export interface MergedPart {
  /** In the order of their chunks. */
  readonly rows: readonly MergedRow[];
  readonly corrections: number;
  readonly checksum: string;
}

/** Null when the parts are not to be merged: too few, not whole, too big, or of too many tuples. */
export function mergedPartOf({ flushes }: Span, parts: readonly SpanPart[]): MergedPart | null {
  if (parts.length < 2 || !isWhole(flushes, parts)) return null;
  if (parts.reduce((sum, { cells }) => sum + cells.length, 0) > LIMITS.mergeSizeBytesMax) return null;
  const merged = toQuarterHours(parts.map(({ cells }) => decodeRollupCells(cells)));
  if (merged === null) return null;
  const days = [...new Set([...merged.windows.keys()].map(dayOf))].sort((a, b) => a - b);
  const rows = days.flatMap((day) =>
    encodeRollupCells(merged, { startMs: day * DAY_MS, endMs: (day + 1) * DAY_MS }).map((cells) => ({
      cells,
      startMsMin: readCellsHeader(cells).startMsMin,
      overflowed: merged.overflowed,
    })),
  );
  const corrections = flushes.reduce((sum, flush) => sum + flush.corrections, 0);
  return { rows, corrections, checksum: hashHex(fingerprintOf(parts)) };
}

/** Whether each part is one of a flush of the span, with all of its chunks. */
function isWhole(flushes: Span['flushes'], parts: readonly SpanPart[]): boolean {
  const known = new Set(flushes.map(({ seqFrom, seqTo }) => `${seqFrom}-${seqTo}`));
  const chunks = new Map<number, number>();
  for (const { seqFrom, seqTo, chunk } of parts) {
    if (!known.has(`${seqFrom}-${seqTo}`) || chunk !== (chunks.get(seqFrom) ?? 0)) return false;
    chunks.set(seqFrom, chunk + 1);
  }
  return chunks.size > 1;
}

/** What the store compares before it replaces the parts; `PARTS_FINGERPRINT` says the same in SQL. */
export function fingerprintOf(parts: readonly Pick<SpanPart, 'seqFrom' | 'seqTo' | 'chunk' | 'checksum'>[]): string {
  return parts.map(({ seqFrom, seqTo, chunk, checksum }) => `${seqFrom}-${seqTo}-${chunk}-${checksum}`).join(',');
}
