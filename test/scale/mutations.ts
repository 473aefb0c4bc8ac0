// Mutations: each takes away the handling of one limit. Its load keeps that limit otherwise.

import type { Patch } from '../sim/product/build.ts';
import type { Load } from './load/load.ts';
import { CROWDED_LOAD, PRESSED_LOAD } from './loads.ts';
import type { LimitName } from './platform/limits.ts';

export interface LimitMutation {
  readonly name: string;
  /** A description, in a person's words. */
  readonly what: string;
  readonly limit: LimitName;
  readonly load: Load;
  readonly patches: readonly Patch[];
}

const LIMITS_FILE = 'src/core/limits.ts';
const HUGE = '1e15';

export const LIMIT_MUTATIONS: readonly LimitMutation[] = [
  {
    name: 'parameters-not-split',
    what: 'all cells of a sealed day are one parameter',
    limit: 'D1: size of a parameter',
    load: PRESSED_LOAD,
    patches: [
      {
        file: 'src/lake/std/json-parameters.ts',
        old: 'const PARAMETER_SIZE_BYTES_MAX = 1_500_000;',
        new: `const PARAMETER_SIZE_BYTES_MAX = ${HUGE};`,
      },
    ],
  },
  {
    name: 'cells-not-chunked',
    what: 'the cells of a rollup are one row',
    limit: 'D1: size of a parameter',
    load: PRESSED_LOAD,
    patches: [{ file: LIMITS_FILE, old: '  d1RowSizeBytesMax: 1_000_000,', new: `  d1RowSizeBytesMax: ${HUGE},` }],
  },
  {
    name: 'tail-in-one-page',
    what: 'a shard hands out all that waits in one reply',
    limit: 'RPC: size of a call or reply',
    load: PRESSED_LOAD,
    patches: [{ file: LIMITS_FILE, old: '  rpcPageSizeBytesMax: 4 * MIB,', new: `  rpcPageSizeBytesMax: ${HUGE},` }],
  },
  {
    name: 'log-row-unbounded',
    what: 'all requests of a group commit are one row of the log',
    limit: 'Object: size of a value',
    load: PRESSED_LOAD,
    patches: [
      { file: LIMITS_FILE, old: '  logRowSizeBytesMax: 1_800_000,', new: `  logRowSizeBytesMax: ${HUGE},` },
      { file: LIMITS_FILE, old: '  blockSizeBytesMax: 1 * MIB,', new: `  blockSizeBytesMax: ${HUGE},` },
    ],
  },
  {
    name: 'ids-merged-late',
    what: 'ids become a run of a row only when they are more than a row can hold',
    limit: 'Object: size of a value',
    load: PRESSED_LOAD,
    patches: [{ file: LIMITS_FILE, old: '  dedupeRecentIdsMax: 131_072,', new: '  dedupeRecentIdsMax: 300_000,' }],
  },
  {
    name: 'days-sent-at-once',
    what: 'all days that are due go into one call of the queue',
    limit: 'Queue: messages of a send',
    load: PRESSED_LOAD,
    patches: [
      {
        file: 'src/lake/seal/schedule.ts',
        old: 'const MESSAGES_PER_SEND_MAX = 100;',
        new: `const MESSAGES_PER_SEND_MAX = ${HUGE};`,
      },
      { file: 'src/core/limits.ts', old: 'sealDaysAtOnce: 16,', new: `sealDaysAtOnce: ${HUGE},` },
    ],
  },
  {
    name: 'sweep-in-one-slice',
    what: 'one run of the cron asks the shards of all tenants',
    limit: 'Worker: subrequests of an invocation',
    load: CROWDED_LOAD,
    patches: [{ file: 'src/sinks/sweep-round.ts', old: 'const CALLS_MAX = 2_500;', new: `const CALLS_MAX = ${HUGE};` }],
  },
];
