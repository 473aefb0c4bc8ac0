// 30,000 people with traits and 60,000 links, with the limits scaled down so that links are read in pages, traits are looked
// up in passes and journeys take passes of their own: every answer equals a count by hand.

import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { executeAll } from '../../../src/query/ask/execute.ts';
import { type PeopleServices, peopleRoutes } from '../../../src/query/people/people-routes.ts';
import { record } from '../../support/events.ts';
import { clientOf } from '../support/client.ts';
import { eventCountOf, eventsOf, PLANS, personOf, sumBy } from '../support/many-people.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const RANGE = { from: '2026-03-08', to: '2026-03-11' };
const PEOPLE = 30_000;
const limits = LIMITS as {
  -readonly [Name in
    | 'callReadRowsMax'
    | 'factsHeldBytesMax'
    | 'journeyHeldMax'
    | 'linkPageRowsMax'
    | 'linksMax']: number;
};
const { factsHeldBytesMax, journeyHeldMax, linkPageRowsMax, linksMax } = LIMITS;

const people = Array.from({ length: PEOPLE }, (_, number) => personOf(number));
const world = new World({ nowMs: NOW_MS, shardCount: 2 });
const client = clientOf(world, RANGE);

/** Spreads the events over two shards. The last of ten pieces is left in the shards, and the oldest day is sealed. */
beforeAll(async () => {
  Object.assign(limits, {
    factsHeldBytesMax: 600_000,
    journeyHeldMax: 40_000,
    linkPageRowsMax: 7_000,
    linksMax: 70_000,
  });
  const pieceSize = PEOPLE / 10;
  for (let from = 0; from < PEOPLE; from += pieceSize) {
    const numbers = Array.from({ length: pieceSize }, (_, index) => from + index);
    const records = numbers.flatMap((number) => eventsOf(number, NOW_MS)).map(record);
    for (const shard of [0, 1])
      world.append(
        shard,
        records.filter((_, index) => index % 2 === shard),
      );
    if (from + pieceSize < PEOPLE) for (const shard of [0, 1]) await world.store(shard);
  }
  await world.seal(dayOf(NOW_MS) - 2);
  const who = { events: ['Buy'], count: { gte: 2 }, days: 30 };
  await createCohort(world.db, UID, { id: 'often', name: 'o', who, timezone: 'UTC', createdAtMs: 0 });
}, 120_000);

afterAll(() => Object.assign(limits, { factsHeldBytesMax, journeyHeldMax, linkPageRowsMax, linksMax }));

async function ask(body: { readonly groupBy?: readonly string[] } & Record<string, unknown>) {
  const { series, meta } = await world.ask({ ...RANGE, ...body }, { rollups: [] });
  expect(meta.estimated).toBeUndefined();
  expect(meta.revision).toBe(1);
  return new Map(series.map(({ key, total }) => [Object.values(key)[0] ?? null, total]));
}

describe('many people with traits and links', { timeout: 120_000 }, () => {
  it('are counted by event, each once', async () => {
    expect(await ask({ measure: 'users', groupBy: ['event'] })).toEqual(
      new Map([
        ['View', PEOPLE],
        ['identify', PEOPLE],
        ['Buy', people.filter(({ buys }) => buys > 0).length],
      ]),
    );
  });

  it('have the traits that came last, with the events of all their ids', async () => {
    const byPlan = sumBy(people, ({ plan }) => plan, eventCountOf);
    expect(await ask({ measure: 'count', groupBy: ['person.plan'] })).toEqual(byPlan);
    const pros = people.filter(({ plan }) => plan === 'pro');
    const where = { property: 'person.plan', op: 'in', value: ['pro'] };
    expect(await ask({ measure: 'users', where })).toEqual(new Map([[null, pros.length]]));
  });

  it('came from where their first device came from', async () => {
    expect(await ask({ measure: 'count', groupBy: ['person.first_touch.utm_source'] })).toEqual(
      sumBy(people, ({ source }) => source, eventCountOf),
    );
  });

  it('are in a cohort by what all their ids did', async () => {
    const often = people.filter(({ buys }) => buys >= 2);
    expect(await ask({ measure: 'users', where: { cohort: 'often' } })).toEqual(new Map([[null, often.length]]));
    const where = { and: [{ cohort: 'often' }, { property: 'person.plan', op: 'in', value: ['team'] }] };
    const ofTeams = often.filter(({ plan }) => plan === 'team');
    expect(await ask({ measure: 'users', where })).toEqual(new Map([[null, ofTeams.length]]));
  });

  it('are counted for several questions of a call, whose passes show the facts of all', async () => {
    const bodies = [
      { measure: 'count', groupBy: ['person.plan'] },
      { measure: 'users', where: { cohort: 'often' } },
      { measure: 'count' },
      { measure: 'users', where: { property: 'event', op: 'eq', value: 'Buy' } },
    ];
    const queries = bodies.map((body) => world.parse({ allowUnknown: true, ...RANGE, ...body }));
    const answers = await executeAll(await world.asking([]), queries);
    if (!answers.ok) throw new Error(answers.error.code);
    const byPlan = new Map(answers.value[0]!.series.map(({ key, total }) => [Object.values(key)[0], total]));
    expect(byPlan).toEqual(sumBy(people, ({ plan }) => plan, eventCountOf));
    expect(answers.value.slice(1).map(({ series }) => series[0]!.total)).toEqual([
      people.filter(({ buys }) => buys >= 2).length,
      people.reduce((sum, person) => sum + eventCountOf(person), 0),
      people.filter(({ buys }) => buys > 0).length,
    ]);
  });

  it('are read again within the rows of the call', async () => {
    const { callReadRowsMax } = LIMITS;
    const body = { measure: 'count', groupBy: ['person.plan'] };
    // The events are fewer, and each is read once for the traits and once for the question, in every pass.
    limits.callReadRowsMax = 2 * people.reduce((sum, person) => sum + eventCountOf(person), 0);
    await expect(ask(body)).rejects.toThrow('query-too-large');
    limits.callReadRowsMax = callReadRowsMax;
  });

  it('go through a funnel, by a trait', async () => {
    const steps = [{ event: 'View' }, { event: 'Buy' }];
    const { status, body } = await client('query/funnel', { steps, windowSeconds: 3_600, groupBy: 'person.plan' });
    expect(status).toBe(200);
    const { groups } = JSON.parse(body) as { groups: { key: object; steps: { people: number }[] }[] };
    const viewed = sumBy(
      people,
      ({ plan }) => plan,
      () => 1,
    );
    const bought = sumBy(
      people,
      ({ plan }) => plan,
      ({ buys }) => Math.min(buys, 1),
    );
    const found = groups.map(({ key, steps }) => [Object.values(key)[0], ...steps.map((step) => step.people)]);
    expect(found.sort()).toEqual(PLANS.map((plan) => [plan, viewed.get(plan), bought.get(plan)]).sort());
  });

  it('come back, or not', async () => {
    const { body } = await client('query/retention', {
      start: { event: 'View' },
      return: { event: 'Buy', where: { property: 'person.plan', op: 'in', value: ['pro'] } },
      interval: 'day',
    });
    const { overall } = JSON.parse(body);
    const pros = people.filter(({ plan, buys }) => plan === 'pro' && buys > 0);
    expect(overall[0]).toMatchObject({ eligible: PEOPLE, retained: pros.length });
  });

  it('are shown one by one, by any id', async () => {
    const auth = { authenticate: async () => ({ tenant: world.tenant }) };
    const app = new Hono().route('/v1/people', peopleRoutes({ ...world.ports, auth } as unknown as PeopleServices));
    app.onError((error, c) => renderProblem(c, error));
    for (const number of [0, 4_711, PEOPLE - 1]) {
      const person = personOf(number);
      for (const id of [...person.devices, person.user]) {
        const response = await app.request(`/v1/people/${id}`);
        expect(await response.json()).toMatchObject({
          userIds: [person.user],
          anonymousIds: person.devices,
          traits: { plan: person.plan, age: person.age },
          events: { total: eventCountOf(person) },
        });
      }
    }
  });
});
