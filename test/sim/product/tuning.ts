// Tuning: the product's bounds made small, so that a thousand events reach states that take millions in production:
// many flushes, several pages, chunks, buckets and log slots, and backpressure.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../src/local/paths.ts';
import type { Patch } from './build.ts';

const LIMITS_FILE = 'src/core/limits.ts';

const SMALL_LIMITS: Readonly<Record<string, number>> = {
  flushEventsMax: 130,
  flushSizeBytesMax: 90_000,
  rpcPageSizeBytesMax: 4_000,
  logSizeBytesMax: 44_000,
  sealBucketRowsMax: 400,
  sealSpreadRowsMax: 500,
  sealIdsMax: 380,
  // Days wait for each other, and are sealed again within the hours of a run.
  sealDaysAtOnce: 2,
  sealPauseMsMax: 3_600_000,
  sealOldPauseMsMax: 3_600_000,
  flushAgeMsMax: 600_000,
  flushFewEventsMax: 40,
  flushFewAgeMsMax: 900_000,
  // What a seal covers is collected while late events still come.
  collectAfterMs: 300_000,
  // Parts are merged as soon as the hour in which they were stored is over.
  mergeAfterMs: 1_000,
  mergeFewAfterMs: 1_000,
  mergeGraceMs: 1_000,
  mergePauseMs: 1_000,
  // Two full flushes of an hour are merged by the minute before that.
  mergeMinutesEventsMin: 200,
  mergeShardEventsMin: 50,
  // A set of ids gives way to its runs after few ids, so look-ups read the runs.
  dedupeRecentIdsMax: 150,
  // A scenario reaches it; the shards of a seed take fewer events.
  dedupeIdsMax: 2_400,
  // Every answer is worth keeping.
  keptFromMs: 0,
  // Worlds of the seeds before lie in the same isolate until their memory is collected, which no seed decides.
  isolateKeptSizeBytesMax: 1e15,
  // The cache is seldom refreshed, so it is often stale.
  tenantCacheMs: 600_000,
};

const CONSTANTS: readonly Patch[] = [
  // A filter of a hundred ids, made anew at every restart.
  { file: 'src/core/shard/prefix-filter.ts', old: 'const BUCKET_BITS = 16;', new: 'const BUCKET_BITS = 4;' },
  { file: 'durable-objects/shard-store.ts', old: 'const FREE_SLOTS_MAX = 1_024;', new: 'const FREE_SLOTS_MAX = 6;' },
  {
    file: 'src/sinks/consume.ts',
    old: 'const FLUSHES_PER_MESSAGE_MAX = 20;',
    new: 'const FLUSHES_PER_MESSAGE_MAX = 3;',
  },
];

/** The patches of every simulated product. */
export function tuning(): Patch[] {
  const text = readFileSync(join(root, LIMITS_FILE), 'utf8');
  const limits = Object.entries(SMALL_LIMITS).map(([name, value]): Patch => {
    const [line] = new RegExp(`^  ${name}: [^\\n]*,$`, 'm').exec(text) ?? [];
    if (line === undefined) throw new Error(`${LIMITS_FILE} has no limit ${name}`);
    return { file: LIMITS_FILE, old: line, new: `  ${name}: ${value},` };
  });
  return [...limits, ...CONSTANTS];
}
