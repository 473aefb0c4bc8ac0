// Bad input over real HTTP: each kind gets its own stable code, loses nothing beside it, and never takes the server down.

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_REJECTION_CODES } from '../../src/core/event/rejection.ts';
import type { VerdictDocument } from '../../src/wire/ingest.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { answerOf, createTenant, ingest, send, type TestTenant, total, type WireEvent } from './support/api.ts';

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;
const GOOD_BESIDE = 99;
const startedAtMs = Date.now();
const RANGE = {
  from: new Date(startedAtMs - (startedAtMs % DAY_MS)).toISOString(),
  to: new Date(startedAtMs - (startedAtMs % DAY_MS) + 2 * DAY_MS).toISOString(),
};

let stack: Stack;
let tenant: TestTenant;
let other: TestTenant;
/** Good events acknowledged so far: all of them are counted, always. */
let sentGood = 0;

/** What was met where: the table printed at the end. */
const met: { input: string; level: 'request' | 'event'; status: number; code: string }[] = [];

beforeAll(async () => {
  stack = await startStack();
  tenant = await createTenant(stack, 'careful');
  other = await createTenant(stack, 'neighbour');
});

afterAll(async () => {
  console.table(met);
  await stack.stop();
});

const good = (): WireEvent => ({ id: crypto.randomUUID(), event: 'Good', userId: 'someone' });
const goods = (count: number) => Array.from({ length: count }, good);
const countGood = () => total(tenant, { measure: 'count', events: ['Good'], ...RANGE });
const countAll = () => total(tenant, { measure: 'count', ...RANGE });

/** A good event is taken: the server is up and lost nothing. */
async function expectUp(): Promise<void> {
  expect(await ingest(tenant, [good()])).toMatchObject({ accepted: 1 });
  sentGood++;
}

async function expectProblem(input: string, response: Response, status: number, code: string) {
  const document = (await response.json()) as { status: number; code: string; type: string; detail: string };
  expect(document, input).toMatchObject({ status, code, type: `/docs/errors#${code}` });
  expect(response.status, input).toBe(status);
  expect(response.headers.get('content-type'), input).toBe('application/problem+json');
  expect(document.detail.length, input).toBeGreaterThan(0);
  met.push({ input, level: 'request', status, code });
  return document;
}

interface RawRequest {
  readonly body?: BodyInit;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function raw({ body, path = '/v1/events', method = 'POST', headers = {} }: RawRequest): Promise<Response> {
  const defaults = { authorization: `Bearer ${tenant.keys.write}`, 'content-type': 'application/json' };
  const init = { method, headers: { ...defaults, ...headers }, ...(body !== undefined && { body, duplex: 'half' }) };
  return fetch(tenant.url + path, init as RequestInit);
}

const gzip = { 'content-encoding': 'gzip' };
const json = (value: unknown) => JSON.stringify(value);
const invalidUtf8 = Buffer.concat([Buffer.from('{"event":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);

const BAD_REQUESTS: readonly (RawRequest & { input: string; status: number; code: string })[] = [
  { input: 'malformed JSON', body: '{"event": "a"', status: 400, code: 'json-invalid' },
  { input: 'JSON of one number', body: '7', status: 400, code: 'batch-invalid' },
  { input: 'null', body: 'null', status: 400, code: 'batch-invalid' },
  { input: 'a batch that is no list', body: '{"batch":{"event":"a"}}', status: 400, code: 'batch-invalid' },
  { input: 'a common context that is a list', body: '{"batch":[],"context":[]}', status: 400, code: 'batch-invalid' },
  { input: 'no body', body: '', status: 400, code: 'body-empty' },
  { input: 'a body of 6 MiB', body: json([{ event: 'a'.repeat(6 * MIB) }]), status: 413, code: 'body-too-large' },
  {
    input: 'a streamed body of 6 MiB',
    body: new Blob([json([{ event: 'a'.repeat(6 * MIB) }])]).stream(),
    status: 413,
    code: 'body-too-large',
  },
  {
    input: 'a body of 6 MiB, not a key',
    body: json([{ event: 'a'.repeat(6 * MIB) }]),
    headers: { authorization: 'Bearer x' },
    status: 401,
    code: 'key-malformed',
  },
  {
    input: 'gzip bomb, 200 MiB of zeros',
    body: gzipSync(Buffer.alloc(200 * MIB)),
    headers: gzip,
    status: 413,
    code: 'body-too-large',
  },
  {
    input: 'truncated gzip',
    body: gzipSync(json(goods(50))).subarray(0, -20),
    headers: gzip,
    status: 400,
    code: 'gzip-invalid',
  },
  {
    input: 'gzip with bytes after its end',
    body: Buffer.concat([gzipSync('[]'), Buffer.from('junk')]),
    headers: gzip,
    status: 400,
    code: 'gzip-invalid',
  },
  { input: 'JSON called gzip', body: '[]', headers: gzip, status: 400, code: 'gzip-invalid' },
  {
    input: 'unknown encoding',
    body: '[]',
    headers: { 'content-encoding': 'br' },
    status: 415,
    code: 'content-encoding-unsupported',
  },
  { input: 'invalid UTF-8', body: invalidUtf8, status: 400, code: 'utf8-invalid' },
  {
    input: 'XML',
    body: '<event/>',
    headers: { 'content-type': 'text/xml' },
    status: 415,
    code: 'content-type-unsupported',
  },
  {
    input: 'JSON in Latin-1',
    body: '[]',
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
    status: 415,
    code: 'content-type-unsupported',
  },
  {
    input: 'NDJSON to a Segment call',
    path: '/v1/batch',
    body: '{}',
    headers: { 'content-type': 'application/x-ndjson' },
    status: 415,
    code: 'content-type-unsupported',
  },
  { input: '2,501 events', body: json(goods(2_501)), status: 413, code: 'too-many-events' },
  { input: 'wrong method', method: 'PUT', body: '[]', status: 405, code: 'method-not-allowed' },
  { input: 'wrong method, query', path: '/v1/query', method: 'GET', status: 405, code: 'method-not-allowed' },
  { input: 'wrong path', path: '/v1/event', body: '[]', status: 404, code: 'route-not-found' },
  { input: 'not a key', body: '[]', headers: { authorization: 'Bearer x' }, status: 401, code: 'key-malformed' },
  {
    input: 'Basic that is no base64',
    body: '[]',
    headers: { authorization: 'Basic *' },
    status: 401,
    code: 'key-malformed',
  },
];

const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

/** Raw JSON of one event: what JSON.stringify could not write is written by hand. */
const BAD_EVENTS: readonly { input: string; event: string; code: (typeof EVENT_REJECTION_CODES)[number] }[] = [
  { input: 'a number for an event', event: '5', code: 'event-not-object' },
  { input: 'a list for an event', event: '[]', code: 'event-not-object' },
  { input: 'no name', event: '{"userId":"u"}', code: 'name-missing' },
  { input: 'a blank name', event: '{"event":"  "}', code: 'name-missing' },
  { input: 'a number as name', event: '{"event":5}', code: 'name-invalid' },
  { input: 'a name of 201 characters', event: json({ event: 'n'.repeat(201) }), code: 'name-too-long' },
  { input: 'unknown type', event: '{"event":"a","type":"trak"}', code: 'type-unknown' },
  { input: 'a number as id', event: '{"event":"a","id":5}', code: 'id-invalid' },
  { input: 'an id of 257 characters', event: json({ event: 'a', id: 'i'.repeat(257) }), code: 'id-invalid' },
  { input: 'an empty id', event: '{"event":"a","id":""}', code: 'id-invalid' },
  { input: 'an object as person', event: '{"event":"a","userId":{}}', code: 'person-id-invalid' },
  { input: 'a number as group', event: '{"event":"a","groupId":1}', code: 'group-id-invalid' },
  {
    input: 'a time without a zone',
    event: '{"event":"a","timestamp":"2026-01-01T00:00:00"}',
    code: 'timestamp-invalid',
  },
  { input: '30 February', event: '{"event":"a","timestamp":"2026-02-30"}', code: 'timestamp-invalid' },
  { input: 'a time of 1e300', event: '{"event":"a","timestamp":1e300}', code: 'timestamp-invalid' },
  { input: 'seconds for milliseconds', event: '{"event":"a","timestamp":1750000000}', code: 'timestamp-out-of-range' },
  { input: 'the year 1234', event: '{"event":"a","timestamp":"1234-05-06"}', code: 'timestamp-out-of-range' },
  { input: 'a negative time', event: '{"event":"a","timestamp":-1}', code: 'timestamp-out-of-range' },
  { input: 'properties that are a list', event: '{"event":"a","properties":[]}', code: 'properties-invalid' },
  { input: 'depth 9', event: json({ event: 'a', properties: deep(9) }), code: 'properties-too-deep' },
  {
    input: 'depth 100,000',
    event: `{"event":"a","properties":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    code: 'properties-too-deep',
  },
  { input: '257 keys', event: json({ event: 'a', properties: wide(257) }), code: 'properties-too-many-keys' },
  { input: '50,000 keys', event: json({ event: 'a', properties: wide(50_000) }), code: 'properties-too-many-keys' },
  { input: 'a context that is a text', event: '{"event":"a","context":"x"}', code: 'context-invalid' },
  { input: '__proto__', event: '{"event":"a","__proto__":{"admin":true}}', code: 'key-forbidden' },
  {
    input: '__proto__ inside',
    event: '{"event":"a","properties":{"a":{"__proto__":{"admin":true}}}}',
    code: 'key-forbidden',
  },
  { input: 'constructor inside', event: '{"event":"a","context":{"constructor":1}}', code: 'key-forbidden' },
  { input: '2^53', event: '{"event":"a","properties":{"n":9007199254740992}}', code: 'number-unsafe' },
  { input: '-1e400', event: '{"event":"a","properties":{"n":[-1e400]}}', code: 'number-unsafe' },
  { input: 'NUL in a text', event: '{"event":"a\\u0000b"}', code: 'text-invalid' },
  { input: 'half a surrogate pair', event: '{"event":"a","properties":{"t":"\\ud800"}}', code: 'text-invalid' },
  {
    input: 'an event of 40 KiB',
    event: json({ event: 'a', properties: { text: 'x'.repeat(40 * 1024) } }),
    code: 'event-too-large',
  },
  {
    input: 'a list of 100,000 numbers',
    event: json({ event: 'a', properties: { list: Array(100_000).fill(1) } }),
    code: 'event-too-large',
  },
];

describe('a bad request', () => {
  it.each(BAD_REQUESTS)('is refused with a code: $input', async ({ input, status, code, ...request }) => {
    const before = await countAll();
    await expectProblem(input, await raw(request), status, code);
    expect(await countAll()).toBe(before);
    await expectUp();
  });

  it('by a wrong method is told the right ones', async () => {
    expect((await raw({ method: 'DELETE' })).headers.get('allow')).toContain('POST');
    expect((await raw({ method: 'GET', path: '/v1/query' })).headers.get('allow')).toBe('POST');
  });

  it('names the limit and the value it met', async () => {
    const response = await raw({ body: json(goods(2_501)) });
    expect(await response.json()).toMatchObject({ limit: 2_500, met: 2_501 });
  });
});

describe('a bad event', () => {
  it.each(BAD_EVENTS)('is rejected with a code among 99 good ones: $input', async ({ input, event, code }) => {
    const events = goods(GOOD_BESIDE).map(json);
    const index = Math.floor(GOOD_BESIDE / 2);
    events.splice(index, 0, event);
    const verdict = await answerOf<VerdictDocument>(raw({ body: `[${events.join(',')}]` }));
    sentGood += GOOD_BESIDE;
    expect(verdict).toMatchObject({ received: 100, accepted: 99, duplicate: 0, quarantined: 0, rejected: 1 });
    expect(verdict.errors).toMatchObject([{ index, code }]);
    expect(verdict.errors[0]?.message).toMatch(/\S/);
    met.push({ input, level: 'event', status: 200, code });
    expect(await countGood()).toBe(sentGood);
    expect(await countAll()).toBe(sentGood);
  });

  it('is one line among good lines of NDJSON', async () => {
    const lines = [json(good()), '{"event":', json(good()), '', `${'['.repeat(200_000)}`, json(good())];
    const bytes = Buffer.concat([
      Buffer.from(`${lines.join('\n')}\n`),
      invalidUtf8,
      Buffer.from(`\n${json(good())}\n`),
    ]);
    const headers = { 'content-type': 'application/x-ndjson' };
    const verdict = await answerOf<VerdictDocument>(raw({ body: bytes, headers }));
    sentGood += 4;
    expect(verdict).toMatchObject({ received: 7, accepted: 4, rejected: 3 });
    expect(verdict.errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 'json-invalid'],
      [3, 'json-invalid'],
      [5, 'text-invalid'],
    ]);
    met.push({ input: 'a line that is no JSON', level: 'event', status: 200, code: 'json-invalid' });
    expect(await countGood()).toBe(sentGood);
  });

  it('of the future is taken and clamped, of history is taken and pending', async () => {
    const inAYear = new Date(startedAtMs + 365 * DAY_MS).toISOString();
    const longAgo = new Date(startedAtMs - 30 * DAY_MS).toISOString();
    const events = [
      { ...good(), timestamp: inAYear },
      { ...good(), timestamp: longAgo, event: 'Old' },
    ];
    expect(await ingest(tenant, events)).toMatchObject({ accepted: 2, rejected: 0 });
    sentGood++;
    expect(await countGood()).toBe(sentGood);
    const future = {
      from: new Date(startedAtMs + 3 * DAY_MS).toISOString(),
      to: new Date(startedAtMs + 390 * DAY_MS).toISOString(),
    };
    expect(await total(tenant, { measure: 'count', ...future })).toBe(0);
  });
});

describe('a bad key', () => {
  const events = (key: string, method = 'POST') => send(`${stack.url}/v1/events`, key, [good()], method);
  const ask = (key: string) => send(`${stack.url}/v1/query`, key, { measure: 'count', ...RANGE });

  it('is refused: missing, unknown, altered', async () => {
    const missing = await fetch(`${stack.url}/v1/events`, { method: 'POST', body: '[]' });
    await expectProblem('no key', missing, 401, 'key-missing');
    expect(missing.headers.get('www-authenticate')).toContain('Bearer');
    const { write } = tenant.keys;
    const altered = write.slice(0, -1) + (write.endsWith('a') ? 'e' : 'a');
    await expectProblem('an altered key', await events(altered), 401, 'key-unknown');
    await expectProblem(
      'a write key called admin',
      await ask(write.replace('tm_write', 'tm_admin')),
      401,
      'key-unknown',
    );
    const inUrl = await fetch(`${stack.url}/v1/events?key=${write}&writeKey=${write}`, { method: 'POST', body: '[]' });
    await expectProblem('a key in the URL', inUrl, 401, 'key-missing');
  });

  it('is refused: of another scope', async () => {
    await expectProblem('a read key that writes', await events(tenant.keys.read), 403, 'key-scope');
    await expectProblem('an admin key that writes', await events(tenant.keys.admin), 403, 'key-scope');
    await expectProblem('a write key that reads', await ask(tenant.keys.write), 403, 'key-scope');
    const makeTenant = await send(`${stack.url}/v1/tenants`, tenant.keys.admin, { id: 'mine', name: 'mine' });
    await expectProblem('an admin key that makes tenants', makeTenant, 403, 'key-root');
    const seal = await send(`${stack.url}/v1/keys`, tenant.keys.read, { scope: 'admin' });
    await expectProblem('a read key that makes keys', seal, 403, 'key-scope');
  });

  it('is refused once it is revoked', async () => {
    const wanted = { scope: 'write' };
    const made = await answerOf<{ key: string; id: string }>(
      send(`${stack.url}/v1/keys`, tenant.keys.admin, wanted),
      201,
    );
    expect((await events(made.key)).status).toBe(200);
    sentGood++;
    await answerOf(send(`${stack.url}/v1/keys/${made.id}`, tenant.keys.admin, undefined, 'DELETE'));
    await expectProblem('a revoked key', await events(made.key), 401, 'key-revoked');
    expect(await countGood()).toBe(sentGood);
  });

  it('of another tenant sees and changes nothing of this one', async () => {
    expect(await total(other, { measure: 'count', ...RANGE })).toBe(0);
    expect(await total(other, { measure: 'users', where: { property: 'userId', op: 'exists' }, ...RANGE })).toBe(0);
    const status = await answerOf<object>(send(`${stack.url}/v1/status`, other.keys.read, undefined, 'GET'));
    expect(status).toMatchObject({ tenant: 'neighbour', shards: [], tailEvents: 0, stored: { events: 0 } });

    const [own] = goods(1) as [WireEvent];
    expect(await ingest(tenant, [own])).toMatchObject({ accepted: 1 });
    sentGood++;
    expect(await ingest(other, [own])).toMatchObject({ accepted: 1, duplicate: 0 });
    expect(await total(other, { measure: 'count', ...RANGE })).toBe(1);
    expect(await countGood()).toBe(sentGood);

    const named = { scope: 'read', tenant: tenant.id };
    const asOther = await send(`${stack.url}/v1/keys`, other.keys.admin, named);
    await expectProblem('an admin key that names another tenant', asOther, 403, 'tenant-other');
    const { keys } = await answerOf<{ keys: { id: string }[] }>(
      send(`${stack.url}/v1/keys`, tenant.keys.admin, undefined, 'GET'),
    );
    const revoke = await send(`${stack.url}/v1/keys/${keys[0]?.id}`, other.keys.admin, undefined, 'DELETE');
    await expectProblem("a revocation of another tenant's key", revoke, 404, 'key-not-found');
    await expectUp();
  });
});

describe('a hostile client', () => {
  /** Status of the first response on a connection of its own; 0: closed without one. */
  function overSocket(text: string | Buffer): Promise<number> {
    return new Promise((resolve) => {
      const socket = connect(stack.port, '127.0.0.1');
      let answer = '';
      const finish = () => {
        socket.destroy();
        resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0));
      };
      socket.on('data', (chunk) => {
        answer += chunk;
        if (answer.includes('\r\n\r\n')) finish();
      });
      socket.on('error', finish);
      socket.on('close', finish);
      socket.setTimeout(5_000, finish);
      socket.end(text);
    });
  }

  const request = (headers: readonly string[], body: string | Buffer = '') =>
    Buffer.concat([
      Buffer.from(`${['POST /v1/events HTTP/1.1', 'Host: 127.0.0.1', ...headers].join('\r\n')}\r\n\r\n`, 'latin1'),
      Buffer.from(body),
    ]);
  const auth = () => `Authorization: Bearer ${tenant.keys.write}`;
  const type = 'Content-Type: application/json';
  const event = json({ event: 'Hostile' });

  const REQUESTS: readonly [string, () => Buffer][] = [
    ['a line feed in a header', () => request([auth(), type, 'X-A: b\nX-Admin: 1', 'Content-Length: 2'], '[]')],
    ['a NUL in a header', () => request([auth(), type, 'X-A: a\0b', 'Content-Length: 2'], '[]')],
    ['a header name with a space', () => request([auth(), type, 'X A: b', 'Content-Length: 2'], '[]')],
    [
      'a header of 10,000 characters as key',
      () => request([`Authorization: Bearer ${'k'.repeat(10_000)}`, type, 'Content-Length: 2'], '[]'),
    ],
    [
      '10,000 headers',
      () =>
        request([auth(), type, ...Array.from({ length: 10_000 }, (_, i) => `X-${i}: 1`), 'Content-Length: 2'], '[]'),
    ],
    ['a header of 1 MB', () => request([auth(), type, `X-A: ${'a'.repeat(MIB)}`, 'Content-Length: 2'], '[]')],
    ['two lengths that differ', () => request([auth(), type, 'Content-Length: 2', 'Content-Length: 50'], '[]')],
    [
      'a length and chunks',
      () => request([auth(), type, 'Content-Length: 2', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
    ],
    ['a negative length', () => request([auth(), type, 'Content-Length: -1'], '[]')],
    ['a length of 2^64', () => request([auth(), type, 'Content-Length: 18446744073709551616'], '[]')],
    ['a length that is not kept', () => request([auth(), type, 'Content-Length: 500'], event)],
    ['chunks that are none', () => request([auth(), type, 'Transfer-Encoding: chunked'], 'zz\r\nnothing\r\n')],
    ['no HTTP at all', () => Buffer.from('\x16\x03\x01\x02\x00 hello\r\n\r\n', 'latin1')],
    ['a path of 64 KiB', () => Buffer.from(`GET /${'a'.repeat(65_536)} HTTP/1.1\r\nHost: a\r\n\r\n`)],
    ['a path that climbs', () => Buffer.from('GET /v1/../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['a method of its own', () => Buffer.from('STEAL /v1/events HTTP/1.1\r\nHost: a\r\n\r\n')],
  ];

  it.each(REQUESTS)('leaves the server up: %s', async (name, make) => {
    const before = await countAll();
    const status = await overSocket(make());
    console.log(`hostile: ${name}: ${status === 0 ? 'connection closed' : status}`);
    // 501 is the runtime's own word for a method it has never heard of.
    if (status !== 501) expect(status).toBeLessThan(500);
    expect(await countAll()).toBe(before);
    await expectUp();
  });

  const BODIES: readonly [string, () => RawRequest, number][] = [
    ['a text of 5 MB', () => ({ body: json({ event: 'a', properties: { text: 'x'.repeat(5_000_000) } }) }), 1],
    ['a name of 5 MB', () => ({ body: json({ event: 'x'.repeat(5_000_000) }) }), 1],
    ['1,000 bad events', () => ({ body: json(Array(1_000).fill({ event: 7 })) }), 1_000],
    ['2,500 events of nothing', () => ({ body: json(Array(2_500).fill(null)) }), 2_500],
    [
      'lines of nested lists',
      () => ({
        body: Array(20)
          .fill('['.repeat(100_000) + ']'.repeat(100_000))
          .join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      }),
      20,
    ],
    [
      '2.4 million line feeds and one bad line',
      () => ({ body: `${'\n'.repeat(2_400_000)}x`, headers: { 'content-type': 'application/x-ndjson' } }),
      1,
    ],
  ];

  it.each(BODIES)('is told what is wrong with each event: %s', async (_name, make, rejected) => {
    const before = await countAll();
    const verdict = await answerOf<VerdictDocument>(raw(make()));
    expect(verdict).toMatchObject({ received: rejected, accepted: 0, rejected });
    expect(verdict.errors).toHaveLength(rejected);
    expect(await countAll()).toBe(before);
    await expectUp();
  });

  it('gets a question with a hostile condition refused', async () => {
    const where = (condition: unknown) =>
      send(`${stack.url}/v1/query`, tenant.keys.read, { measure: 'count', where: condition, ...RANGE });
    let nested: object = { property: 'a', op: 'exists' };
    for (let i = 0; i < 500; i++) nested = { not: nested };
    await expectProblem('a condition 500 deep', await where(nested), 400, 'where-invalid');
    const many = { or: Array(1_000).fill({ property: 'a', op: 'exists' }) };
    await expectProblem('a condition of 1,000 parts', await where(many), 400, 'where-invalid');
    const injected = { property: "event'; DROP TABLE tenants; --", op: 'eq', value: "' OR 1=1 --" };
    await expectProblem('a property that is SQL', await where(injected), 400, 'property-unknown');
    const proto = await fetch(`${stack.url}/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.keys.read}`, 'content-type': 'application/json' },
      body: `{"measure":"count","__proto__":{"a":1},"from":"${RANGE.from}","to":"${RANGE.to}"}`,
    });
    expect(proto.status).toBeLessThan(500);
    await expectUp();
  });
});

describe('at the end', () => {
  it('every good event was counted, and no other', async () => {
    expect(await countGood()).toBe(sentGood);
    expect(await countAll()).toBe(sentGood);
  });

  it('every code met is documented', async () => {
    const page = await (await fetch(`${stack.url}/docs/errors`)).text();
    const ids = new Set(met.map(({ level, code }) => (level === 'event' ? `event:${code}` : code)));
    expect([...ids].filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
  });

  it('every code of a bad event was met', () => {
    const codes = new Set(met.filter(({ level }) => level === 'event').map(({ code }) => code));
    expect(EVENT_REJECTION_CODES.filter((code) => !codes.has(code))).toEqual([]);
  });
});
