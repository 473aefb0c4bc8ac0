/**
 * Work store: the files that the tasks of a big seal leave for each other in R2: a bit for each row that is a further
 * copy, and the cells of a people range.
 *
 * The names have the plan's hash and the contents follow from the plan: a task that is done twice writes the same again.
 * The flip throws everything away.
 */
import { compress, decompress } from '../encoding/zstd.ts';
import type { CellRow } from '../manifest/cells.ts';
import { workPath } from '../manifest/paths.ts';

export type WorkBucket = Pick<R2Bucket, 'get' | 'put'>;

interface PlanName {
  readonly uid: string;
  readonly hash: string;
}

function droppedPath({ uid, hash }: PlanName, part: number): string {
  return workPath(uid, hash, `copies-${part}`);
}

function cellsPath({ uid, hash }: PlanName, range: number): string {
  return workPath(uid, hash, `cells-${range}`);
}

/** The paths of everything that the tasks of a plan leave. */
export function workPaths(name: PlanName, partCount: number, rangeCount: number): string[] {
  return [
    ...Array.from({ length: partCount }, (_, part) => droppedPath(name, part)),
    ...Array.from({ length: rangeCount }, (_, range) => cellsPath(name, range)),
  ];
}

export async function putDropped(bucket: WorkBucket, name: PlanName, part: number, dropped: Uint8Array): Promise<void> {
  await bucket.put(droppedPath(name, part), encodeWork([dropped]));
}

/** The bits of all parts together. */
export async function readDropped(bucket: WorkBucket, name: PlanName, partCount: number): Promise<Uint8Array> {
  let all = new Uint8Array();
  for (let part = 0; part < partCount; part++) {
    const [dropped] = decodeWork(await bytesAt(bucket, droppedPath(name, part)));
    if (all.length === 0) all = dropped!.slice();
    else for (let i = 0; i < all.length; i++) all[i] = all[i]! | dropped![i]!;
  }
  return all;
}

type CellHead = Omit<CellRow, 'cells'>;

export async function putCells(
  bucket: WorkBucket,
  name: PlanName,
  index: number,
  rows: readonly CellRow[],
): Promise<void> {
  const heads = JSON.stringify(rows.map(({ cells, ...head }): CellHead => head));
  await bucket.put(
    cellsPath(name, index),
    encodeWork([new TextEncoder().encode(heads), ...rows.map(({ cells }) => cells)]),
  );
}

export async function readCells(bucket: WorkBucket, name: PlanName, index: number): Promise<CellRow[]> {
  const [heads, ...cells] = decodeWork(await bytesAt(bucket, cellsPath(name, index)));
  const parsed = JSON.parse(new TextDecoder().decode(heads)) as CellHead[];
  return parsed.map((head, i) => ({ ...head, cells: cells[i]! }));
}

async function bytesAt(bucket: WorkBucket, path: string): Promise<Uint8Array> {
  const object = await bucket.get(path);
  if (object === null) throw new Error(`${path}, which a task of a seal has left, is not in the lake`);
  return new Uint8Array(await object.arrayBuffer());
}

/**
 * Several byte strings as one.
 *
 *   count u32 · length u32 of each · zstd(all of them, one after the other)       little-endian
 */
function encodeWork(pieces: readonly Uint8Array[]): Uint8Array {
  const head = new Uint32Array([pieces.length, ...pieces.map(({ length }) => length)]);
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  const packed = compress(whole);
  const bytes = new Uint8Array(head.byteLength + packed.length);
  bytes.set(new Uint8Array(head.buffer));
  bytes.set(packed, head.byteLength);
  return bytes;
}

function decodeWork(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  const lengths = Array.from({ length: count }, (_, i) => view.getUint32(4 * (i + 1), true));
  const sizeBytes = lengths.reduce((sum, length) => sum + length, 0);
  const whole = decompress(bytes.subarray(4 * (count + 1)), sizeBytes);
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return whole.subarray(at - length, at);
  });
}
