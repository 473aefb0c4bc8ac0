import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { openBlock } from '../../src/core/block/block.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { VerdictDocument } from '../../src/wire/ingest.ts';
import { BASE_URL, NOW_MS, problemOf, testApp, testTenant } from './support/app.ts';

const event = (i: number) => ({ id: `e${i}`, event: 'Clicked', anonymousId: `a${i % 7}`, properties: { i } });
const events = (count: number) => Array.from({ length: count }, (_, i) => event(i));
const ndjson = { 'content-type': 'application/x-ndjson' };
const gzip = { 'content-encoding': 'gzip' };

async function verdict(response: Response): Promise<VerdictDocument> {
  expect(response.status, await response.clone().text()).toBe(200);
  const document = (await response.json()) as VerdictDocument;
  const { received, accepted, duplicate, quarantined, rejected, errors } = document;
  expect(received).toBe(accepted + duplicate + quarantined + rejected);
  expect(errors).toHaveLength(rejected);
  return document;
}

describe('what is taken', () => {
  it.each([
    ['an object', event(1), {}, 1],
    ['an array', events(3), {}, 3],
    ['a batch', { batch: events(3) }, {}, 3],
    [
      'lines',
      events(3)
        .map((e) => JSON.stringify(e))
        .join('\n'),
      ndjson,
      3,
    ],
    [
      'lines with blank ones and \\r\\n',
      `\r\n${events(3)
        .map((e) => JSON.stringify(e))
        .join('\r\n\r\n')}\r\n`,
      ndjson,
      3,
    ],
    ['a beacon', JSON.stringify({ batch: events(2) }), { 'content-type': 'text/plain;charset=UTF-8' }, 2],
    ['gzip', gzipSync(JSON.stringify(events(5))), gzip, 5],
    [
      'gzip lines',
      gzipSync(
        events(5)
          .map((e) => JSON.stringify(e))
          .join('\n'),
      ),
      { ...gzip, ...ndjson },
      5,
    ],
    ['a byte order mark', `\ufeff${JSON.stringify(event(1))}`, {}, 1],
    ['an announced length', JSON.stringify(events(2)), { 'content-length': '200' }, 2],
    ['no events at all', [], {}, 0],
  ])('%s', async (_what, body, headers, accepted) => {
    const { send } = await testApp();
    expect(await verdict(await send(body, { headers: headers as Record<string, string> }))).toMatchObject({
      received: accepted,
      accepted,
      rejected: 0,
    });
  });

  it('is counted once, however often it is sent', async () => {
    const { send } = await testApp();
    await send(events(10));
    expect(await verdict(await send([...events(12), event(11)]))).toMatchObject({
      received: 13,
      accepted: 2,
      duplicate: 11,
    });
  });

  it('is told the ids that were made for it', async () => {
    const { send, shards } = await testApp();
    const { ids } = await verdict(await send([event(1), { event: 'x' }, { event: 'y' }]));
    expect(ids?.map(({ index }) => index)).toEqual([1, 2]);
    expect(
      ids?.every(({ id }) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toBe(true);
    expect(shards.rows('id').flat()).toEqual(['e1', ...(ids ?? []).map(({ id }) => id)]);
  });

  it('is stamped with its receipt and its own time', async () => {
    const { send, shards } = await testApp();
    await send({
      batch: [
        { ...event(1), timestamp: NOW_MS - 5 },
        { ...event(2), timestamp: '2999-01-01' },
      ],
    });
    const [bytes] = shards.requests[0]?.blocks ?? [];
    const block = openBlock(bytes as Uint8Array);
    expect(block.receivedAtMs).toBe(NOW_MS);
    expect([...block.at]).toEqual([NOW_MS - 5, NOW_MS + LIMITS.futureClampMs]);
  });

  it('corrects a fast clock by the sentAt of the batch', async () => {
    const { send, shards } = await testApp();
    await send({ batch: [{ ...event(1), timestamp: NOW_MS + 3_600_000 }], sentAt: new Date(NOW_MS + 3_600_000 + 10) });
    expect([...openBlock(shards.requests[0]?.blocks[0] as Uint8Array).at]).toEqual([NOW_MS - 10]);
  });

  it('does not lose a batch for a sentAt it cannot read', async () => {
    const { send } = await testApp();
    expect((await verdict(await send({ batch: events(2), sentAt: 'whenever' }))).accepted).toBe(2);
  });
});

describe('a bad event loses nothing beside it', () => {
  const bad: readonly [string, unknown, string][] = [
    ['no object', 7, 'event-not-object'],
    ['no name', { id: 'bad' }, 'name-missing'],
    ['a wrong type', { id: 'bad', event: 5 }, 'name-invalid'],
    [
      'a deep bag',
      { event: 'x', properties: { a: { a: { a: { a: { a: { a: { a: { a: {} } } } } } } } } },
      'properties-too-deep',
    ],
    ['an absurd time', { event: 'x', timestamp: -1e15 }, 'timestamp-out-of-range'],
    ['too large', { event: 'x', properties: { a: 'x'.repeat(40_000) } }, 'event-too-large'],
  ];
  it.each(bad)('among 99 good ones: %s', async (_what, wire, code) => {
    const { send, shards } = await testApp();
    const batch: unknown[] = events(99);
    batch.splice(42, 0, wire);
    const { accepted, errors } = await verdict(await send(batch));
    expect(accepted).toBe(99);
    expect(errors).toMatchObject([{ index: 42, code }]);
    expect(shards.rejectedTally).toEqual([1]);
  });

  it('as a __proto__ key in JSON text', async () => {
    const { send } = await testApp();
    const { errors, accepted } = await verdict(
      await send(`[{"event":7,"properties":{"__proto__":{"isAdmin":true}}},${JSON.stringify(event(1))}]`),
    );
    expect(accepted).toBe(1);
    expect(errors).toEqual([{ index: 0, id: null, code: 'name-invalid', path: '/event', message: expect.any(String) }]);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('as a line that is no JSON', async () => {
    const { send } = await testApp();
    const lines = [JSON.stringify(event(1)), '{"event":', 'null', JSON.stringify(event(2))].join('\n');
    const { accepted, errors } = await verdict(await send(lines, { headers: ndjson }));
    expect(accepted).toBe(2);
    expect(errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 'json-invalid'],
      [2, 'event-not-object'],
    ]);
  });

  it('as a line that is no UTF-8', async () => {
    const { send } = await testApp();
    const lines = Buffer.concat([
      Buffer.from(`${JSON.stringify(event(1))}\n{"event":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`"}\n${JSON.stringify({ ...event(2), event: 'ü' })}`),
    ]);
    const { accepted, errors } = await verdict(await send(new Uint8Array(lines), { headers: ndjson }));
    expect(accepted).toBe(2);
    expect(errors.map(({ index, code }) => [index, code])).toEqual([[1, 'text-invalid']]);
  });

  it('and a request of bad ones only is accounted for at shard 0', async () => {
    const { send, shards } = await testApp(testTenant({ shardMap: [{ epoch: 3, startMs: 0, shardCount: 8 }] }));
    expect(await verdict(await send([{}, {}]))).toMatchObject({ received: 2, accepted: 0, rejected: 2 });
    expect(shards.requests).toMatchObject([{ address: { index: 0 }, epoch: 3 }]);
    expect(shards.rejectedTally).toEqual([2]);
  });
});

describe('a bad request has a code of its own', () => {
  const bomb = gzipSync(new Uint8Array(LIMITS.bodySizeBytesMax + 1));
  const whole = gzipSync(JSON.stringify(events(50)));
  const cases: readonly [string, unknown, Record<string, string>, number, string][] = [
    ['malformed JSON', '{"event":', {}, 400, 'json-invalid'],
    ['a text', '"x"', {}, 400, 'batch-invalid'],
    ['null', 'null', {}, 400, 'batch-invalid'],
    ['a batch that is no array', { batch: {} }, {}, 400, 'batch-invalid'],
    ['a broken common context', { batch: [event(1)], context: 5 }, {}, 400, 'batch-invalid'],
    ['nothing', '', {}, 400, 'body-empty'],
    ['an announced size', '{}', { 'content-length': String(LIMITS.bodySizeBytesMax + 1) }, 413, 'body-too-large'],
    ['a real size', new Uint8Array(LIMITS.bodySizeBytesMax + 1), {}, 413, 'body-too-large'],
    [
      'a size it lied about',
      new Uint8Array(LIMITS.bodySizeBytesMax + 1),
      { 'content-length': '5' },
      413,
      'body-too-large',
    ],
    ['a gzip bomb', bomb, gzip, 413, 'body-too-large'],
    ['a truncated gzip', whole.subarray(0, whole.length - 12), gzip, 400, 'gzip-invalid'],
    ['no gzip at all', JSON.stringify(event(1)), gzip, 400, 'gzip-invalid'],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22), {}, 400, 'utf8-invalid'],
    ['too many events', Array(LIMITS.requestEventsMax + 1).fill({}), {}, 413, 'too-many-events'],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'content-type-unsupported'],
    ['another charset', '{}', { 'content-type': 'application/json; charset=latin1' }, 415, 'content-type-unsupported'],
    ['another encoding', '{}', { 'content-encoding': 'br' }, 415, 'content-encoding-unsupported'],
  ];
  it.each(cases)('%s', async (_what, body, headers, status, code) => {
    const { send, shards } = await testApp();
    expect(await problemOf(await send(body, { headers }))).toEqual([status, code]);
    expect(shards.requests).toEqual([]);
  });

  it.each([
    ['lines', '{}\n', '{}'],
    ['lines, one of which is no UTF-8', '{}\n', Uint8Array.of(0xff)],
    ['lines and blank ones', '{}\n\r\n', '{}'],
  ])('too many %s, of which few are parsed', async (_what, line, last) => {
    const { send } = await testApp();
    const count = Math.floor((LIMITS.bodySizeBytesMax - 2) / line.length);
    const body = Buffer.concat([Buffer.from(line.repeat(count)), Buffer.from(last as string)]);
    const parse = vi.spyOn(JSON, 'parse');
    try {
      const response = await send(new Uint8Array(body), { headers: ndjson });
      expect(parse.mock.calls.length).toBeLessThanOrEqual(LIMITS.requestEventsMax + 1);
      expect(await response.clone().json()).toMatchObject({ limit: LIMITS.requestEventsMax, met: count + 1 });
      expect(await problemOf(response)).toEqual([413, 'too-many-events']);
    } finally {
      parse.mockRestore();
    }
  });

  it('a JSON bomb of depth is one rejected event', async () => {
    const { send } = await testApp();
    const depth = 1_000_000;
    const { errors } = await verdict(
      await send(`{"event":"x","properties":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`),
    );
    expect(errors.map(({ code }) => code)).toEqual(['properties-too-deep']);
  });

  it('another method', async () => {
    const { app } = await testApp();
    const response = await app.request(`${BASE_URL}/v1/track`);
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    expect(await problemOf(response)).toEqual([405, 'method-not-allowed']);
    expect((await app.request(`${BASE_URL}/v1/events`, { method: 'PUT' })).status).toBe(405);
  });
});

describe('what a request says of all its events', () => {
  const text = (length: number) => 'x'.repeat(length);
  const bare = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `e${i}`, event: 'x' }));
  const own = (count: number) => bare(count).map((event, i) => ({ ...event, context: { i } }));

  it('may be as large as one event, and no larger', async () => {
    const { send, shards } = await testApp();
    const fits = { batch: bare(3), context: { a: text(32_000) } };
    expect(await verdict(await send(fits))).toMatchObject({ accepted: 3 });
    const refused = await send({ batch: bare(3), context: { a: text(LIMITS.eventSizeBytesMax) } });
    expect(await refused.clone().json()).toMatchObject({ path: '/context', reason: 'event-too-large' });
    expect(await problemOf(refused)).toEqual([400, 'batch-invalid']);
    const inBytes = await send({ batch: bare(3), context: { a: '\u20ac'.repeat(LIMITS.eventSizeBytesMax / 3) } });
    expect(await problemOf(inBytes)).toEqual([400, 'batch-invalid']);
    expect(shards.requests).toHaveLength(1);
  });

  it('is not measured again for each event', async () => {
    const { send } = await testApp();
    const startedAtMs = performance.now();
    await send({ batch: bare(2_500), context: { a: text(4_800_000) } });
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });

  it('may be shared by as many events as a request has', async () => {
    const { send, shards } = await testApp();
    expect(await verdict(await send({ batch: bare(2_500), context: { a: text(31_000) } }))).toMatchObject({
      accepted: 2_500,
    });
    const sizes = shards.requests.flatMap(({ blocks }) => blocks.map(({ byteLength }) => byteLength));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LIMITS.requestStoredSizeBytesMax);
  });

  it.each([
    [
      'laid under the context of each event, too large then',
      { batch: own(2_500).map((event) => ({ ...event, context: { b: text(100) } })), context: { a: text(32_700) } },
    ],
    ['laid under the context of each event', { batch: own(2_500), context: { a: text(31_000) } }],
    [
      'an address that is stored three times',
      bare(150)
        .map((event, i) => ({
          ...event,
          context: { page: { url: `https://a.example/${i}/${text(14_000)}?utm_source=${i}${text(14_000)}` } },
        }))
        .map((event) => ({ ...event, properties: { a: text(3_000) } })),
    ],
    [
      'numbers that are longer when written out',
      bare(450).map((event) => ({ ...event, properties: { a: Array(1_900).fill(0) } })),
    ],
  ])('never comes to more than a shard takes: %s', async (_what, body) => {
    const { send, shards } = await testApp();
    const json = JSON.stringify(body).replaceAll(/(?<=[[,])0(?=[,\]])/g, '9e15');
    expect(json.length).toBeLessThan(LIMITS.bodySizeBytesMax);
    const response = await send(json);
    const { limit, met } = (await response.clone().json()) as { limit: number; met: number };
    expect(await problemOf(response)).toEqual([413, 'events-too-large']);
    expect(limit).toBe(LIMITS.requestStoredSizeBytesMax);
    expect(met).toBeGreaterThan(limit);
    expect(shards.requests).toEqual([]);
  });
});
