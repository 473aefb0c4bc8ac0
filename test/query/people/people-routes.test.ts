// A person's profile and timeline by any of their ids, from tails and lake.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, HOUR_MS, LIMITS } from '../../../src/core/limits.ts';
import { deviceHash, type IdHash, userHash } from '../../../src/core/people/id-hashes.ts';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { peopleRoutes } from '../../../src/query/people/people-routes.ts';
import { record, testHasher } from '../../support/events.ts';
import { fakeApp } from '../../support/fake-services.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const YESTERDAY_MS = NOW_MS - DAY_MS;

function clientOf(world: World) {
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
  app.route('/v1/people', peopleRoutes({ ...world.ports, auth }));
  const answerOf = async (response: Response) => {
    // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, each looked at by its test
    const body = (await response.json()) as any;
    if (body.meta) body.meta.elapsedMs = 0;
    return { status: response.status, body };
  };
  /** Asks by GET, and by POST with the id in the body: both give the same answer. */
  return async (path: string) => {
    const answer = await answerOf(await app.request(path));
    const { pathname, searchParams } = new URL(path, 'http://tidemark.test');
    const [, id = '', list] = /^\/v1\/people\/([^/]+)(\/events)?$/.exec(pathname) ?? [];
    const body = JSON.stringify({ id: decodeURIComponent(id), ...Object.fromEntries(searchParams) });
    const posted = await app.request(`/v1/people/${list ? 'events' : 'profile'}`, { method: 'POST', body });
    expect(await answerOf(posted)).toEqual(answer);
    return answer;
  };
}

let ids = 0;
const event = (atMs: number, parts: object): EventRecord => record({ id: `e${ids++}`, atMs, ...parts });

function history(): EventRecord[] {
  return [
    event(YESTERDAY_MS, { anonymous_id: 'a1', type: 'page', event: 'page', path: '/in', utm_source: 'ad' }),
    event(YESTERDAY_MS + HOUR_MS, { anonymous_id: 'a1', event: 'Looked' }),
    event(YESTERDAY_MS + 2 * HOUR_MS, { user_id: 'someone-else', event: 'Looked' }),
    event(YESTERDAY_MS + 3 * HOUR_MS, { event: 'Looked' }),
    event(YESTERDAY_MS + 3 * HOUR_MS, {
      anonymous_id: 'a1',
      user_id: 'u/1 ü',
      type: 'identify',
      event: 'identify',
      properties: { plan: 'free', city: 'Bonn' },
    }),
    event(YESTERDAY_MS + 4 * HOUR_MS, { user_id: 'u/1 ü', event: 'Looked', group_id: 'acme' }),
    event(YESTERDAY_MS + 5 * HOUR_MS, {
      user_id: 'u/1 ü',
      type: 'identify',
      event: 'identify',
      properties: { plan: 'pro' },
    }),
  ];
}

const STAGES = ['in the shard', 'stored', 'sealed'] as const;

async function worldOf(stage: (typeof STAGES)[number]): Promise<World> {
  const world = new World({ nowMs: NOW_MS });
  world.append(0, history());
  if (stage !== 'in the shard') await world.store(0);
  if (stage === 'sealed') await world.seal(dayOf(YESTERDAY_MS));
  return world;
}

describe.each(STAGES)('a person whose events are %s', (stage) => {
  it('is the same under each of their ids', async () => {
    const call = clientOf(await worldOf(stage));
    const { status, body } = await call(`/v1/people/${encodeURIComponent('u/1 ü')}`);
    expect(status).toBe(200);
    const { meta, ...profile } = body;
    expect(profile).toEqual({
      id: 'u/1 ü',
      person: expect.stringMatching(/^[0-9a-f]{16}$/),
      userIds: ['u/1 ü'],
      anonymousIds: ['a1'],
      previousIds: [],
      traits: { city: 'Bonn', plan: 'pro' },
      firstSeen: new Date(YESTERDAY_MS).toISOString(),
      lastSeen: new Date(YESTERDAY_MS + 5 * HOUR_MS).toISOString(),
      firstTouch: { path: '/in', utm_source: 'ad' },
      lastTouch: { path: '/in', utm_source: 'ad' },
      events: {
        total: 5,
        byName: [
          { event: 'Looked', count: 2 },
          { event: 'identify', count: 2 },
          { event: 'page', count: 1 },
        ],
      },
      groups: ['acme'],
    });
    expect(meta).toMatchObject({ identityAsOf: new Date(NOW_MS).toISOString(), sources: { rollups: null } });
    const byDevice = await call('/v1/people/a1');
    expect({ ...byDevice.body, meta: null }).toEqual({ ...body, id: 'a1', meta: null });
  });

  it('has a timeline, page by page', async () => {
    const call = clientOf(await worldOf(stage));
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let page = 0; cursor !== null && page < 10; page++) {
      const { status, body } = await call(`/v1/people/a1/events?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      expect(body.events.length).toBeLessThanOrEqual(2);
      seen.push(...body.events.map((each: { event: string; timestamp: string }) => `${each.event} ${each.timestamp}`));
      cursor = body.cursor;
    }
    const hours = [5, 4, 3, 1, 0].map((hour) => new Date(YESTERDAY_MS + hour * HOUR_MS).toISOString());
    const names = ['identify', 'Looked', 'identify', 'Looked', 'page'];
    expect(seen).toEqual(names.map((name, index) => `${name} ${hours[index]}`));
    const looked = await call('/v1/people/a1/events?event=Looked');
    expect(looked.body.events.map(({ userId }: { userId?: string }) => userId)).toEqual(['u/1 ü', undefined]);
  });
});

describe('a person that is not there', () => {
  it('is a 404 as a profile and an empty timeline', async () => {
    const call = clientOf(await worldOf('stored'));
    const { status, body } = await call('/v1/people/nobody');
    expect([status, body.code]).toEqual([404, 'person-not-found']);
    expect((await call('/v1/people/nobody/events')).body.events).toEqual([]);
    expect((await call(`/v1/people/${'x'.repeat(300)}`)).status).toBe(404);
    expect((await call('/v1/people/a1/events?limit=0')).status).toBe(400);
  });

  it('is another tenant’s', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('one');
    expect((await call('GET', '/v1/people/a1', { key: keys.read })).body.code).toBe('person-not-found');
    expect((await call('GET', '/v1/people/a1', { key: keys.write })).status).toBe(403);
    expect((await call('GET', '/v1/people/a1/events')).status).toBe(401);
  });
});

describe('a person of many ids', () => {
  const DEVICES = 10_000;
  const placeOf = (hash: IdHash) => hash.high | 0;
  const deviceAt = (id: string) => placeOf(deviceHash(testHasher, id));
  const userAt = (id: string) => placeOf(userHash(testHasher, id));
  const devices = Array.from({ length: DEVICES }, (_, i) => `device-${i}`).sort((a, b) => deviceAt(a) - deviceAt(b));
  /** Ids at both ends of the order of hashes; all other people lie between them. */
  const own = [...devices.slice(0, 6), ...devices.slice(-6)];
  const user = Array.from({ length: DEVICES }, (_, i) => `user-${i}`).find((id) => userAt(id) < deviceAt(own[5]!))!;
  /** A device whose name, as that of a user, lies in the same row groups. */
  const asked = own.find((id) => Math.abs(userAt(id)) > 1.1 * 2 ** 30)!;

  async function worldOfMany(): Promise<World> {
    const world = new World({ nowMs: NOW_MS });
    for (let at = 0; at < DEVICES; at += 2_500) {
      const list = devices.slice(at, at + 2_500);
      world.append(
        0,
        list.map((anonymous_id) => event(YESTERDAY_MS, { anonymous_id, event: 'Looked' })),
      );
    }
    await world.store(0);
    world.append(
      0,
      own.map((anonymous_id) => event(NOW_MS, { anonymous_id, user_id: user, type: 'identify', event: 'identify' })),
    );
    await world.store(0);
    return world;
  }

  it('is read without the people between them', async () => {
    const world = await worldOfMany();
    const call = clientOf(world);
    const limits = LIMITS as { profileReadRowsMax: number };
    const { profileReadRowsMax } = LIMITS;
    // Two of the four row groups are read.
    limits.profileReadRowsMax = 5_000 + own.length;
    const { body: profile } = await call(`/v1/people/${asked}`);
    limits.profileReadRowsMax--;
    const { body: refused } = await call(`/v1/people/${asked}`);
    Object.assign(limits, { profileReadRowsMax });
    expect(profile).toMatchObject({ userIds: [user], events: { total: 24 } });
    expect(refused.code).toBe('query-too-large');
    const { body: timeline } = await call(`/v1/people/${user}/events?limit=100`);
    expect(timeline.events).toHaveLength(24);
    expect(timeline.meta.scannedEvents).toBeLessThan(0.55 * DEVICES);
  });
});

describe('an event that came twice, before and after a login', () => {
  it('is in the profile once, as in every answer', async () => {
    const world = new World({ nowMs: NOW_MS, shardCount: 2 });
    const device = { anonymous_id: 'a1' };
    const copy = { id: 'same', atMs: YESTERDAY_MS, event: 'Looked' };
    world.append(0, [record({ ...copy, ...device })]);
    // The event comes again through another region, with the same device and key, but now with a user id.
    world.append(1, [
      record({ ...copy, ...device, user_id: 'u1' }),
      event(NOW_MS, { ...device, user_id: 'u1', type: 'identify', event: 'identify' }),
    ]);
    const looked = { measure: 'count', events: ['Looked'], from: '2026-03-09', to: '2026-03-11' };
    for (const stage of ['in the shards', 'stored', 'sealed']) {
      if (stage === 'stored') for (const shard of [0, 1]) await world.store(shard);
      if (stage === 'sealed') await world.seal(dayOf(YESTERDAY_MS));
      expect((await world.ask(looked, { rollups: [] })).series[0]!.total).toBe(1);
      const { body } = await clientOf(world)('/v1/people/u1');
      expect(body.events).toEqual({
        total: 2,
        byName: [
          { event: 'Looked', count: 1 },
          { event: 'identify', count: 1 },
        ],
      });
    }
  });
});

describe('an alias', () => {
  it('joins what came before under another id', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, [
      event(YESTERDAY_MS, { user_id: 'old' }),
      event(NOW_MS, { user_id: 'new', type: 'alias', event: 'alias', properties: { previousId: 'old' } }),
    ]);
    await world.store(0);
    const { body } = await clientOf(world)('/v1/people/old');
    expect(body).toMatchObject({ userIds: ['new', 'old'], previousIds: ['old'], events: { total: 2 } });
  });
});

describe('a device that is called as somebody else’s user id', () => {
  const known = { id: 'bought', user_id: 'alice', event: 'Buy', sender: 'server' as const };
  const stranger = { sender: 'browser' as const, anonymous_id: 'alice' };
  const login = { ...stranger, id: 'login', type: 'identify' as const, event: 'identify', user_id: 'mallory' };

  it.each([
    ['after the user', [known], [login]],
    ['before the user', [login], [known]],
    ['in events that carry both', [known], [{ ...stranger, id: 'page', user_id: 'mallory', event: 'Looked' }]],
    ['alone', [known], [{ ...stranger, id: 'page', event: 'Looked' }]],
  ])('%s joins nobody, in no answer, before and after the seal', async (_, first, second) => {
    const world = new World({ nowMs: NOW_MS });
    world.append(
      0,
      first.map((each) => record({ atMs: YESTERDAY_MS, ...each })),
    );
    await world.store(0);
    world.append(
      0,
      second.map((each) => record({ atMs: YESTERDAY_MS, ...each })),
    );
    const call = clientOf(world);
    const holds = async () => {
      const range = { from: '2026-03-09', to: '2026-03-11' };
      expect((await world.ask({ measure: 'users', ...range })).series[0]!.total).toBe(2);
      expect((await world.ask({ measure: 'users', events: ['Buy'], ...range })).series[0]!.total).toBe(1);
      const { body: alice } = await call('/v1/people/alice');
      expect(alice).toMatchObject({ userIds: ['alice'], anonymousIds: [], events: { total: 1 } });
      const { body: listed } = await call('/v1/people/alice/events');
      expect(listed.events.map(({ id }: { id: string }) => id)).toEqual(['bought']);
    };
    await holds();
    await world.store(0);
    await holds();
    await world.seal(dayOf(YESTERDAY_MS));
    await holds();
  });

  it('names no previous id of a user by an alias that links nothing', async () => {
    const world = new World({ nowMs: NOW_MS });
    const alias = { atMs: YESTERDAY_MS, type: 'alias' as const, event: 'alias', user_id: 'alice' };
    world.append(0, [
      record({ ...alias, id: 'a', sender: 'browser', properties: { previousId: 'bob' } }),
      record({ ...alias, id: 'b', sender: 'browser', anonymous_id: 'own', properties: { previousId: 'own' } }),
      record({ ...alias, id: 'c', sender: 'server', properties: { previousId: 'old' } }),
    ]);
    expect((await clientOf(world)('/v1/people/alice')).body).toMatchObject({ previousIds: ['old', 'own'] });
  });

  it('is found by its name where no user has it', async () => {
    const world = new World({ nowMs: NOW_MS });
    world.append(0, [record({ id: 'e', atMs: YESTERDAY_MS, anonymous_id: 'dev', event: 'Looked' })]);
    const call = clientOf(world);
    expect((await call('/v1/people/dev')).body).toMatchObject({ anonymousIds: ['dev'], events: { total: 1 } });
    expect((await call('/v1/people/dev/events')).body.events).toHaveLength(1);
  });
});
