/** Merged part: the cells of a group of parts of one day as one part of counts and one of people. */
import { MINUTE_MS } from '../../core/limits.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../core/rollup/cell-codec.ts';
import { mergedWindows } from '../../core/rollup/quarter-hours.ts';
import { hashHex } from '../../core/std/hash.ts';
import type { PartGroup } from './part-groups.ts';
import type { SpanPart } from './span.ts';

type MergedKind = 'counts' | 'people';

/** The cells of a part of the group. */
export interface PartCells {
  readonly kind: MergedKind;
  readonly cells: Uint8Array;
}

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
  readonly checksum: string;
}

/** Null when a window would have too many tuples. */
export function mergedPartOf({ parts }: PartGroup, cells: readonly PartCells[], windowMs: number): MergedPart | null {
  const counts = mergedRows(cells, 'counts', windowMs);
  const people = mergedRows(cells, 'people', windowMs);
  if (counts === null || people === null) return null;
  return { rows: [...counts, ...people], checksum: hashHex(fingerprintOf(parts)) };
}

function mergedRows(cells: readonly PartCells[], kind: MergedKind, windowMs: number): MergedRow[] | null {
  const merged = mergedWindows(decoded(cells, kind, windowMs), windowMs);
  if (merged === null) return null;
  return encodeRollupCells(merged, { kind, sharesPeople: kind === 'people' }).map((encoded, chunk) => {
    const { startMsMin, startMsMax: lastMs, overflowed } = readCellsHeader(encoded);
    return { kind, chunk, cells: encoded, startMsMin, startMsMax: lastMs + windowMs - MINUTE_MS, overflowed };
  });
}

/** One part after the other, so that few are decoded at a time. */
function* decoded(all: readonly PartCells[], kind: MergedKind, windowMs: number) {
  const windowOf = (startMs: number) => Math.floor(startMs / windowMs) * windowMs;
  for (const { kind: partKind, cells } of all) if (partKind === kind) yield decodeRollupCells(cells, { windowOf });
}

/** What the store compares before it replaces the parts; `PARTS_FINGERPRINT` says the same in SQL. */
export function fingerprintOf(
  parts: readonly Pick<SpanPart, 'kind' | 'seqFrom' | 'seqTo' | 'chunk' | 'checksum'>[],
): string {
  return [...parts]
    .sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.seqFrom - b.seqFrom || a.chunk - b.chunk))
    .map(({ kind, seqFrom, seqTo, chunk, checksum }) => `${kind}-${seqFrom}-${seqTo}-${chunk}-${checksum}`)
    .join(',');
}
