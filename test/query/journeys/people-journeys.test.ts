// Journeys follow the links of people: over a login, through traits and cohorts, in one pass or in several.

import { describe, expect, it } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { readJourney } from '../../../src/query/journeys/journey-source.ts';
import { must } from '../../core/journeys/support.ts';
import { record } from '../../support/events.ts';
import { journeyClient } from '../support/journey-client.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const DAY_BEFORE_MS = NOW_MS - DAY_MS;
const RANGE = { from: '2026-03-08', to: '2026-03-11' };
const FUNNEL = { ...RANGE, steps: [{ event: 'Looked' }, { event: 'Bought' }], windowSeconds: 3 * 86_400 };
const PEOPLE = 60;

/** All people look before they log in, and every third buys afterwards. */
function events(): EventRecord[] {
  return Array.from({ length: PEOPLE }, (_, i) => {
    const device = { anonymous_id: `a${i}` };
    const user = { user_id: `u${i}` };
    const atMs = DAY_BEFORE_MS + i * MINUTE_MS;
    const plan = i % 2 === 0 ? 'pro' : 'free';
    return [
      record({ id: `look${i}`, atMs, event: 'Looked', ...device }),
      record({
        id: `in${i}`,
        atMs: atMs + 1,
        type: 'identify',
        event: 'identify',
        ...device,
        ...user,
        properties: { plan },
      }),
      ...(i % 3 === 0 ? [record({ id: `buy${i}`, atMs: atMs + DAY_MS / 4, event: 'Bought', ...user })] : []),
    ];
  }).flat();
}

async function worldOf(stage: 'in the shards' | 'sealed'): Promise<World> {
  const world = new World({ nowMs: NOW_MS, shardCount: 2 });
  const all = events();
  world.append(
    0,
    all.filter((_, index) => index % 2 === 0),
  );
  world.append(
    1,
    all.filter((_, index) => index % 2 === 1),
  );
  if (stage === 'in the shards') return world;
  for (const shard of [0, 1]) await world.store(shard);
  for (const day of new Set(all.map(({ atMs }) => dayOf(atMs)))) await world.seal(day);
  return world;
}

const clientOf = ({ ports, tenant }: World) => journeyClient(ports, tenant);

const peopleOf = ({ steps }: { readonly steps: readonly { readonly people: number }[] }) =>
  steps.map(({ people }) => people);

describe.each(['in the shards', 'sealed'] as const)('journeys of events %s', (stage) => {
  it('go on over a login', async () => {
    const ask = clientOf(await worldOf(stage));
    const { body } = await ask('funnel', FUNNEL);
    expect(peopleOf(body)).toEqual([PEOPLE, PEOPLE / 3]);
    expect(body.meta.identityAsOf).toBe(new Date(NOW_MS).toISOString());
    const { body: active } = await ask('active', RANGE);
    expect(JSON.stringify(active)).toContain(`${PEOPLE}`);
  });

  it('are filtered and broken down by traits', async () => {
    const ask = clientOf(await worldOf(stage));
    const pro = { property: 'person.plan', op: 'eq', value: 'pro' };
    expect(peopleOf((await ask('funnel', { ...FUNNEL, where: pro })).body)).toEqual([30, 10]);
    const { body } = await ask('funnel', { ...FUNNEL, groupBy: 'person.plan' });
    const groups = body.groups.map((group: { key: object; steps: { people: number }[] }) => [
      group.key,
      peopleOf(group),
    ]);
    expect(groups).toEqual([
      [{ 'person.plan': 'free' }, [30, 10]],
      [{ 'person.plan': 'pro' }, [30, 10]],
    ]);
  });

  it('are filtered by cohorts, in a step too', async () => {
    const world = await worldOf(stage);
    const cohort = { events: ['Bought'], days: 5 };
    await createCohort(world.db, UID, { id: 'buyers', name: 'Buyers', who: cohort, timezone: 'UTC', createdAtMs: 0 });
    const ask = clientOf(world);
    expect(peopleOf((await ask('funnel', { ...FUNNEL, where: { cohort: 'buyers' } })).body)).toEqual([20, 20]);
    const steps = [{ event: 'Looked', where: { not: { cohort: 'buyers' } } }, { event: 'identify' }];
    expect(peopleOf((await ask('funnel', { ...FUNNEL, steps })).body)).toEqual([40, 40]);
    const { status, body } = await ask('sessions', { ...RANGE, where: { cohort: 'none' } });
    expect([status, body.code]).toEqual([400, 'cohort-unknown']);
  });

  it('find the same people in several passes as in one', async () => {
    const world = await worldOf(stage);
    const asking = await world.asking();
    const journey = funnel.make(must(funnel.parse(FUNNEL, 'UTC')));
    const read = await readJourney(asking, journey, { heldMax: 80 });
    if (!read.ok) throw new Error(read.error.message);
    expect(peopleOf(read.value.answer)).toEqual([PEOPLE, PEOPLE / 3]);
  });

  it('are refused when their passes would read too much together', async () => {
    const world = await worldOf(stage);
    const limits = LIMITS as { callReadRowsMax: number };
    const { callReadRowsMax } = LIMITS;
    const read = async (heldMax: number) => {
      const journey = funnel.make(must(funnel.parse(FUNNEL, 'UTC')));
      return readJourney(await world.asking(), journey, { heldMax });
    };
    // The bound allows two readings of the 140 events.
    limits.callReadRowsMax = 280;
    const [once, often] = [await read(1_000), await read(80)];
    Object.assign(limits, { callReadRowsMax });
    expect(once).toMatchObject({ ok: true });
    // The tails of the shards are not read again.
    const refusal = {
      ok: false,
      error: { code: 'query-too-large', message: expect.stringContaining('More than 280') },
    };
    expect(often).toMatchObject(stage === 'sealed' ? refusal : { ok: true });
  });

  it('list the people of a step under both of their ids', async () => {
    const ask = clientOf(await worldOf(stage));
    const listed = await ask('funnel/people', { ...FUNNEL, step: 2, limit: 500 });
    expect(listed.status).toBe(200);
    const pairs = listed.body.people.map((person: { userId: string; anonymousId: string }) => [
      person.userId,
      person.anonymousId,
    ]);
    const buyers = Array.from({ length: PEOPLE / 3 }, (_, i) => [`u${3 * i}`, `a${3 * i}`]);
    expect(pairs.sort()).toEqual(buyers.sort());
  });
});
