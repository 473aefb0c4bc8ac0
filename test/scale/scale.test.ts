// The small forms of `npm run scale`: the limits of the platform are kept, and so are the targets that the product meets.
// Times are left out: they are of this machine, whose cores others use at the same time.

import { describe, expect, it } from 'vitest';
import { SMALL_LOADS } from './loads.ts';
import { runLoads } from './pool.ts';
import { isKept, tableOf, targetsOf } from './targets.ts';
import { SLACK, UNMET } from './unmet.ts';

describe('the product at scale', () => {
  it('keeps the limits of the platform and its targets', { timeout: 600_000 }, async () => {
    for (const result of await runLoads(SMALL_LOADS.map((load) => ({ load })))) {
      const targets = targetsOf(result).filter(({ isTimed }) => !isTimed);
      const unmet = UNMET[result.name] ?? {};
      const worse = targets.filter((target) => !isKept(target) && !(target.got <= SLACK * (unmet[target.name] ?? 0)));
      expect(
        worse.map(({ name }) => name),
        `${result.name}\n${tableOf(worse)}`,
      ).toEqual([]);
      const met = targets.filter((target) => target.name in unmet && isKept(target)).map(({ name }) => name);
      expect(met, `${result.name}: these hold now and leave the list of unmet targets`).toEqual([]);
    }
  });
});
