/**
 * Kept copies: the copies that a comparison of ids has found among the files of a day. Files never change, so what was found holds
 * as long as the day has the same files, and no events beside them.
 */
import { createHash } from 'node:crypto';
import { LIMITS } from '../../core/limits.ts';
import type { ReadBucket } from '../segment/source.ts';
import { isolateMemory } from '../std/isolate-memory.ts';
import { SizedCache } from '../std/sized-cache.ts';
import type { Copies } from './copies.ts';
import type { DayPlan } from './day-plan.ts';

/** Memory of an entry beside a bit for each row. */
const ENTRY_SIZE_BYTES = 300;

const memoryOf = isolateMemory((_: ReadBucket) => new SizedCache<string, Copies>(LIMITS.keptCopiesSizeBytesMax));

/** The copies of the day; undefined when they were not kept. */
export function findKept(bucket: ReadBucket, day: DayPlan): Copies | undefined {
  const key = keyOf(day);
  return key === null ? undefined : memoryOf(bucket).get(key);
}

export function keepCopies(bucket: ReadBucket, day: DayPlan, copies: Copies): void {
  const key = keyOf(day);
  if (key === null) return;
  memoryOf(bucket).set(key, copies, ENTRY_SIZE_BYTES + (copies.dropped?.byteLength ?? 0));
}

/** Null when some events of the day are in no file. */
function keyOf({ day, sources }: DayPlan): string | null {
  const hash = createHash('sha256').update(String(day));
  for (const source of sources) {
    if (source.kind === 'tail') return null;
    hash.update(`\n${source.segment.path} ${source.rowCount}`);
  }
  return hash.digest('hex');
}
