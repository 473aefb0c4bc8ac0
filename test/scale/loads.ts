// Loads: the two of the promise, and the small forms of them that the test suite runs.

import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.ts';
import type { Load } from './load/load.ts';

/** Both loads run side by side, and are to end in a quarter of an hour. */
const CPU_MS_MAX = 14.5 * MINUTE_MS;

const ONE_TENANT: Load = {
  name: 'one tenant, 200/s',
  scale: 16,
  tenants: 1,
  shards: 4,
  bystanders: 0,
  days: 3,
  traffic: {
    eventsPerSecond: 200,
    eventsPerRequest: 50,
    people: 50_000,
    names: 200,
    paths: 500,
    countries: 40,
    lateShare: 0.01,
    lateForMs: 5 * HOUR_MS,
    measures: 1,
    labelLength: 0,
    burst: { requests: 16, events: 2_500, everyMs: 6 * HOUR_MS },
  },
  restMs: 10 * HOUR_MS,
  cronEveryMs: MINUTE_MS,
  cpuMsMax: CPU_MS_MAX,
};

const MANY_TENANTS: Load = {
  name: '500 tenants, 0.05/s each',
  scale: 1,
  tenants: 500,
  shards: 1,
  bystanders: 4_500,
  days: 1,
  traffic: {
    eventsPerSecond: 0.05,
    eventsPerRequest: 15,
    people: 500,
    names: 20,
    paths: 50,
    countries: 10,
    lateShare: 0,
    lateForMs: 0,
    measures: 1,
    labelLength: 0,
    burst: null,
  },
  restMs: 6 * HOUR_MS,
  cronEveryMs: MINUTE_MS,
  cpuMsMax: CPU_MS_MAX,
};

export const LOADS: readonly Load[] = [ONE_TENANT, MANY_TENANTS];

/** Little traffic that comes near every limit that a bound of the product keeps. */
export const PRESSED_LOAD: Load = {
  ...ONE_TENANT,
  name: 'pressed limits',
  scale: 64,
  shards: 1,
  days: 1,
  trafficMs: 35 * MINUTE_MS,
  traffic: {
    ...ONE_TENANT.traffic,
    lateShare: 0,
    measures: 8,
    labelLength: 250,
    burst: { requests: 16, events: 2_500, everyMs: 20 * MINUTE_MS },
  },
  pressure: { oldDays: 150, outageMs: 12 * MINUTE_MS },
  restMs: 3 * HOUR_MS,
  cronEveryMs: 5 * MINUTE_MS,
  cpuMsMax: MINUTE_MS,
};

/** More tenants than one run of the cron can ask within half of the default number of subrequests. */
export const CROWDED_LOAD: Load = {
  ...MANY_TENANTS,
  name: 'crowded cron',
  tenants: 5,
  bystanders: 5_200,
  subrequestsMax: 5_000,
  trafficMs: 12 * MINUTE_MS,
  isOnlyPressed: true,
  restMs: 12 * MINUTE_MS,
  cronEveryMs: 2 * MINUTE_MS,
  cpuMsMax: MINUTE_MS,
};

export const SMALL_LOADS: readonly Load[] = [
  {
    ...ONE_TENANT,
    name: 'one tenant, 200/s, two hours',
    scale: 64,
    days: 1,
    trafficMs: 2 * HOUR_MS,
    traffic: { ...ONE_TENANT.traffic, lateForMs: 3 * HOUR_MS },
    restMs: 7 * HOUR_MS,
    cronEveryMs: 5 * MINUTE_MS,
    cpuMsMax: MINUTE_MS,
  },
  {
    ...MANY_TENANTS,
    name: '50 tenants, 0.05/s each, two hours',
    tenants: 50,
    bystanders: 450,
    trafficMs: 2 * HOUR_MS,
    restMs: 5 * HOUR_MS,
    cronEveryMs: 5 * MINUTE_MS,
    cpuMsMax: MINUTE_MS,
  },
  PRESSED_LOAD,
  CROWDED_LOAD,
];
