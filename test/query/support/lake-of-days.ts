// Lake of days: four days of a shop, sealed, dirty and in flushes, and the range that covers them.

import { DAY_MS } from '../../../src/core/limits.ts';
import { eventsOfDay, people } from '../../bench/lake/lake-events.ts';
import { DAY, TenantLake } from '../../lake/seal/tenant-lake.ts';

export const RANGE = { from: new Date(DAY * DAY_MS).toISOString(), to: new Date((DAY + 4) * DAY_MS).toISOString() };

/** A sealed day, a dirty one, and two days of flushes, one of them with copies. */
export async function lakeOfDays(): Promise<TenantLake> {
  const lake = new TenantLake();
  const known = people(200);
  for (const index of [0, 1, 2]) await lake.flushColumns('a', index, index + 1, eventsOfDay(DAY + index, 600, known));
  for (const index of [0, 1]) await lake.seal(DAY + index);
  await lake.flushColumns('b', 0, 1, eventsOfDay(DAY + 1, 100, known, 7));
  await lake.flushColumns('c', 0, 1, eventsOfDay(DAY + 2, 600, known));
  await lake.flushColumns('a', 3, 4, eventsOfDay(DAY + 3, 300, known));
  return lake;
}
