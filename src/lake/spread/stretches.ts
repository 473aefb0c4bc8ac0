/**
 * Stretch: some neighbours among the inputs of a big day, which one task reads and spreads over the ranges.
 *
 * A stretch is one file at least. Its rows and bytes are what a task may hold as read; the number of its files is what a task
 * may fetch.
 */
import { LIMITS } from '../../core/limits.ts';

/** Files of a stretch: a day of very many small files has more stretches than its rows need. */
const FILES_MAX = 250;
/** Bytes of a stretch's files, which are held compressed twice while a task works: as read, and as written. */
const STRETCH_SIZE_BYTES_MAX = 24 * 1_024 * 1_024;

interface Sized {
  readonly rowCount: number;
  readonly sizeBytes: number;
}

/** Returns where each stretch of the inputs ends, exclusive. */
export function stretchEnds(inputs: readonly Sized[]): number[] {
  const ends: number[] = [];
  const open = { files: 0, rows: 0, bytes: 0 };
  for (const [at, { rowCount, sizeBytes }] of inputs.entries()) {
    const isFull =
      open.files === FILES_MAX ||
      open.rows + rowCount > LIMITS.sealSpreadRowsMax ||
      open.bytes + sizeBytes > STRETCH_SIZE_BYTES_MAX;
    if (isFull && open.files > 0) {
      ends.push(at);
      Object.assign(open, { files: 0, rows: 0, bytes: 0 });
    }
    open.files++;
    open.rows += rowCount;
    open.bytes += sizeBytes;
  }
  if (open.files > 0) ends.push(inputs.length);
  return ends;
}

/** Returns the inputs of one stretch, and the number of the rows before them. */
export function stretchOf<T extends Sized>(
  inputs: readonly T[],
  ends: readonly number[],
  index: number,
): { readonly inputs: readonly T[]; readonly firstRow: number } {
  const from = index === 0 ? 0 : ends[index - 1]!;
  const firstRow = inputs.slice(0, from).reduce((sum, { rowCount }) => sum + rowCount, 0);
  return { inputs: inputs.slice(from, ends[index]!), firstRow };
}
