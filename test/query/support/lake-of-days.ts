// Lake of days: four days of a shop, sealed, dirty and in flushes, and the range that covers them.

import type { EventColumns } from '../../../src/core/event/columns.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { eventsOfDay, people } from '../../bench/lake/lake-events.ts';
import { DAY, TenantLake } from '../../lake/seal/tenant-lake.ts';

export const RANGE = { from: new Date(DAY * DAY_MS).toISOString(), to: new Date((DAY + 4) * DAY_MS).toISOString() };

/** A sealed day, a dirty one, and two days of flushes, one of them with copies. `made`: changes the events before they are stored. */
export async function lakeOfDays(made = (columns: EventColumns) => columns): Promise<TenantLake> {
  const lake = new TenantLake();
  const known = people(200);
  const day = (...of: Parameters<typeof eventsOfDay>) => made(eventsOfDay(...of));
  for (const index of [0, 1, 2]) await lake.flushColumns('a', index, index + 1, day(DAY + index, 600, known));
  for (const index of [0, 1]) await lake.seal(DAY + index);
  await lake.flushColumns('b', 0, 1, day(DAY + 1, 100, known, 7));
  await lake.flushColumns('c', 0, 1, day(DAY + 2, 600, known));
  await lake.flushColumns('a', 3, 4, day(DAY + 3, 300, known));
  return lake;
}
