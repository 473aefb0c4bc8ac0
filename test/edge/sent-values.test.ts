// Values that once lost their event or joined strangers, sent in every way there is: what is stored, and what the verdict
// says of them.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import type { VerdictDocument } from '../../src/wire/ingest.ts';
import { fakeApp } from '../support/fake-services.ts';
import { testApp } from './support/app.ts';

interface Outcome {
  readonly verdict: VerdictDocument;
  /** In the order of the events. */
  readonly rows: readonly { readonly [column: string]: unknown }[];
}
/** Sends events, given as JSON because JSON.stringify could not write some of them. */
type Way = (events: readonly string[]) => Promise<Outcome>;

const COLUMNS = ['id', 'type', 'event', 'user_id', 'anonymous_id', 'group_id', 'properties', 'context'] as const;

const live =
  (path: string, body: (events: readonly string[]) => string, contentType = 'application/json'): Way =>
  async (events) => {
    const { send, shards } = await testApp();
    const response = await send(body(events), { path, headers: { 'content-type': contentType } });
    // A vendor's SDK is told when nothing of its request was taken.
    expect([200, 400], await response.clone().text()).toContain(response.status);
    const rows = shards.rows(...COLUMNS).map((values) => {
      const row = Object.fromEntries(COLUMNS.map((column, i) => [column, values[i]]));
      return { ...row, properties: JSON.parse(row.properties ?? '{}'), context: JSON.parse(row.context ?? '{}') };
    });
    return { verdict: await response.json(), rows };
  };

const imported: Way = async (events) => {
  const { app, call, createTenant } = fakeApp();
  const { keys } = await createTenant('shop');
  const headers = { 'x-import-id': 'one', 'x-import-chunk': '0', 'content-type': 'application/x-ndjson' };
  const { status, body } = await call('POST', '/v1/import', { key: keys.write, body: events.join('\n'), headers });
  expect(status, JSON.stringify(body)).toBe(200);
  expect(await call('POST', '/v1/import', { key: keys.write, body: events.join('\n'), headers })).toMatchObject({
    body,
  });
  await call('POST', '/v1/import/one/finish?chunks=1', { key: keys.write });
  const range = { from: '2026-01-01', to: '2026-02-01', format: 'ndjson' };
  const authorization = `Bearer ${keys.read}`;
  const exported = await app.request('/v1/export', {
    method: 'POST',
    body: JSON.stringify(range),
    headers: { authorization },
  });
  const rows = (await exported.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ properties: {}, context: {}, ...JSON.parse(line) }));
  return { verdict: body, rows: rows.sort((a, b) => a.id.localeCompare(b.id)) };
};

const WAYS: readonly (readonly [name: string, way: Way])[] = [
  ["Segment's batch", live('/v1/batch', (events) => `{"batch":[${events.join(',')}]}`)],
  ['native JSON', live('/v1/events', (events) => `[${events.join(',')}]`)],
  ['native lines', live('/v1/events', (events) => events.join('\r\n\n'), 'application/x-ndjson')],
  ['an import', imported],
];

/** An event of this id with further fields. */
const event = (messageId: string, fields: string) =>
  `{"type":"track","messageId":"${messageId}","event":"Seen","timestamp":"2026-01-05T10:00:00Z",${fields}}`;

describe.each(WAYS)('by %s', (_name, way) => {
  it('a numeric id is its decimal text', async () => {
    const { verdict, rows } = await way([
      event('a', '"userId":12345'),
      event('b', '"anonymousId":-77,"groupId":1.5'),
      event('c', '"userId":23851234567890123456,"anonymousId":9007199254740993'),
      event('d', '"userId":"12345","groupId":9007199254740991'),
      '{"type":"alias","messageId":"e","timestamp":"2026-01-05T10:00:00Z","userId":1,"previousId":23851234567890123457}',
      '{"type":"alias","messageId":"f","timestamp":"2026-01-05T10:00:00Z","userId":1,"previousId":7}',
      event('x', '"userId":"u"').replace('"x"', '184467440737095516150'),
    ]);
    expect(verdict).toMatchObject({ received: 7, accepted: 7, rejected: 0, errors: [] });
    expect(verdict).not.toHaveProperty('notes');
    const byId = new Map(rows.map((row) => [row.id, row]));
    expect(byId.get('a')).toMatchObject({ user_id: '12345' });
    expect(byId.get('b')).toMatchObject({ anonymous_id: '-77', group_id: '1.5' });
    expect(byId.get('c')).toMatchObject({ user_id: '23851234567890123456', anonymous_id: '9007199254740993' });
    expect(byId.get('d')).toMatchObject({ user_id: '12345', group_id: '9007199254740991' });
    expect(byId.get('e')).toMatchObject({ properties: { previousId: '23851234567890123457' } });
    expect(byId.get('f')).toMatchObject({ user_id: '1', properties: { previousId: '7' } });
    expect(byId.has('184467440737095516150')).toBe(true);
  });

  it('a junk id joins nobody, and the verdict says so', async () => {
    const { verdict, rows } = await way([
      event('a', '"userId":" Undefined ","anonymousId":"device-1"'),
      event('b', '"userId":0,"anonymousId":"00000000-0000-0000-0000-000000000000"'),
      event('c', '"userId":"guest","groupId":"[object Object]","context":{"groupId":"n/a","sessionId":-1}'),
      '{"type":"identify","messageId":"d","timestamp":"2026-01-05T10:00:00Z","userId":"(null)","anonymousId":"dev"}',
      '{"type":"alias","messageId":"e","timestamp":"2026-01-05T10:00:00Z","userId":"u","previousId":"null"}',
      event('f', '"userId":""'),
    ]);
    expect(verdict).toMatchObject({ received: 6, accepted: 6, errors: [], noted: 5 });
    const junk = (index: number, id: string, path: string) => ({ index, id, code: 'junk-id', path });
    expect(verdict.notes).toEqual([
      junk(0, 'a', '/userId'),
      junk(1, 'b', '/userId'),
      junk(1, 'b', '/anonymousId'),
      junk(2, 'c', '/userId'),
      junk(2, 'c', '/groupId'),
      junk(2, 'c', '/context/groupId'),
      junk(3, 'd', '/userId'),
      junk(4, 'e', '/previousId'),
    ]);
    const people = rows.map(({ id, user_id = null, anonymous_id = null, group_id = null }) => {
      return [id, user_id, anonymous_id, group_id];
    });
    expect(people).toEqual([
      ['a', null, 'device-1', null],
      ['b', null, null, null],
      ['c', null, null, null],
      ['d', null, 'dev', null],
      ['e', 'u', null, null],
      ['f', null, null, null],
    ]);
    expect(rows[4]?.properties).toEqual({});
  });

  it('a text that no store keeps is mended where it stands', async () => {
    const { verdict, rows } = await way([
      event('a', '"properties":{"q":"party \\ud83c"}'),
      event('b', '"properties":{"q":"a\\u0000b","deep":[{"k\\u0000":"\\udc00!"}],"good":"😀 \\ud83d\\ude00"}'),
      event('c', '"context":{"page":{"title":"half \\ud800"}}'),
      event('d', '"userId":"u\\u0000"'),
      event('e', '"traits":{"n":1}').replace('Seen', 'Se\\u0000en'),
    ]);
    expect(verdict).toMatchObject({ received: 5, accepted: 5, errors: [], noted: 5 });
    expect(verdict.notes?.map(({ index, code, path }) => [index, code, path])).toEqual([
      [0, 'text-repaired', '/properties/q'],
      [1, 'text-repaired', '/properties/q'],
      [1, 'text-repaired', '/properties/deep/0/k\0'],
      [1, 'text-repaired', '/properties/deep/0/k\0'],
      [2, 'text-repaired', '/context/page/title'],
      [3, 'text-repaired', '/userId'],
      [4, 'text-repaired', '/event'],
    ]);
    expect(rows.map(({ properties }) => properties)).toEqual([
      { q: 'party \ufffd' },
      { q: 'a\ufffdb', deep: [{ 'k\ufffd': '\ufffd!' }], good: '😀 😀' },
      {},
      {},
      { n: 1 },
    ]);
    expect(rows[2]?.context).toEqual({ page: { title: 'half \ufffd' } });
    expect(rows[3]).toMatchObject({ user_id: 'u\ufffd' });
    expect(rows[4]).toMatchObject({ event: 'Se\ufffden' });
  });

  it('a key of a prototype is a key like others', async () => {
    const { verdict, rows } = await way([
      event('a', '"properties":{"constructor":"Ferrari","prototype":1,"toString":"x","hasOwnProperty":2}'),
      event('b', '"properties":{"__proto__":{"isAdmin":true},"deep":{"__proto__":"p"}}'),
      event('c', '"__proto__":{"userId":"u"},"context":{"constructor":1}'),
    ]);
    expect(verdict).toMatchObject({ received: 3, accepted: 3, errors: [] });
    expect(verdict).not.toHaveProperty('notes');
    expect(JSON.stringify(rows.map(({ properties }) => properties))).toBe(
      '[{"constructor":"Ferrari","prototype":1,"toString":"x","hasOwnProperty":2},' +
        '{"__proto__":{"isAdmin":true},"deep":{"__proto__":"p"}},{}]',
    );
    expect(rows[2]).toMatchObject({ context: { constructor: 1 } });
    expect(rows[2]?.user_id ?? null).toBeNull();
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('a number of too many digits is kept as its text', async () => {
    const { verdict, rows } = await way([
      event('a', '"properties":{"campaign_id":23851234567890123456,"n":1}'),
      event(
        'b',
        '"properties":{"list":["9007199254740993",9007199254740993,-1e400]},"context":{"a/b~":12345678901234567890.5}',
      ),
      event('c', '"traits":{"id":-9007199254740992,"text":"\\\\\\",1234567890123456789"}'),
      event('d', '"properties":{"max":9007199254740991,"small":1e-7,"third":0.3333333333333333333}'),
    ]);
    expect(verdict).toMatchObject({ received: 4, accepted: 4, errors: [], noted: 3 });
    expect(verdict.notes?.map(({ id, code, path }) => [id, code, path])).toEqual([
      ['a', 'number-as-text', '/properties/campaign_id'],
      ['b', 'number-as-text', '/properties/list/1'],
      ['b', 'number-as-text', '/properties/list/2'],
      ['b', 'number-as-text', '/context/a~1b~0'],
      ['c', 'number-as-text', '/traits/id'],
    ]);
    expect(rows.map(({ properties }) => properties)).toEqual([
      { campaign_id: '23851234567890123456', n: 1 },
      { list: ['9007199254740993', '9007199254740993', '-1e400'] },
      { id: '-9007199254740992', text: '\\",1234567890123456789' },
      { max: Number.MAX_SAFE_INTEGER, small: 1e-7, third: 1 / 3 },
    ]);
    expect(rows[1]?.context).toEqual({ 'a/b~': '12345678901234567890.5' });
  });

  it('many mended values are told a few times an event', async () => {
    const { verdict } = await way([event('a', `"properties":{"list":[${Array(50).fill('9e16')}]}`)]);
    expect(verdict).toMatchObject({ accepted: 1, noted: 1 });
    expect(verdict.notes).toHaveLength(LIMITS.eventNotesMax);
  });

  it('what cannot be mended is refused as before', async () => {
    const { verdict } = await way([
      event('a', `"properties":{"n":9e99,"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
      event('b', '"properties":{"q":"\\u0000"},"userId":{}'),
      event('c', '"properties":{"q":"ok"}'),
    ]);
    expect(verdict).toMatchObject({ received: 3, accepted: 1, rejected: 2 });
    expect(verdict.errors.map(({ index, id, code }) => [index, id, code])).toEqual([
      [0, 'a', 'properties-too-deep'],
      [1, 'b', 'person-id-invalid'],
    ]);
    expect(verdict).not.toHaveProperty('notes');
  });
});

describe('a time', () => {
  const at = async (way: Way, ...timestamps: readonly string[]) =>
    (await way(timestamps.map((timestamp, i) => event(`${i}`, '"a":1').replace('"2026-01-05T10:00:00Z"', timestamp))))
      .verdict;

  it.each(WAYS)('is told by its unit, and refused when it has none, by %s', async (_name, way) => {
    const seconds = Date.UTC(2026, 0, 5, 10) / 1_000;
    const units = [`${seconds}`, `${seconds}.25`, `${seconds}000`, `${seconds}000000`, `${seconds}000000000`];
    const taken = await at(way, ...units);
    expect(taken).toMatchObject({ accepted: 5, rejected: 0 });
    expect(taken).not.toHaveProperty('notes');
    const refused = await at(way, '17500000000', '10000000000000', '1e300', '0', '""', '"1767607200"');
    expect(refused.errors.map(({ code }) => code)).toEqual([
      'timestamp-out-of-range',
      'timestamp-out-of-range',
      'timestamp-invalid',
      'timestamp-out-of-range',
      'timestamp-invalid',
      'timestamp-invalid',
    ]);
    expect(refused.errors[1]?.message).toContain('seconds, milliseconds, microseconds or nanoseconds');
  });

  it.each(WAYS)('of the future is clamped, and the verdict says so, by %s', async (_name, way) => {
    const { accepted, notes } = await at(way, '"2026-01-05"', '"2126-01-05"', '4070908800');
    expect([accepted, notes?.map(({ index, code }) => [index, code])]).toEqual([
      3,
      [
        [1, 'timestamp-clamped'],
        [2, 'timestamp-clamped'],
      ],
    ]);
  });
});

describe('the context of a whole request', () => {
  const send = async (body: string) => {
    const { send, shards } = await testApp();
    const response = await send(body, { path: '/v1/batch' });
    return { response, contexts: shards.rows('context').flat() };
  };

  it('is mended like that of an event', async () => {
    const batch =
      '[{"type":"track","messageId":"a","event":"x"},{"type":"track","messageId":"b","event":"x","userId":"nil"}]';
    const { response, contexts } = await send(
      `{"batch":${batch},"context":{"app":{"build":23851234567890123456},"q":"\\u0000","ip":"203.0.113.7"}}`,
    );
    expect(await response.json()).toMatchObject({
      accepted: 2,
      noted: 1,
      notes: [
        { index: null, id: null, code: 'number-as-text', path: '/context/app/build' },
        { index: null, id: null, code: 'text-repaired', path: '/context/q' },
        { index: null, id: null, code: 'address-removed', path: '/context/ip' },
        { index: 1, id: 'b', code: 'junk-id', path: '/userId' },
      ],
    });
    expect(contexts).toEqual(Array(2).fill('{"app":{"build":"23851234567890123456"},"q":"\ufffd"}'));
  });

  it('is refused when it cannot be mended', async () => {
    const { response } = await send(
      '{"batch":[],"context":{"n":1e99,"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}',
    );
    expect(await response.json()).toMatchObject({ code: 'batch-invalid', reason: 'properties-too-deep' });
  });
});
