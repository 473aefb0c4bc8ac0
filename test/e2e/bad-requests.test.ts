// Bad requests over real HTTP, bad keys included: each kind is refused with its own stable code, nothing of it is
// counted, and the server stays up.

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, createTenant, ingest, send, type TestTenant, total } from './support/api.ts';
import { Audit, invalidUtf8, json, MIB, newGood, newGoods, RANGE, type RawRequest } from './support/audit.ts';

let audit: Audit;
let other: TestTenant;

beforeAll(async () => {
  audit = await Audit.start();
  other = await createTenant(audit.stack, 'neighbour');
});
afterAll(() => audit.stop());

const gzip = { 'content-encoding': 'gzip' };

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
    body: gzipSync(json(newGoods(50))).subarray(0, -20),
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
  { input: '2,501 events', body: json(newGoods(2_501)), status: 413, code: 'too-many-events' },
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

describe('a bad request', () => {
  it.each(BAD_REQUESTS)('is refused with a code: $input', async ({ input, status, code, ...request }) => {
    const before = await audit.countAll();
    await audit.expectProblem(input, await audit.request(request), status, code);
    expect(await audit.countAll()).toBe(before);
    await audit.expectUp();
  });

  it('by a wrong method names the methods that exist', async () => {
    expect((await audit.request({ method: 'DELETE' })).headers.get('allow')).toContain('POST');
    expect((await audit.request({ method: 'GET', path: '/v1/query' })).headers.get('allow')).toBe('POST');
  });

  it('names the limit and the value it met', async () => {
    const response = await audit.request({ body: json(newGoods(2_501)) });
    expect(await response.json()).toMatchObject({ limit: 2_500, met: 2_501 });
  });
});

describe('a bad key', () => {
  const events = (key: string, method = 'POST') => send(`${audit.stack.url}/v1/events`, key, [newGood()], method);
  const ask = (key: string) => send(`${audit.stack.url}/v1/query`, key, { measure: 'count', ...RANGE });

  it('is refused: missing, unknown, altered', async () => {
    const missing = await fetch(`${audit.stack.url}/v1/events`, { method: 'POST', body: '[]' });
    await audit.expectProblem('no key', missing, 401, 'key-missing');
    expect(missing.headers.get('www-authenticate')).toContain('Bearer');
    const { write } = audit.tenant.keys;
    const altered = write.slice(0, -1) + (write.endsWith('a') ? 'e' : 'a');
    await audit.expectProblem('an altered key', await events(altered), 401, 'key-unknown');
    await audit.expectProblem(
      'a write key called admin',
      await ask(write.replace('tm_server', 'tm_admin')),
      401,
      'key-unknown',
    );
    const inUrl = await fetch(`${audit.stack.url}/v1/events?key=${write}&writeKey=${write}`, {
      method: 'POST',
      body: '[]',
    });
    await audit.expectProblem('a key in the URL', inUrl, 401, 'key-missing');
  });

  it('is refused: of another scope', async () => {
    await audit.expectProblem('a read key that writes', await events(audit.tenant.keys.read), 403, 'key-scope');
    await audit.expectProblem('an admin key that writes', await events(audit.tenant.keys.admin), 403, 'key-scope');
    await audit.expectProblem('a write key that reads', await ask(audit.tenant.keys.write), 403, 'key-scope');
    const makeTenant = await send(`${audit.stack.url}/v1/tenants`, audit.tenant.keys.admin, {
      id: 'mine',
      name: 'mine',
    });
    await audit.expectProblem('an admin key that makes tenants', makeTenant, 403, 'key-root');
    const seal = await send(`${audit.stack.url}/v1/keys`, audit.tenant.keys.read, { scope: 'admin' });
    await audit.expectProblem('a read key that makes keys', seal, 403, 'key-scope');
  });

  it('is refused once it is revoked', async () => {
    const wanted = { scope: 'write' };
    const made = await answerOf<{ key: string; id: string }>(
      send(`${audit.stack.url}/v1/keys`, audit.tenant.keys.admin, wanted),
      201,
    );
    expect((await events(made.key)).status).toBe(200);
    audit.goodCount++;
    await answerOf(send(`${audit.stack.url}/v1/keys/${made.id}`, audit.tenant.keys.admin, undefined, 'DELETE'));
    await audit.expectProblem('a revoked key', await events(made.key), 401, 'key-revoked');
    expect(await audit.countGood()).toBe(audit.goodCount);
  });

  it('of another tenant sees and changes nothing of this one', async () => {
    expect(await total(other, { measure: 'count', ...RANGE })).toBe(0);
    expect(await total(other, { measure: 'users', where: { property: 'userId', op: 'exists' }, ...RANGE })).toBe(0);
    const status = await answerOf<object>(send(`${audit.stack.url}/v1/status`, other.keys.read, undefined, 'GET'));
    expect(status).toMatchObject({ tenant: 'neighbour', shards: [], tailEvents: 0, stored: { events: 0 } });

    const own = newGood();
    expect(await ingest(audit.tenant, [own])).toMatchObject({ accepted: 1 });
    audit.goodCount++;
    expect(await ingest(other, [own])).toMatchObject({ accepted: 1, duplicate: 0 });
    expect(await total(other, { measure: 'count', ...RANGE })).toBe(1);
    expect(await audit.countGood()).toBe(audit.goodCount);

    const named = { scope: 'read', tenant: audit.tenant.id };
    const asOther = await send(`${audit.stack.url}/v1/keys`, other.keys.admin, named);
    await audit.expectProblem('an admin key that names another tenant', asOther, 403, 'tenant-other');
    const { keys } = await answerOf<{ keys: { id: string }[] }>(
      send(`${audit.stack.url}/v1/keys`, audit.tenant.keys.admin, undefined, 'GET'),
    );
    const revoke = await send(`${audit.stack.url}/v1/keys/${keys[0]?.id}`, other.keys.admin, undefined, 'DELETE');
    await audit.expectProblem("a revocation of another tenant's key", revoke, 404, 'key-not-found');
    await audit.expectUp();
  });
});

describe('at the end', () => {
  it('every good event was counted, and no other', () => audit.expectBalance());

  it('every code that was met is documented', () => audit.expectCodesDocumented());
});
