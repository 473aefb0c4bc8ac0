import { beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import type { KeyScope } from '../../src/core/tenant/tenant.ts';
import { keyOf } from '../../src/http/authenticate.ts';
import { fakeApp, type Keys } from '../support/fake-services.ts';

let stack: ReturnType<typeof fakeApp>;
let keys: Keys;
let uid: string;
const bearer = (key: string) => new Headers({ authorization: `Bearer ${key}` });
const authenticate = (key: string, needed: KeyScope) => stack.services.auth.authenticate(bearer(key), needed);

beforeEach(async () => {
  stack = fakeApp();
  ({ keys, uid } = await stack.createTenant('acme'));
});

describe('the key of a request', () => {
  it('is taken from Bearer, Basic and x-write-key', () => {
    expect(keyOf(bearer('k1'))).toBe('k1');
    expect(keyOf(new Headers({ authorization: 'bearer k1' }))).toBe('k1');
    expect(keyOf(new Headers({ authorization: `Basic ${btoa('k2:')}` }))).toBe('k2');
    expect(keyOf(new Headers({ authorization: `Basic ${btoa('k2:password')}` }))).toBe('k2');
    expect(keyOf(new Headers({ 'x-write-key': 'k3' }))).toBe('k3');
    expect(keyOf(new Headers())).toBeNull();
    expect(keyOf(new Headers({ authorization: `Basic ${btoa(':')}` }))).toBeNull();
    expect(() => keyOf(new Headers({ authorization: 'Basic !!!' }))).toThrow(/key-malformed/);
  });

  it('is never taken from the URL', async () => {
    for (const name of ['key', 'writeKey', 'api_key', 'access_token', 'token']) {
      const { status, body } = await stack.call('GET', `/v1/rollups?${name}=${keys.read}`);
      expect([status, body.code]).toEqual([401, 'key-missing']);
    }
  });
});

describe('scopes', () => {
  const matrix: [sent: keyof Keys, needed: KeyScope, allowed: boolean][] = [
    ['server', 'write', true],
    ['server', 'server', true],
    ['server', 'read', false],
    ['server', 'admin', false],
    ['browser', 'write', true],
    ['browser', 'server', false],
    ['browser', 'read', false],
    ['browser', 'admin', false],
    ['read', 'write', false],
    ['read', 'server', false],
    ['read', 'read', true],
    ['read', 'admin', false],
    ['admin', 'write', false],
    ['admin', 'server', false],
    ['admin', 'read', true],
    ['admin', 'admin', true],
  ];
  it.each(matrix)('decide whether a %s key opens a call that needs %s: %s', async (sent, needed, allowed) => {
    if (allowed) expect((await authenticate(keys[sent], needed)).tenant.id).toBe('acme');
    else
      await expect(authenticate(keys[sent], needed)).rejects.toMatchObject({
        status: 403,
        code: 'key-scope',
        extra: { needed, sent },
      });
  });
});

describe('a forged key', () => {
  it.each([
    ['another form', () => 'sk_live_0123456789', 'key-malformed'],
    ['a made-up signature', () => `tm_write_${uid}_${'a'.repeat(26)}_${'b'.repeat(26)}`, 'key-unknown'],
    ['another scope', () => keys.server.replace('tm_server_', 'tm_admin_'), 'key-unknown'],
    ['the scope of a server', () => keys.browser.replace('tm_browser_', 'tm_server_'), 'key-unknown'],
  ])('is refused without a look-up when it has %s', async (_name, make, code) => {
    const other = stack.otherIsolate();
    const before = stack.fake.callCount;
    await expect(other.auth.authenticate(bearer(make()), 'write')).rejects.toMatchObject({ status: 401, code });
    expect(stack.fake.callCount).toBe(before);
  });
});

describe('a revoked key', () => {
  const revoke = async () => {
    const { hash } = await stack.services.auth
      .authenticate(bearer(keys.write), 'write')
      .then((found) => ({ hash: found.keyHash }));
    expect((await stack.call('DELETE', `/v1/keys/${hash.slice(0, 16)}`, { key: keys.admin })).status).toBe(200);
  };

  it('is refused at once where it was revoked, and elsewhere within the bound', async () => {
    const other = stack.otherIsolate();
    await other.auth.authenticate(bearer(keys.write), 'write');
    await revoke();
    await expect(authenticate(keys.write, 'write')).rejects.toMatchObject({ status: 401, code: 'key-revoked' });
    await other.auth.authenticate(bearer(keys.write), 'write');
    stack.clock.nowMs += LIMITS.tenantCacheMs;
    await expect(other.auth.authenticate(bearer(keys.write), 'write')).rejects.toMatchObject({ code: 'key-revoked' });
  });

  it('costs one look-up, however often it is sent', async () => {
    await revoke();
    await expect(authenticate(keys.write, 'write')).rejects.toMatchObject({ code: 'key-revoked' });
    const before = stack.fake.callCount;
    for (let times = 0; times < 20; times++)
      await expect(authenticate(keys.write, 'write')).rejects.toMatchObject({ code: 'key-revoked' });
    expect(stack.fake.callCount).toBe(before);
  });
});

it('a new key works at once in an isolate that already knows the tenant', async () => {
  const other = stack.otherIsolate();
  await other.auth.authenticate(bearer(keys.read), 'read');
  const { body } = await stack.call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'read' } });
  expect((await other.auth.authenticate(bearer(body.key), 'read')).tenant.uid).toBe(uid);
});

it('the hot path asks the database once in the lifetime of an entry', async () => {
  const before = stack.fake.callCount;
  for (let times = 0; times < 50; times++) await authenticate(keys.write, 'write');
  expect(stack.fake.callCount - before).toBeLessThanOrEqual(1);
});

it('a failing database is answered with 503 and Retry-After, and is read again by the next request', async () => {
  const other = stack.otherIsolate();
  stack.fake.hook = () => {
    throw new Error('D1_ERROR: gone');
  };
  await expect(other.auth.authenticate(bearer(keys.write), 'write')).rejects.toMatchObject({
    status: 503,
    code: 'control-unavailable',
    headers: { 'retry-after': '1' },
  });
  stack.fake.hook = null;
  expect((await other.auth.authenticate(bearer(keys.write), 'write')).tenant.uid).toBe(uid);
});
