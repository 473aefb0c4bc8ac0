/**
 * Known facts: the facts of files (file-facts.ts) that an isolate has read, by file and day. Files never change, so they hold.
 */
import { LIMITS } from '../../core/limits.ts';
import type { ReadBucket } from '../segment/source.ts';
import { isolateMemory } from '../std/isolate-memory.ts';
import { type FileFacts, NO_ROWS } from './file-facts.ts';

/** The oldest first. */
const memoryOf = isolateMemory((_: ReadBucket) => new Map<string, FileFacts>());

/** The facts of a file's rows of these days; undefined when they are not known of some day. */
export function knownFacts(bucket: ReadBucket, path: string, days: readonly number[]): FileFacts | undefined {
  const memory = memoryOf(bucket);
  const known = days.map((day) => memory.get(keyOf(path, day)));
  if (known.includes(undefined)) return undefined;
  return known.reduce<FileFacts>((all, facts) => all | facts!, NO_ROWS);
}

/** `facts`: those of the rows of all these days together, which each of the days is then known by. */
export function noteFacts(bucket: ReadBucket, path: string, days: readonly number[], facts: FileFacts): void {
  const memory = memoryOf(bucket);
  for (const day of days) memory.set(keyOf(path, day), facts);
  for (const key of memory.keys()) {
    if (memory.size <= LIMITS.keptFactsMax) return;
    memory.delete(key);
  }
}

function keyOf(path: string, day: number): string {
  return `${day} ${path}`;
}
