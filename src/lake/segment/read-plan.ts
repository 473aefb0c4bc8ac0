/**
 * Read plan: the byte ranges of a segment to fetch for some columns of some row groups. A read costs more than the
 * bytes between two columns, so neighbours are fetched together.
 */
export interface ByteRange {
  readonly from: number;
  /** The end of the range, excluded. */
  readonly to: number;
}

/** Largest hole that is read over: at the store's pace its bytes cost less than another round trip. */
const HOLE_SIZE_BYTES_MAX = 128 * 1_024;
/** Reads of one window; the largest holes stay unread. */
const READS_MAX = 3;
/** Bytes that a window spans, which are held in memory at once. A segment is rarely larger. */
export const WINDOW_SIZE_BYTES_MAX = 16 * 1_024 * 1_024;

/** Covers the chunks (ascending, disjoint) with few ranges. */
export function coalesce(chunks: readonly ByteRange[]): ByteRange[] {
  const holes = chunks.slice(1).map((chunk, i) => chunk.from - chunks[i]!.to);
  const largest = holes.filter((size) => size > HOLE_SIZE_BYTES_MAX).sort((left, right) => right - left);
  const left = new Set<number>();
  for (const size of largest.slice(0, READS_MAX - 1))
    left.add(holes.findIndex((hole, i) => hole === size && !left.has(i)));
  const ranges: ByteRange[] = [];
  for (const [i, chunk] of chunks.entries()) {
    const last = ranges.at(-1);
    if (last === undefined || left.has(i - 1)) ranges.push({ ...chunk });
    else ranges[ranges.length - 1] = { from: last.from, to: chunk.to };
  }
  return ranges;
}

/** Splits a sequence into windows whose span stays below the bound, each of at least one item. */
export function windows<T>(items: readonly T[], span: (item: T) => ByteRange): T[][] {
  const result: T[][] = [];
  let start = 0;
  for (const item of items) {
    const { from, to } = span(item);
    const window = result.at(-1);
    if (window !== undefined && to - start <= WINDOW_SIZE_BYTES_MAX) window.push(item);
    else {
      start = from;
      result.push([item]);
    }
  }
  return result;
}
