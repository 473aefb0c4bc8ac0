// The people of a figure: as many as the figure counts, whichever journey it is of and wherever its events are.

import { beforeAll, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import { record } from '../../support/events.ts';
import { journeyClient } from '../support/journey-client.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const RANGE = { from: '2026-03-06', to: '2026-03-11' };
const PEOPLE = 20;
const EVENTS = ['Looked', 'Added', 'Bought'];

/** Person i comes on every (i mod 4 + 1)-th day, and does more the later the day; every third logs in on the second. */
function events(): EventRecord[] {
  return Array.from({ length: PEOPLE }, (_, i) =>
    [4, 3, 2, 1, 0].flatMap((daysAgo) => {
      if ((daysAgo + i) % ((i % 4) + 1) !== 0) return [];
      const ids = { anonymous_id: `a${i}`, ...(i % 3 === 0 && { user_id: `u${i}` }) };
      const atMs = NOW_MS - daysAgo * DAY_MS - HOUR_MS;
      const names = EVENTS.slice(0, 1 + ((i + daysAgo) % EVENTS.length));
      return names.map((event, step) =>
        record({
          id: `${i} ${daysAgo} ${step}`,
          atMs: atMs + step * 1_000,
          event,
          country: i % 2 ? 'DE' : 'FR',
          ...ids,
        }),
      );
    }),
  ).flat();
}

type Body = Record<string, unknown>;
type Ask = ReturnType<typeof journeyClient>;

async function filled(isSealed: boolean): Promise<Ask> {
  const world = new World({ nowMs: NOW_MS, shardCount: 2 });
  const all = events();
  for (const shard of [0, 1])
    world.append(
      shard,
      all.filter((_, index) => index % 2 === shard),
    );
  if (isSealed) {
    for (const shard of [0, 1]) await world.store(shard);
    for (const day of new Set(all.map(({ atMs }) => dayOf(atMs)))) await world.seal(day);
  }
  return journeyClient(world.ports, world.tenant);
}

/** All people of a figure, seven at a time. */
async function listed(ask: Ask, journey: string, question: Body): Promise<string[]> {
  const people: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await ask(`${journey}/people`, { ...question, limit: 7, ...(cursor !== null && { cursor }) });
    expect(page.status, JSON.stringify(page.body)).toBe(200);
    people.push(...page.body.people.map(({ person }: { person: string }) => person));
    cursor = page.body.cursor;
  } while (cursor !== null);
  expect(new Set(people).size).toBe(people.length);
  return people;
}

describe.each([false, true])('the people of a figure, sealed: %s', (isSealed) => {
  let ask: Ask;
  beforeAll(async () => {
    ask = await filled(isSealed);
  });

  it.each([
    { interval: 'day', intervals: 4 },
    { interval: 'day', intervals: 3, mode: 'recurring', on: 'on-or-after', return: { event: 'Bought' } },
  ])('are those of a cell of retention %o', async (own) => {
    const question = { ...RANGE, ...own };
    const { body } = await ask('retention', question);
    expect(body.cohorts.length).toBeGreaterThan(1);
    for (const { start, size, retained } of body.cohorts) {
      for (const [n, people] of retained.entries()) {
        if (people === null) continue;
        const came = await listed(ask, 'retention', { ...question, figure: { cohort: start, n } });
        const gone = await listed(ask, 'retention', { ...question, figure: { cohort: start, n, outcome: 'gone' } });
        expect([came.length, gone.length]).toEqual([people, size - people]);
        expect(came.filter((person) => gone.includes(person))).toEqual([]);
      }
    }
  });

  it('are those of a state of an interval', async () => {
    const question = { ...RANGE, interval: 'day', where: { property: 'country', op: 'eq', value: 'DE' } };
    const { body } = await ask('lifecycle', question);
    const counted: number[] = [];
    for (const { at, ...point } of body.points) {
      for (const state of ['new', 'returning', 'resurrected', 'dormant']) {
        const people = await listed(ask, 'lifecycle', { ...question, figure: { at, state } });
        expect(people.length).toBe(point[state]);
        counted.push(people.length);
      }
    }
    expect(counted.filter((people) => people > 0).length).toBeGreaterThan(4);
  });

  it.each([{ startAt: { event: 'Looked' } }, { endAt: { event: 'Bought' }, collapse: true }])(
    'are those of a node of paths %o',
    async (own) => {
      const question = { ...RANGE, steps: 3, by: 'column.event', ...own };
      const { body } = await ask('paths', question);
      expect(body.nodes.length).toBeGreaterThan(3);
      for (const { step, value, people } of body.nodes) {
        expect((await listed(ask, 'paths', { ...question, figure: { step, value } })).length).toBe(people);
      }
    },
  );

  it('are those of a bar of frequency, the last of which has all greater counts', async () => {
    const question = { ...RANGE, of: 'events', bars: 5 };
    const { body } = await ask('frequency', question);
    for (const { n, people } of body.bars) {
      expect((await listed(ask, 'frequency', { ...question, figure: { n } })).length).toBe(people);
    }
    const everybody = await listed(ask, 'frequency', { ...question, bars: 1, figure: { n: 1 } });
    expect(everybody.length).toBe(PEOPLE);
  });

  it('do not depend on the breakdown', async () => {
    const question = { ...RANGE, of: 'days', figure: { n: 1 } };
    const plain = await listed(ask, 'frequency', question);
    expect(await listed(ask, 'frequency', { ...question, groupBy: 'country' })).toEqual(plain);
  });

  it('are refused when the answer has no such figure, or the question is wrong', async () => {
    const refused = async (journey: string, question: Body) => {
      const { status, body } = await ask(`${journey}/people`, { ...RANGE, ...question });
      return [status, body.code, body.path];
    };
    const cohort = '2026-03-07T00:00:00.000Z';
    const retention = { interval: 'day', intervals: 2 };
    expect(await refused('retention', { ...retention, figure: { cohort, n: 3 } })).toEqual([
      400,
      'query-invalid',
      '/figure',
    ]);
    const between = { cohort: '2026-03-07T01:00:00.000Z', n: 1 };
    expect(await refused('retention', { ...retention, figure: between })).toEqual([400, 'query-invalid', '/figure']);
    expect(await refused('retention', retention)).toEqual([400, 'query-invalid', '/figure']);
    expect(await refused('lifecycle', { interval: 'year', figure: { at: cohort, state: 'new' } })).toEqual([
      400,
      'interval-unknown',
      '/interval',
    ]);
    const outside = { at: '2026-03-01T00:00:00.000Z', state: 'new' };
    expect(await refused('lifecycle', { interval: 'day', figure: outside })).toEqual([400, 'query-invalid', '/figure']);
    expect(await refused('paths', { startAt: { event: 'Looked' }, figure: { step: -1, value: null } })).toEqual([
      400,
      'query-invalid',
      '/figure',
    ]);
    expect(await refused('frequency', { figure: { n: 1 }, cursor: 'x' })).toEqual([400, 'cursor-invalid', '/cursor']);
  });
});
