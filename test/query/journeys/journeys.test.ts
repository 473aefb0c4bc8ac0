// Journeys over HTTP: equal answers from tails, from stored flushes and after the seal; a clear refusal of bad
// questions.

import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { readJourney } from '../../../src/query/journeys/journey-source.ts';
import {
  type FunnelPeopleAnswer,
  type FunnelPeopleRequest,
  JOURNEY_CALLS,
  type JourneyAnswer,
  type JourneyName,
  type JourneyRequest,
} from '../../../src/wire/journeys.ts';
import { must } from '../../core/journeys/support.ts';
import { record } from '../../support/events.ts';
import { fakeApp } from '../../support/fake-services.ts';
import { journeyClient } from '../support/journey-client.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2024, 2, 20, 12);
const FIRST_MS = NOW_MS - 3 * DAY_MS;
const RANGE = { from: '2024-03-17', to: '2024-03-21' };
const PEOPLE = 40;

/** All people look; two in three put something into the cart an hour later; every fourth buys a day after that. */
function events(): EventRecord[] {
  const made: EventRecord[] = [];
  for (let person = 0; person < PEOPLE; person++) {
    const country = person % 2 === 0 ? 'DE' : 'FR';
    const ids = { anonymous_id: `a${person}`, ...(person % 2 === 0 && { user_id: `u${person}` }), country };
    const atMs = FIRST_MS + person * MINUTE_MS;
    const add = (id: string, at: number, event: string, path: string) =>
      made.push(record({ id: `${id}${person}`, atMs: at, event, path, ...ids }));
    add('look', atMs, 'Looked', '/');
    if (person % 3 !== 0) add('cart', atMs + HOUR_MS, 'Carted', '/cart');
    if (person % 4 === 0) add('buy', atMs + HOUR_MS + DAY_MS, 'Bought', '/pay');
  }
  made.push(record({ id: 'nobody', atMs: FIRST_MS, event: 'Looked' }));
  return made;
}

const steps = [{ event: 'Looked' }, { event: 'Carted' }, { event: 'Bought' }];
const FUNNEL = { ...RANGE, steps, windowSeconds: 2 * 86_400 };
const QUESTIONS = {
  funnel: { ...FUNNEL, groupBy: 'country' },
  retention: { ...RANGE, interval: 'day', intervals: 3 },
  paths: { ...RANGE, startAt: { event: 'Looked' }, steps: 2 },
  sessions: { ...RANGE, gapSeconds: 1_800, interval: 'day', groupBy: ['country'] },
  active: RANGE,
  lifecycle: { ...RANGE, interval: 'day' },
  frequency: { ...RANGE, of: 'days' },
} satisfies { readonly [Name in JourneyName]: JourneyRequest<Name> };

const clientOf = ({ ports, tenant }: World) => journeyClient(ports, tenant);

async function filled(): Promise<World> {
  const world = new World({ nowMs: NOW_MS, shardCount: 2 });
  const all = events();
  for (const shard of [0, 1]) {
    const own = all.filter(({ strings }) => ((strings.anonymous_id ?? '').length + 1) % 2 === shard);
    world.append(shard, own);
  }
  return world;
}

describe('journeys', () => {
  let world: World;
  let ask: ReturnType<typeof clientOf>;
  beforeAll(async () => {
    world = await filled();
    ask = clientOf(world);
  });

  it('answer a funnel with its groups and what the answer vouches for', async () => {
    const answered = await ask('funnel', QUESTIONS.funnel);
    expect(answered.status).toBe(200);
    const body: JourneyAnswer<'funnel'> = JOURNEY_CALLS.funnel.answer.parse(answered.body);
    // 26 of the numbers 0 to 39 are no multiples of 3, and 6 of those are multiples of 4.
    expect(body.steps.map(({ people }) => people)).toEqual([40, 26, 6]);
    expect(body.steps[2]).toMatchObject({ name: 'Bought', ofFirst: 6 / 40, ofPrevious: 6 / 26, dropped: 20 });
    expect(body.steps[1]!.secondsToConvert).toMatchObject({ n: 26, p0: 3_600, p50: 3_600, p100: 3_600 });
    expect(body.groups!.map(({ key }) => key)).toEqual([{ country: 'DE' }, { country: 'FR' }]);
    expect(body.meta).toMatchObject({
      pending: 0,
      sources: { live: { shards: 2, answered: 2 }, rollups: null, lake: { segments: 0 } },
      scannedEvents: 77,
    });
  });

  it('give the same from tails, from stored flushes, from both, and after the seal', async () => {
    const own = await filled();
    const askOwn = clientOf(own);
    const answers = async () => {
      const all: Record<string, unknown> = {};
      for (const [name, body] of Object.entries(QUESTIONS)) {
        const answered = await askOwn(name, body);
        expect(answered.status).toBe(200);
        const { meta: _, ...answer } = answered.body;
        all[name] = answer;
      }
      return all;
    };
    const fromTails = await answers();
    await own.store(0, { confirm: false });
    expect(await answers()).toEqual(fromTails);
    await own.store(0);
    await own.store(1);
    expect(await answers()).toEqual(fromTails);
    await own.seal(dayOf(FIRST_MS));
    expect(await answers()).toEqual(fromTails);
    for (const day of [1, 2]) await own.seal(dayOf(FIRST_MS) + day);
    expect(await answers()).toEqual(fromTails);
  });

  it('give the same when people are read in lots', async () => {
    const question = must(funnel.parse(QUESTIONS.funnel, 'UTC'));
    const asking = await world.asking();
    const whole = must(await readJourney(asking, funnel.make(question)));
    const lots = must(await readJourney(asking, funnel.make(question), { heldMax: 45 }));
    expect(lots.answer).toEqual(whole.answer);
    const tooMany = await readJourney(asking, funnel.make(question), { heldMax: 3 });
    expect(tooMany).toMatchObject({ ok: false, error: { code: 'query-too-large' } });
  });

  it('are read no further once there is too much of a person, or of texts', async () => {
    const own = new World({ nowMs: NOW_MS });
    for (let batch = 0; batch < 6; batch++) {
      const ids = Array.from({ length: 5 }, (_, index) => `${batch} ${index}`);
      own.append(
        0,
        ids.map((id) => record({ id, atMs: FIRST_MS, event: 'Looked', anonymous_id: 'hot', country: id })),
      );
    }
    const asking = await own.asking();
    const read = async (body: object, heldMax: number) => {
      const journey = funnel.make(must(funnel.parse({ ...body, allowUnknown: true }, 'UTC')));
      const batches = vi.spyOn(journey.reader, 'use');
      const answer = await readJourney(asking, journey, { heldMax });
      // Counts the batches of the last pass. Earlier passes are read to their end, because they divide the people.
      return [answer.ok ? 'ok' : answer.error.code, batches.mock.calls.length % 6];
    };
    expect(await read(FUNNEL, 1_000)).toEqual(['ok', 0]);
    expect(await read(FUNNEL, 8)).toEqual(['query-too-large', 2]);
    const limits = LIMITS as { queryGroupsMax: number };
    const { queryGroupsMax } = LIMITS;
    limits.queryGroupsMax = 12;
    expect(await read({ ...FUNNEL, groupBy: 'country' }, 1_000)).toEqual(['query-too-large', 3]);
    Object.assign(limits, { queryGroupsMax });
  });

  it('list the people of a step page by page, each once', async () => {
    const found: FunnelPeopleAnswer['people'] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const body: FunnelPeopleRequest = { ...FUNNEL, step: 3, outcome: 'dropped', limit: 6, ...(cursor && { cursor }) };
      const answered = await ask('funnel/people', body);
      expect(answered.status).toBe(200);
      found.push(...answered.body.people);
      cursor = answered.body.cursor;
      pages++;
    } while (cursor);
    expect(pages).toBe(4);
    const wanted = Array.from({ length: PEOPLE }, (_, person) => person).filter((n) => n % 3 !== 0 && n % 4 !== 0);
    expect(found.map(({ anonymousId }) => Number(anonymousId!.slice(1))).sort((a, b) => a - b)).toEqual(wanted);
    expect(new Set(found.map(({ person }) => person)).size).toBe(wanted.length);
    for (const { userId, anonymousId } of found) {
      expect(userId).toBe(Number(anonymousId!.slice(1)) % 2 === 0 ? anonymousId!.replace('a', 'u') : null);
    }
  });

  it('count a session in the range it starts in', async () => {
    const own = new World({ nowMs: NOW_MS });
    const midnightMs = Date.UTC(2024, 2, 19);
    const at = [-20, -5, 15, 90];
    own.append(
      0,
      at.map((minutes, index) => record({ id: `s${index}`, atMs: midnightMs + minutes * MINUTE_MS, user_id: 'u' })),
    );
    const day = async (from: string, to: string) => (await clientOf(own)('sessions', { from, to })).body;
    expect(await day('2024-03-18', '2024-03-19')).toMatchObject({ sessions: 1, open: 1, duration: { p100: 900 } });
    expect(await day('2024-03-19', '2024-03-20')).toMatchObject({ sessions: 1, bounces: 1, open: 0 });
    expect(await day('2024-03-18', '2024-03-20')).toMatchObject({ sessions: 2, duration: { p100: 2_100 } });
  });

  const step = { event: 'A' };
  const deep = (depth: number): object => (depth === 0 ? { property: 'a', op: 'exists' } : { not: deep(depth - 1) });
  it.each([
    ['funnel', { ...FUNNEL, from: '2024-03-21', to: '2024-03-21' }, 'range-inverted'],
    ['funnel', { ...FUNNEL, from: 'yesterday' }, 'range-invalid'],
    ['funnel', { ...FUNNEL, from: '2019-01-01' }, 'range-too-wide'],
    ['sessions', { ...RANGE, from: '2023-01-01', interval: 'hour' }, 'range-too-wide'],
    ['frequency', { ...RANGE, from: '2023-01-01', of: 'hours' }, 'range-too-wide'],
    ['funnel', { ...FUNNEL, steps: [step] }, 'steps-invalid'],
    ['funnel', { ...FUNNEL, steps: new Array(1_000).fill(step) }, 'steps-invalid'],
    ['funnel', { ...FUNNEL, steps: [step, {}] }, 'steps-invalid'],
    ['funnel', { ...FUNNEL, steps: [step, { event: 'B', events: ['C'] }] }, 'steps-invalid'],
    ['funnel', { ...FUNNEL, steps: [step, { event: 'B', wehre: {} }] }, 'field-unknown'],
    ['funnel', { ...FUNNEL, windowSeconds: 0 }, 'window-invalid'],
    ['funnel', { ...FUNNEL, windowSeconds: 1e12 }, 'window-invalid'],
    ['funnel', { ...FUNNEL, widnowSeconds: 5 }, 'field-unknown'],
    ['funnel', { ...FUNNEL, order: 'sideways' }, 'mode-invalid'],
    ['funnel', { ...FUNNEL, anchor: 'last' }, 'anchor-invalid'],
    ['funnel', { ...FUNNEL, where: { property: 'path', op: 'matches', value: '(a+)+$' } }, 'where-invalid'],
    ['funnel', { ...FUNNEL, where: deep(500) }, 'where-invalid'],
    ['funnel', { ...FUNNEL, groupBy: ['a', 'b'] }, 'group-by-invalid'],
    ['funnel', { ...FUNNEL, timezone: 'Mars/Olympus' }, 'timezone-unknown'],
    ['funnel', { ...FUNNEL, exclusions: [{ event: 'X', from: 2, to: 2 }] }, 'exclusions-invalid'],
    ['funnel', { ...FUNNEL, exclusions: [{ event: 'X', to: 9 }] }, 'exclusions-invalid'],
    ['funnel', { ...FUNNEL, order: 'any', exclusions: [{ event: 'X' }] }, 'exclusions-invalid'],
    ['funnel', { ...FUNNEL, steps: new Array(20).fill({ events: new Array(20).fill('A') }) }, 'conditions-too-many'],
    ['funnel', [], 'query-invalid'],
    ['funnel/people', { ...FUNNEL, step: 4 }, 'step-invalid'],
    ['funnel/people', { ...FUNNEL, step: 1, outcome: 'dropped' }, 'step-invalid'],
    ['funnel/people', { ...FUNNEL, step: 1, cursor: 'x' }, 'cursor-invalid'],
    ['retention', { ...RANGE, interval: 'minute' }, 'interval-unknown'],
    ['retention', { ...RANGE, interval: 'day', intervals: 0 }, 'intervals-invalid'],
    ['retention', { from: '2023-03-01', to: '2024-03-20', interval: 'day', intervals: 400 }, 'too-many-points'],
    ['retention', { ...RANGE, interval: 'day', historyDays: -1 }, 'history-invalid'],
    ['paths', RANGE, 'matcher-invalid'],
    ['paths', { ...RANGE, startAt: step, endAt: step }, 'matcher-invalid'],
    ['paths', { ...RANGE, startAt: step, steps: 11 }, 'steps-invalid'],
    ['sessions', { ...RANGE, gapSeconds: 0 }, 'gap-invalid'],
    ['active', { ...RANGE, events: [] }, 'events-invalid'],
    ['frequency', { ...RANGE, of: 'years' }, 'mode-invalid'],
    ['lifecycle', RANGE, 'interval-unknown'],
  ])('refuse a bad %s: %#', async (name, body, code) => {
    const answered = await ask(name, body);
    expect({ status: answered.status, code: answered.body.code }).toEqual({ status: 400, code });
    expect(answered.body.detail.length).toBeLessThan(300);
  });

  it('need a read key, and say in the API’s description what they take and give', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('shop');
    for (const [name, body] of Object.entries(QUESTIONS)) {
      const path = `/v1/query/${name}`;
      expect((await call('POST', path, { body })).status).toBe(401);
      expect((await call('POST', path, { body, key: keys.write })).body.code).toBe('key-scope');
      expect((await call('POST', path, { body, key: keys.read })).status).toBe(200);
    }
    const { body: document } = await call('GET', '/openapi.json');
    for (const name of [...Object.keys(QUESTIONS), 'funnel/people']) {
      const { post } = document.paths[`/v1/query/${name}`];
      const named = ({ $ref, ...schema }: { $ref?: string }) =>
        $ref === undefined ? schema : document.components.schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
      expect(named(post.requestBody.content['application/json'].schema).properties.from).toBeDefined();
      expect(named(post.responses[200].content['application/json'].schema).properties.meta).toBeDefined();
    }
  });
});
