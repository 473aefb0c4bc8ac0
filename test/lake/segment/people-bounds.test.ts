// Bounds of look-ups of people: a question beyond them is refused with a code, never answered in part.

import { afterEach, describe, expect, it } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { UID, World } from '../../query/support/world.ts';
import { record } from '../../support/events.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const RANGE = { from: '2026-03-09', to: '2026-03-11' };
const limits = LIMITS as {
  factsHeldBytesMax: number;
  journeyPassesMax: number;
  linksMax: number;
  scanRowsMax: number;
  queryPeopleMax: number;
};
const { factsHeldBytesMax, journeyPassesMax, linksMax, scanRowsMax, queryPeopleMax } = LIMITS;

afterEach(() => Object.assign(limits, { factsHeldBytesMax, journeyPassesMax, linksMax, scanRowsMax, queryPeopleMax }));

function worldOf(people: number): World {
  const world = new World({ nowMs: NOW_MS });
  const identify = { type: 'identify', event: 'identify', properties: { plan: 'pro' } } as const;
  world.append(
    0,
    Array.from({ length: people }, (_, i) =>
      record({ id: `i${i}`, atMs: NOW_MS, ...identify, user_id: `u${i}`, anonymous_id: `a${i}` }),
    ),
  );
  return world;
}

describe('a question about people', () => {
  it('looks traits up in passes when more people have one than are held, and is refused beyond the passes', async () => {
    limits.factsHeldBytesMax = 48 * 9;
    const byPlan = { measure: 'count', ...RANGE, groupBy: ['person.plan'] };
    const answer = await worldOf(100).ask(byPlan);
    expect(answer.series).toMatchObject([{ key: { 'person.plan': 'pro' }, total: 100 }]);
    expect(answer.meta.estimated).toBeUndefined();
    limits.journeyPassesMax = 4;
    await expect(worldOf(100).ask(byPlan)).rejects.toThrow('query-too-large');
    expect((await worldOf(9).ask(byPlan)).series[0]!.total).toBe(9);
  });

  it('is refused when the traits of groups alone are more than are held', async () => {
    limits.factsHeldBytesMax = 1_500;
    const ofGroups = (groups: number) => {
      const world = worldOf(20);
      world.append(
        0,
        Array.from({ length: groups }, (_, i) =>
          record({
            id: `g${i}`,
            type: 'group',
            event: 'group',
            user_id: `u${i}`,
            group_id: `g${i}`,
            properties: { size: i },
          }),
        ),
      );
      return world;
    };
    const byBoth = { measure: 'count', ...RANGE, groupBy: ['group.size', 'person.plan'] };
    const { series } = await ofGroups(6).ask(byBoth);
    expect(series.reduce((sum, { total }) => sum + total!, 0)).toBe(26);
    expect(series).toHaveLength(7);
    await expect(ofGroups(20).ask(byBoth)).rejects.toThrow('query-too-large');
  });

  it('is refused when it names too many cohorts', async () => {
    const world = worldOf(1);
    const ids = Array.from({ length: LIMITS.queryCohortsMax + 1 }, (_, i) => `c${i}`);
    for (const id of ids) {
      const cohort = { events: ['identify'], days: 1 };
      await createCohort(world.db, UID, { id, name: id, who: cohort, timezone: 'UTC', createdAtMs: 0 });
    }
    const ask = (names: string[]) =>
      world.ask({ measure: 'count', ...RANGE, where: { and: names.map((cohort) => ({ cohort })) } });
    expect((await ask(ids.slice(1))).series[0]!.total).toBe(1);
    await expect(ask(ids)).rejects.toThrow('query-too-large');
  });

  it('is an estimate, and says so, when there are more links than can be followed, or events than can be read', async () => {
    limits.linksMax = 2;
    const world = worldOf(5);
    await world.store(0);
    const users = { measure: 'users', ...RANGE };
    const estimate = await world.ask(users);
    expect(estimate).toMatchObject({ series: [{ total: 5 }], meta: { estimated: true } });
    expect(estimate.meta.identityAsOf).toBeUndefined();
    await expect(world.ask({ ...users, exact: true })).rejects.toThrow('query-too-large');
    await expect(world.ask({ ...users, where: { property: 'person.plan', op: 'exists' } })).rejects.toThrow(
      'query-too-large',
    );
    expect((await world.ask({ measure: 'count', ...RANGE })).series[0]!.total).toBe(5);
  });

  it('is an estimate, or refused, when it counts more people by group and day than are held', async () => {
    const world = worldOf(1_200);
    const users = { measure: 'users', ...RANGE, interval: 'day' };
    const exactly = await world.ask(users);
    expect(exactly).toMatchObject({ series: [{ total: 1_200 }], meta: { sources: { rollups: null } } });
    limits.queryPeopleMax = 1_000;
    const estimate = await world.ask(users);
    expect(estimate.meta).toMatchObject({ estimated: true, sources: { lake: null } });
    await expect(world.ask({ ...users, exact: true })).rejects.toThrow('query-too-large');
    await expect(world.ask({ ...users, groupBy: ['properties.plan'] })).rejects.toThrow('query-too-large');
  });
});
