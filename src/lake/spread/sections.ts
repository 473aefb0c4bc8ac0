/**
 * Sections: a file of numbered byte strings, of which a reader fetches one.
 *
 *   u32 each: end of the section, counted from the end of this list | the sections
 *
 * A file is put once: whoever comes second finds it there, so that a list that a reader knows stays true. Another layout needs
 * another name.
 */
import { type ReadBucket, r2Source } from '../segment/source.ts';
import { isolateMemory } from '../std/isolate-memory.ts';
import { SizedCache } from '../std/sized-cache.ts';

/** `sections`: the byte strings of which each section consists. */
export async function putSections(
  bucket: Pick<R2Bucket, 'put'>,
  path: string,
  sections: readonly (readonly Uint8Array[])[],
): Promise<void> {
  const ends = new Uint32Array(sections.length);
  let end = 0;
  for (const [index, parts] of sections.entries()) {
    for (const { length } of parts) end += length;
    ends[index] = end;
  }
  const file = new Uint8Array(ends.byteLength + end);
  file.set(new Uint8Array(ends.buffer));
  let at = ends.byteLength;
  for (const part of sections.flat()) {
    file.set(part, at);
    at += part.length;
  }
  await bucket.put(path, file, { onlyIf: { etagDoesNotMatch: '*' } });
}

/** Bounds the lists of ends that an isolate keeps: those of a day of a hundred million rows are some MB. */
const ENDS_SIZE_BYTES_MAX = 4 * 1_024 * 1_024;

/** The lists of ends by path. Not as promises: one of an invocation that was killed is never kept. */
const endsIn = isolateMemory((_: ReadBucket) => new SizedCache<string, Uint32Array>(ENDS_SIZE_BYTES_MAX));

/** A section of a file that has `count` of them. */
export interface SectionName {
  readonly index: number;
  readonly count: number;
}

export async function sectionSize(bucket: ReadBucket, path: string, { index, count }: SectionName): Promise<number> {
  const ends = await readEnds(bucket, path, count);
  return ends[index]! - startOf(ends, index);
}

export async function readSection(
  bucket: ReadBucket,
  path: string,
  { index, count }: SectionName,
): Promise<Uint8Array> {
  const ends = await readEnds(bucket, path, count);
  const from = startOf(ends, index);
  if (ends[index] === from) return new Uint8Array();
  return r2Source(bucket, path, ends.at(-1)!).read(ends.byteLength + from, ends[index]! - from);
}

function startOf(ends: Uint32Array, index: number): number {
  return index === 0 ? 0 : ends[index - 1]!;
}

async function readEnds(bucket: ReadBucket, path: string, count: number): Promise<Uint32Array> {
  const kept = endsIn(bucket);
  const known = kept.get(path);
  if (known !== undefined) return known;
  const sizeBytes = 4 * count;
  const ends = new Uint32Array((await r2Source(bucket, path, sizeBytes).read(0, sizeBytes)).slice().buffer);
  kept.set(path, ends, sizeBytes + path.length);
  return ends;
}
