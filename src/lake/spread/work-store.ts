/**
 * Work store: the files that the tasks of a big seal leave for each other in R2.
 *
 *   spread-<stretch>    a section for each part of the ids, with records of rows, then one for each people range, with rows
 *   dropped-<part>      a section for each people range, with the numbers of the rows that do not count
 *   cells-<range>       the cells of a people range
 *
 * The names have the plan's hash and the contents follow from the plan: a task that is done twice writes the same again.
 * Another layout needs another name, because a plan may be begun by one release and ended by another. The flip throws everything
 * away.
 */
import { compress, decompress } from '../encoding/zstd.ts';
import type { CellRow } from '../manifest/cells.ts';
import { workPath } from '../manifest/paths.ts';
import { READS_AT_ONCE, readAhead } from '../std/read-ahead.ts';
import { decodeFrames } from './frames.ts';
import { decodeRecords, type IdRecords } from './id-records.ts';
import { decodePiece, type Piece } from './piece.ts';
import { putSections, readSection, sectionSize } from './sections.ts';

export type WorkBucket = Pick<R2Bucket, 'get' | 'put'>;

/** Names the work of a plan, and says how it is divided. */
export interface WorkPlan {
  readonly uid: string;
  readonly hash: string;
  readonly day: number;
  readonly stretchCount: number;
  readonly partCount: number;
  readonly rangeCount: number;
}

type PlanName = Pick<WorkPlan, 'uid' | 'hash'>;

function spreadPath({ uid, hash }: PlanName, stretch: number): string {
  return workPath(uid, hash, `spread-${stretch}`);
}

function droppedPath({ uid, hash }: PlanName, part: number): string {
  return workPath(uid, hash, `dropped-${part}`);
}

function cellsPath({ uid, hash }: PlanName, range: number): string {
  return workPath(uid, hash, `cells-${range}`);
}

/** The file in which the tasks of an earlier release, which the plan may have, have left bits of the copies. */
function earlierPath({ uid, hash }: PlanName, part: number): string {
  return workPath(uid, hash, `copies-${part}`);
}

/** The paths of everything that the tasks of a plan leave. */
export function workPaths(plan: WorkPlan): string[] {
  const all = (count: number, pathOf: (name: PlanName, index: number) => string) =>
    Array.from({ length: count }, (_, index) => pathOf(plan, index));
  return [
    ...all(plan.stretchCount, spreadPath),
    ...all(plan.partCount, droppedPath),
    ...all(plan.partCount, earlierPath),
    ...all(plan.rangeCount, cellsPath),
  ];
}

/** `sections`: the frames of each part of the ids, then those of each people range. */
export async function putSpread(
  bucket: WorkBucket,
  name: PlanName,
  stretch: number,
  sections: readonly (readonly Uint8Array[])[],
): Promise<void> {
  await putSections(bucket, spreadPath(name, stretch), sections);
}

/** Bytes that are read ahead of their turn. A range of one person with very many rows has a big section in each file. */
const AHEAD_SIZE_BYTES_MAX = 4 * 1_024 * 1_024;

/** Reads a section of the file of each stretch, in their order. */
async function* readStretches(bucket: WorkBucket, plan: WorkPlan, index: number): AsyncGenerator<Uint8Array> {
  const paths = Array.from({ length: plan.stretchCount }, (_, stretch) => spreadPath(plan, stretch));
  const section = { index, count: plan.partCount + plan.rangeCount };
  let largest = 1;
  for await (const size of readAhead(paths, (path) => sectionSize(bucket, path, section))) {
    largest = Math.max(largest, size);
  }
  const atOnce = Math.max(1, Math.min(READS_AT_ONCE, Math.floor(AHEAD_SIZE_BYTES_MAX / largest)));
  yield* readAhead(paths, (path) => readSection(bucket, path, section), atOnce);
}

/** The records of one part of the ids, in the order of rows. */
export async function* readRecords(bucket: WorkBucket, plan: WorkPlan, part: number): AsyncGenerator<IdRecords> {
  for await (const section of readStretches(bucket, plan, part)) {
    for (const frame of decodeFrames(section)) yield decodeRecords(frame);
  }
}

/** The rows of one people range, in the order of rows. */
export async function* readPieces(bucket: WorkBucket, plan: WorkPlan, range: number): AsyncGenerator<Piece> {
  for await (const section of readStretches(bucket, plan, plan.partCount + range)) {
    for (const frame of decodeFrames(section)) yield decodePiece(frame, plan.day);
  }
}

/** `dropped`: by range, the numbers of the rows that do not count. */
export async function putDropped(
  bucket: WorkBucket,
  name: PlanName,
  part: number,
  dropped: readonly (readonly number[])[],
): Promise<void> {
  const sections = dropped.map((rows) => [new Uint8Array(Uint32Array.from(rows).buffer)]);
  await putSections(bucket, droppedPath(name, part), sections);
}

/** The numbers of the rows of a range that do not count, ascending. */
export async function readDropped(bucket: WorkBucket, plan: WorkPlan, range: number): Promise<Uint32Array> {
  const parts = Array.from({ length: plan.partCount }, (_, part) => part);
  const section = { index: range, count: plan.rangeCount };
  const found: Uint32Array[] = [];
  for await (const bytes of readAhead(parts, (part) => readSection(bucket, droppedPath(plan, part), section))) {
    found.push(new Uint32Array(bytes.slice().buffer));
  }
  const all = new Uint32Array(found.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const rows of found) {
    all.set(rows, at);
    at += rows.length;
  }
  return all.sort();
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
