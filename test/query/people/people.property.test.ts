// People are counted as an oracle counts them. The oracle holds all events in one list and walks along the links.
// Events with ids, logins, aliases and traits arrive, are spread, stored and sealed in any way.

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { record, testHasher } from '../../support/events.ts';
import { dayOf, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const RANGE = { from: '2026-03-07', to: '2026-03-11' };
const DEVICES = ['a', 'b', 'c', 'd'];
const USERS = ['u', 'v', 'w'];

const anyEvent = fc
  .record({
    kind: fc.constantFrom('click', 'click', 'identify', 'alias'),
    device: fc.constantFrom(null, ...DEVICES),
    user: fc.constantFrom(null, ...USERS),
    previous: fc.constantFrom(...DEVICES, ...USERS),
    plan: fc.constantFrom('free', 'pro', null),
    day: fc.nat(3),
    ms: fc.nat(4),
  })
  .map(({ kind, device, user, previous, plan, day, ms }): Omit<Parameters<typeof record>[0], 'id'> => {
    const ids = { ...(device && { anonymous_id: device }), ...(user && { user_id: user }) };
    const atMs = NOW_MS - day * DAY_MS - 1_000 + ms;
    if (kind === 'click') return { atMs, ...ids };
    if (kind === 'identify') return { atMs, type: 'identify', event: 'identify', ...ids, properties: { plan } };
    return { atMs, type: 'alias', event: 'alias', ...ids, properties: { previousId: previous } };
  });

const anyStep = fc.record({
  shard: fc.nat(1),
  events: fc.array(anyEvent, { minLength: 1, maxLength: 6 }),
  after: fc.constantFrom('nothing', 'store', 'seal'),
});

const limits = LIMITS as { factsHeldBytesMax: number };
const { factsHeldBytesMax } = LIMITS;
afterEach(() => Object.assign(limits, { factsHeldBytesMax }));

describe('people', () => {
  it.each([
    { held: 'at once', bytesMax: factsHeldBytesMax },
    { held: 'one or two at a time', bytesMax: 100 },
  ])('are those of an oracle when traits are held $held', { timeout: 180_000 }, async ({ bytesMax }) => {
    limits.factsHeldBytesMax = bytesMax;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 5 }), async (steps) => {
        const world = new World({ nowMs: NOW_MS, shardCount: 2 });
        // Aliases that are still in a shard are hashed with the key of the tests.
        const hashKey = [1, 2, 3, 4].map((word) => word.toString(16).padStart(8, '0')).join('');
        world.fakeDb.select(
          `INSERT INTO tenants (uid, id, name, regions, timezone, hash_key, created_at_ms) VALUES ('tenant-uid', 'shop', '', '["weur"]', 'UTC', ?, 0)`,
          [hashKey],
        );
        let ids = 0;
        for (const { shard, events, after } of steps) {
          world.nowMs++;
          world.append(
            shard,
            events.map((event) => record({ ...event, id: `e${ids++}` })),
          );
          if (after !== 'nothing') for (const each of [0, 1]) await world.store(each);
          if (after === 'seal')
            for (const day of new Set(world.events.map(({ atMs }) => dayOf(atMs)))) await world.seal(day);
        }
        const personOf = whoIsWho(world.events);
        const people = (events: readonly EventRecord[]) =>
          new Set(events.map(personOf).filter((person) => person !== null)).size;

        const byDay = await world.ask({ measure: 'users', ...RANGE, interval: 'day' });
        expect(byDay.series[0]!.total).toBe(people(world.events));
        const days = [3, 2, 1, 0].map((day) => world.events.filter(({ atMs }) => dayOf(atMs) === dayOf(NOW_MS) - day));
        expect(byDay.series[0]!.points.map(({ value }) => value)).toEqual(days.map(people));

        const byPlan = await world.ask({ measure: 'users', ...RANGE, groupBy: ['person.plan'] });
        const planOf = plans(world.events, personOf);
        const expected = new Map<string | null, EventRecord[]>();
        for (const event of world.events) {
          const plan = planOf.get(personOf(event) ?? '') ?? null;
          expected.set(plan, [...(expected.get(plan) ?? []), event]);
        }
        expect(new Map(byPlan.series.map(({ key, total }) => [key['person.plan'], total]))).toEqual(
          new Map([...expected].map(([plan, events]) => [plan, people(events)])),
        );
      }),
      { numRuns: 30 },
    );
  });
});

const personText = ({ strings }: EventRecord) => strings.user_id ?? strings.anonymous_id ?? null;

/** Walks from an event's id over the links that hold. The least of the reached ids names the person. */
function whoIsWho(events: readonly EventRecord[]): (event: EventRecord) => string | null {
  const edges: [string, string][] = [];
  const users = new Map<string, { receivedAtMs: number; user: string }>();
  for (const event of events) {
    const { type, user_id, anonymous_id } = event.strings;
    const person = personText(event);
    if (type === 'alias' && person !== null) edges.push([String(event.properties.previousId), person]);
    if (type !== 'identify' || !user_id || !anonymous_id) continue;
    const known = users.get(anonymous_id);
    const isEarlier = known === undefined || event.receivedAtMs < known.receivedAtMs;
    const isLesser = known?.receivedAtMs === event.receivedAtMs && hashOf(user_id) < hashOf(known.user);
    if (isEarlier || isLesser) users.set(anonymous_id, { receivedAtMs: event.receivedAtMs, user: user_id });
  }
  for (const [device, { user }] of users) edges.push([device, user]);
  return (event) => {
    const start = personText(event);
    if (start === null) return null;
    const reached = new Set([start]);
    for (let size = 0; size !== reached.size; ) {
      size = reached.size;
      for (const [from, to] of edges) {
        if (reached.has(from)) reached.add(to);
        if (reached.has(to)) reached.add(from);
      }
    }
    return [...reached].sort()[0]!;
  };
}

/** The latest plan of each person: by event time, then by receipt, then the greater value as JSON. */
function plans(
  events: readonly EventRecord[],
  personOf: (event: EventRecord) => string | null,
): Map<string, string | null> {
  const latest = new Map<string, { atMs: number; receivedAtMs: number; plan: string | null }>();
  for (const event of events) {
    const person = personOf(event);
    if (event.strings.type !== 'identify' || person === null) continue;
    const plan = event.properties.plan as string | null;
    const known = latest.get(person);
    const { atMs, receivedAtMs } = event;
    const later =
      known === undefined
        ? 1
        : atMs - known.atMs ||
          receivedAtMs - known.receivedAtMs ||
          (JSON.stringify(plan) > JSON.stringify(known.plan) ? 1 : 0);
    if (later > 0) latest.set(person, { atMs, receivedAtMs, plan });
  }
  return new Map([...latest].map(([person, { plan }]) => [person, plan]));
}

function hashOf(id: string): bigint {
  testHasher.hash(id);
  return (BigInt(testHasher.high) << 32n) | BigInt(testHasher.low);
}
