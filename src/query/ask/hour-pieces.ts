/**
 * Hour pieces: people by the hour of sealed days, read from the lake.
 *
 * A file never changes, so what was read of one stays right as long as a row names it. A few are kept in the isolate, told apart by the
 * bucket: a page asks several questions about the same days.
 */
import { LIMITS } from '../../core/limits.ts';
import { unpack } from '../../lake/encoding/packed.ts';
import type { SealedCells } from '../../lake/manifest/cells.ts';
import type { HourPiece } from '../../lake/manifest/range.ts';
import type { ReadBucket } from '../../lake/segment/source.ts';
import { isolateMemory } from '../../lake/std/isolate-memory.ts';
import { readAhead } from '../../lake/std/read-ahead.ts';
import { SizedCache } from '../../lake/std/sized-cache.ts';

/** Bytes of a key and the objects of an entry. */
const ENTRY_SIZE_BYTES = 300;

type Kept = SizedCache<string, Uint8Array>;

const keptIn = isolateMemory((_: ReadBucket): Kept => new SizedCache(LIMITS.keptHoursSizeBytesMax));

/** The cells of the pieces, in their order; null when a file is gone: the day was sealed anew, an hour ago or more. */
export async function readHourPieces(lake: ReadBucket, pieces: readonly HourPiece[]): Promise<SealedCells[] | null> {
  const kept = keptIn(lake);
  const cells: SealedCells[] = [];
  let index = 0;
  for await (const bytes of readAhead(pieces, (piece) => readPiece(lake, kept, piece))) {
    const { day, chunks } = pieces[index++]!;
    if (bytes === null) return null;
    const [[start] = [0]] = chunks;
    for (const [offset, sizeBytes] of chunks) {
      cells.push({ day, cells: unpack(bytes.subarray(offset - start, offset - start + sizeBytes)) });
    }
  }
  return cells;
}

/** The bytes of all chunks of a piece. Only bytes are kept: a promise of another request must not be waited for. */
async function readPiece(lake: ReadBucket, kept: Kept, { path, chunks }: HourPiece): Promise<Uint8Array | null> {
  const [offset] = chunks[0] ?? [0];
  const [lastOffset, lastSizeBytes] = chunks.at(-1) ?? [0, 0];
  const length = lastOffset + lastSizeBytes - offset;
  const key = `${offset}+${length} ${path}`;
  const known = kept.get(key);
  if (known !== undefined || length === 0) return known ?? new Uint8Array();
  const bytes = await readRange(lake, path, { offset, length });
  const isKept = bytes !== null && length <= LIMITS.keptHoursSizeBytesMax / KEPT_SHARES;
  if (isKept) kept.set(key, bytes, length + key.length + ENTRY_SIZE_BYTES);
  return bytes;
}

/** A piece is kept only where so many of its size fit. */
const KEPT_SHARES = 32;

async function readRange(
  lake: ReadBucket,
  path: string,
  range: { readonly offset: number; readonly length: number },
): Promise<Uint8Array | null> {
  const object = await lake.get(path, { range });
  return object === null ? null : new Uint8Array(await object.arrayBuffer());
}
