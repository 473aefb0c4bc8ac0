// Links found in events, read from the columns they are stored in.

import { describe, expect, it } from 'vitest';
import { LATE_IMPORT } from '../../../src/core/event/columns.ts';
import type { EventRecord } from '../../../src/core/event/event.ts';
import { findLinks, hasAliases } from '../../../src/core/people/find-links.ts';
import { deviceHash, type IdHash, userHash } from '../../../src/core/people/id-hashes.ts';
import { hashText } from '../../../src/core/people/links.ts';
import { recordColumns } from '../../../src/lake/segment/record-columns.ts';
import { record, testHasher } from '../../support/events.ts';

const columnsOf = (records: readonly EventRecord[]) => recordColumns(records, testHasher, 0);
const linksOf = (...records: EventRecord[]) => findLinks(columnsOf(records), testHasher);

function textOf({ high, low }: IdHash): string {
  return hashText(high, low);
}
const user = (id: string) => textOf(userHash(testHasher, id));
const device = (id: string) => textOf(deviceHash(testHasher, id));

const identify = (id: string, receivedAtMs: number, who: object) =>
  record({ id, type: 'identify', event: 'identify', receivedAtMs, ...who });
const alias = (id: string, who: object, previousId: string | number) =>
  record({ id, type: 'alias', event: 'alias', receivedAtMs: 5, ...who, properties: { previousId } });

describe('links of events', () => {
  it('are made by an identify with both ids, once, as early as it came', () => {
    const both = { anonymous_id: 'a', user_id: 'u' };
    const [link, ...others] = linksOf(identify('1', 20, both), identify('2', 10, both), identify('3', 30, both));
    expect(link).toEqual({ kind: 'device', from: device('a'), to: user('u'), atMs: 10 });
    expect(others).toEqual([]);
  });

  it('go by the receipt of live events, whatever their clocks say, and by the time of imported ones', () => {
    const records = [
      { ...identify('1', 2_000, { anonymous_id: 'a', user_id: 'erin' }), atMs: 1_900 },
      { ...identify('2', 3_000, { anonymous_id: 'a', user_id: 'mallory' }), atMs: Date.UTC(1990, 0, 2) },
    ];
    expect(linksOf(...records).map(({ atMs }) => atMs)).toEqual([2_000, 3_000]);
    const imported = findLinks(recordColumns(records, testHasher, LATE_IMPORT), testHasher);
    expect(imported.map(({ atMs }) => atMs)).toEqual([1_900, Date.UTC(1990, 0, 2)]);
  });

  it('are not made by one id alone, nor by any other event', () => {
    const both = { anonymous_id: 'a', user_id: 'u' };
    expect(
      linksOf(
        identify('1', 1, { user_id: 'u' }),
        identify('2', 1, { anonymous_id: 'a' }),
        identify('3', 1, {}),
        record({ id: '5', ...both }),
        record({ id: '6', type: 'page', event: 'page', ...both }),
      ),
    ).toEqual([]);
  });

  it('are made by an alias from its previous id, which may be any text', () => {
    const links = linksOf(
      alias('1', { user_id: 'new' }, 'old'),
      alias('2', { anonymous_id: 'a' }, 'b'),
      alias('3', { user_id: 'x' }, 7),
      alias('4', { user_id: 'x' }, ''),
      alias('5', {}, 'old'),
      alias('6', { user_id: 'x' }, 'x'),
    );
    expect(links).toEqual([
      { kind: 'alias', from: user('old'), to: user('new'), atMs: 5 },
      { kind: 'alias', from: user('b'), to: device('a'), atMs: 5 },
    ]);
  });

  it('of a browser key tell whose its own device is, and join no users', () => {
    const sent = (id: string, who: object, previousId: string) => alias(id, { sender: 'browser', ...who }, previousId);
    expect(linksOf(sent('1', { user_id: 'alice' }, 'bob'), sent('2', { user_id: 'alice' }, 'carol'))).toEqual([]);
    expect(linksOf(sent('3', { anonymous_id: 'a', user_id: 'alice' }, 'bob'))).toEqual([]);
    const own = linksOf(
      sent('4', { anonymous_id: 'a', user_id: 'alice' }, 'a'),
      sent('5', { anonymous_id: 'a', user_id: 'bob' }, 'a'),
    );
    expect(own.map(({ kind, from }) => [kind, from])).toEqual([
      ['device', device('a')],
      ['device', device('a')],
    ]);
  });

  it('join no two users, whatever a device is called: it is no user, also where their names are the same', () => {
    expect(linksOf(identify('1', 1, { sender: 'browser', anonymous_id: 'alice', user_id: 'mallory' }))).toEqual([
      { kind: 'device', from: device('alice'), to: user('mallory'), atMs: 1 },
    ]);
    expect(linksOf(identify('2', 1, { anonymous_id: 'same', user_id: 'same' }))).toEqual([
      { kind: 'device', from: device('same'), to: user('same'), atMs: 1 },
    ]);
    expect(device('alice')).not.toBe(user('alice'));
    // A browser's alias of a user without a device names no device of its own.
    expect(linksOf(alias('3', { sender: 'browser', user_id: 'mallory' }, 'alice'))).toEqual([]);
  });

  it('need the hash key for aliases alone', () => {
    const device = columnsOf([identify('1', 1, { anonymous_id: 'a', user_id: 'u' })]);
    expect([hasAliases(device), findLinks(device, null).length]).toEqual([false, 1]);
    const both = columnsOf([alias('2', { user_id: 'new' }, 'old')]);
    expect([hasAliases(both), findLinks(both, null)]).toEqual([true, []]);
  });
});
