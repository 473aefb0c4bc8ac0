// Traits: the latest value wins in any order of reading. First and last touches. Traits of groups.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import type { EventRecord, JsonObject, Sender } from '../../../src/core/event/event.ts';
import { traitWinners } from '../../../src/core/people/trait-winners.ts';
import { Traits } from '../../../src/core/people/traits.ts';
import { recordColumns } from '../../../src/lake/segment/record-columns.ts';
import { record, testHasher } from '../../support/events.ts';

const columnsOf = (records: readonly EventRecord[]): EventColumns => recordColumns(records, testHasher, 0);
const rowsOf = ({ rowCount }: EventColumns) => Uint32Array.from({ length: rowCount }, (_, row) => row);

function traitsOf(batches: readonly (readonly EventRecord[])[]): Traits {
  const traits = new Traits({ person: 'all', group: 'all' });
  for (const batch of batches) {
    const columns = columnsOf(batch);
    traits.add(columns, rowsOf(columns));
  }
  return traits;
}

function profileOf(traits: Traits, id: string) {
  testHasher.hash(id);
  return traits.profile(testHasher.high, testHasher.low);
}

function traitOf(traits: Traits, id: string, name: string) {
  testHasher.hash(id);
  return traits.personTrait(testHasher.high, testHasher.low, name, name.split('.'));
}

let ids = 0;
const identify = (user_id: string, properties: JsonObject, atMs: number, receivedAtMs = atMs) =>
  record({ id: `i${ids++}`, type: 'identify', event: 'identify', user_id, properties, atMs, receivedAtMs });

describe('traits that are set once', () => {
  const all = [
    identify('u', { $set_once: { first: 'late', plan: 'once', gone: 'x' } }, 30),
    identify('u', { $set_once: { first: 'early' }, $add: { logins: 1 } }, 10),
    identify('u', { plan: 'pro', gone: null }, 20),
    identify('u', { $set_once: { first: 'middle' } }, 20),
  ];

  it('are the earliest, and give way to every set, whatever the order of reading', () => {
    for (const records of [all, all.toReversed()]) {
      expect(profileOf(traitsOf([records]), 'u').traits).toEqual({ first: 'early', plan: 'pro' });
    }
    expect(traitOf(traitsOf([all]), 'u', 'first')).toBe('early');
  });

  it('of a browser key give way to all of a trusted sender', () => {
    const by = (sender: Sender, made: EventRecord) => ({ ...made, strings: { ...made.strings, sender } });
    const records = [
      by('browser', identify('u', { $set_once: { a: 'stranger', b: 'stranger', c: 'stranger' } }, 1)),
      by('browser', identify('u', { b: 'set by a stranger', c: 'set by a stranger' }, 2)),
      by('server', identify('u', { $set_once: { a: 'ours', c: 'ours' } }, 50)),
    ];
    const expected = { a: 'ours', b: 'set by a stranger', c: 'ours' };
    for (const some of [records, records.toReversed()])
      expect(profileOf(traitsOf([some]), 'u').traits).toEqual(expected);
  });

  it('are the same when only the winners are read', () => {
    const columns = columnsOf(all);
    const winners = [...traitWinners(columns)].map((row) => all[row]!);
    expect(profileOf(traitsOf([winners]), 'u').traits).toEqual(profileOf(traitsOf([all]), 'u').traits);
    expect(winners).toHaveLength(2);
  });
});

describe('traits of a person', () => {
  it('are the latest by event time, then by receipt', () => {
    const traits = traitsOf([
      [identify('u', { plan: 'pro', city: 'Bonn' }, 20, 25), identify('u', { plan: 'free', age: 7 }, 10, 99)],
      [identify('u', { city: 'Köln' }, 20, 30), identify('v', { plan: 'x' }, 99)],
    ]);
    expect(profileOf(traits, 'u').traits).toEqual({ plan: 'pro', city: 'Köln', age: 7 });
  });

  it('of a trusted sender stay, whatever a browser key sends, and in whatever order', () => {
    const by = (sender: Sender | null, properties: JsonObject, atMs: number) => {
      const made = identify('u', properties, atMs);
      return { ...made, strings: { ...made.strings, sender } };
    };
    const all = [
      by('browser', { plan: 'HACKED', city: 'Bonn' }, 9_000),
      by('server', { plan: 'pro' }, 5_000),
      by('import', { plan: 'free', age: 7 }, 1_000),
      by(null, { tier: 'gold' }, 10),
      by('browser', { city: 'Köln', age: 99, tier: null }, 9_500),
    ];
    const expected = { plan: 'pro', city: 'Köln', age: 7, tier: 'gold' };
    for (const records of [all, all.toReversed()]) {
      expect(profileOf(traitsOf([records]), 'u').traits).toEqual(expected);
      const columns = columnsOf(records);
      const winners = traitsOf([[...traitWinners(columns)].map((row) => records[row]!)]);
      expect(profileOf(winners, 'u').traits).toEqual(expected);
    }
  });

  it('count from their receipt when their time lies in the future', () => {
    const received = 1_000;
    const ahead = (properties: JsonObject, aheadMs: number) => identify('u', properties, received + aheadMs, received);
    const pinned = [
      ahead({ plan: 'HACKED' }, 300_000),
      ahead({ city: 'HACKED' }, 1),
      record({
        id: 'g',
        type: 'group',
        event: 'group',
        user_id: 'u',
        group_id: 'g',
        properties: { tier: 'HACKED' },
        atMs: 301_000,
        receivedAtMs: received,
      }),
      record({ id: 't', user_id: 'u', atMs: 301_000, receivedAtMs: received, utm_source: 'HACKED' }),
    ];
    const later = [
      identify('u', { plan: 'pro', city: 'Bonn' }, 1_001),
      record({
        id: 'h',
        type: 'group',
        event: 'group',
        user_id: 'u',
        group_id: 'g',
        properties: { tier: 'gold' },
        atMs: 1_001,
        receivedAtMs: 1_001,
      }),
      record({ id: 'l', user_id: 'u', atMs: 1_002, receivedAtMs: 1_002, utm_source: 'news' }),
    ];
    const digest = (rows: readonly EventRecord[]) => [...traitWinners(columnsOf(rows))].map((row) => rows[row]!);
    for (const batches of [
      [pinned, later],
      [later, pinned],
      [digest([...pinned, ...later]), [later[2]!]],
    ]) {
      const traits = traitsOf(batches);
      expect(profileOf(traits, 'u').traits).toEqual({ plan: 'pro', city: 'Bonn' });
      expect(traits.groupTrait('g', 'tier', ['tier'])).toBe('gold');
      expect(traitOf(traits, 'u', 'last_touch.utm_source')).toBe('news');
    }
    // An honest value that is received later but happened before still loses.
    const late = identify('u', { plan: 'old' }, 900, 5_000);
    expect(profileOf(traitsOf([later, [late]]), 'u').traits).toMatchObject({ plan: 'pro' });
  });

  it('are gone when last set to null, and come back', () => {
    const gone = [identify('u', { plan: 'pro' }, 10), identify('u', { plan: null }, 20)];
    expect(profileOf(traitsOf([gone]), 'u').traits).toEqual({});
    expect(traitOf(traitsOf([gone]), 'u', 'plan')).toBeUndefined();
    expect(traitOf(traitsOf([gone, [identify('u', { plan: 'new' }, 30)]]), 'u', 'plan')).toBe('new');
  });

  it('are read as a whole, then step by step', () => {
    const traits = traitsOf([[identify('u', { 'a.b': 1, address: { city: 'Bonn', 'x.y': 2 } }, 10)]]);
    const names = ['a.b', 'address.city', 'address.x.y', 'address.zip', 'address', 'a'];
    expect(names.map((name) => traitOf(traits, 'u', name))).toEqual([
      1,
      'Bonn',
      2,
      undefined,
      { city: 'Bonn', 'x.y': 2 },
      undefined,
    ]);
  });

  it('are only those of identify events', () => {
    const traits = traitsOf([[record({ id: 't', user_id: 'u', properties: { plan: 'pro' } })]]);
    expect(profileOf(traits, 'u').traits).toEqual({});
  });

  it('keep only what is wanted', () => {
    const traits = new Traits({ person: new Set(['plan']), group: new Set() });
    const columns = columnsOf([identify('u', { plan: 'pro', city: 'Bonn' }, 1)]);
    traits.add(columns, rowsOf(columns));
    expect(profileOf(traits, 'u').traits).toEqual({ plan: 'pro' });
    expect(traits.columns).toEqual(['type', 'properties', 'sender']);
  });

  it('know the first touch, and the last one that came from somewhere', () => {
    const visit = (atMs: number, strings: object) =>
      record({ id: `v${atMs}`, type: 'page', event: 'page', user_id: 'u', atMs, ...strings });
    const traits = traitsOf([
      [visit(30, { path: '/c' }), visit(20, { path: '/b', utm_source: 'news' }), visit(5, {})],
      [visit(10, { path: '/a', referrer_domain: 'x.org' })],
    ]);
    expect(profileOf(traits, 'u').state).toEqual({
      first_seen: new Date(5).toISOString(),
      last_seen: new Date(30).toISOString(),
      first_touch: { path: '/a', referrer_domain: 'x.org' },
      last_touch: { path: '/b', utm_source: 'news' },
    });
    expect(traitOf(traits, 'u', 'last_touch.utm_source')).toBe('news');
    const direct = traitsOf([[visit(1, { path: '/' }), visit(2, { path: '/d' })]]);
    expect(traitOf(direct, 'u', 'last_touch.path')).toBe('/');
  });

  it('do not depend on the order of events, nor on reading some twice', () => {
    const anyEvent = fc
      .record({
        user: fc.constantFrom('u', 'v'),
        isIdentify: fc.boolean(),
        at: fc.nat(3),
        received: fc.nat(2),
        plan: fc.constantFrom(null, 'a', 'b', 3),
        source: fc.constantFrom(null, 's', 't'),
        path: fc.constantFrom(null, '/', '/x'),
      })
      .map(({ user, isIdentify, at, received, plan, source, path }) =>
        record({
          id: `p${ids++}`,
          type: isIdentify ? 'identify' : 'page',
          event: 'e',
          user_id: user,
          atMs: at,
          receivedAtMs: received,
          properties: plan === null ? { plan } : { plan, other: at },
          utm_source: source,
          path,
        }),
      );
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 10 }), fc.nat(), (events, seed) => {
        const order = [...events, ...events.slice(0, seed % 3)]
          .map((event, at) => ({ event, at: Math.imul(at + seed, 0x9e3779b1) >>> 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ event }) => [event]);
        const [once, again] = [traitsOf([events]), traitsOf(order)];
        for (const user of ['u', 'v']) expect(profileOf(again, user)).toEqual(profileOf(once, user));
      }),
    );
  });
});

describe('traits of a group', () => {
  it('are the latest of its group events', () => {
    const group = (properties: JsonObject, atMs: number) =>
      record({ id: `g${ids++}`, type: 'group', event: 'group', user_id: 'u', group_id: 'acme', properties, atMs });
    const traits = traitsOf([[group({ plan: 'team' }, 20)], [group({ plan: 'solo', seats: 3 }, 10)]]);
    const read = (name: string) => traits.groupTrait('acme', name, name.split('.'));
    expect([read('plan'), read('seats'), traits.groupTrait('other', 'plan', ['plan'])]).toEqual(['team', 3, undefined]);
  });
});
