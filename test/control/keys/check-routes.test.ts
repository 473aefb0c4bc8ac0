import { describe, expect, it } from 'vitest';
import { fakeApp } from '../../support/fake-services.ts';

async function start() {
  const stack = fakeApp();
  const { keys } = await stack.createTenant('shop');
  const check = async (key?: string) => (await stack.call('GET', '/v1/keys/check', key ? { key } : {})).body;
  return { ...stack, keys, check };
}

describe('GET /v1/keys/check', () => {
  it('tells of each key what it is for, and of which tenant', async () => {
    const { keys, check } = await start();
    const told = Object.entries(keys).map(async ([name, key]) => {
      const { valid, scope, keyClass, sends, tenant, hint } = await check(key);
      expect([valid, tenant, hint]).toEqual([true, 'shop', key.slice(-4)]);
      return [name, scope, keyClass, sends];
    });
    expect(await Promise.all(told)).toEqual([
      ['server', 'server', 'server', true],
      ['browser', 'browser', 'browser', true],
      ['read', 'read', null, false],
      ['admin', 'admin', null, false],
      ['write', 'server', 'server', true],
    ]);
  });

  it('tells why a key opens nothing', async () => {
    const { keys, check, call } = await start();
    const altered = keys.browser.slice(0, -1) + (keys.browser.endsWith('a') ? 'b' : 'a');
    expect(await check('nonsense')).toMatchObject({ valid: false, code: 'key-malformed' });
    expect(await check(altered)).toMatchObject({ valid: false, code: 'key-unknown' });
    const { id } = (await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'browser' } })).body;
    const { body: made } = await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'browser' } });
    expect(await check(made.key)).toMatchObject({ valid: true });
    await call('DELETE', `/v1/keys/${made.id}`, { key: keys.admin });
    expect(await check(made.key)).toMatchObject({ valid: false, code: 'key-revoked' });
    expect(id).not.toBe(made.id);
  });

  it('says so when no key was sent, or none that can be read', async () => {
    const { check, call } = await start();
    expect(await check()).toMatchObject({ valid: false, code: 'key-missing' });
    const { body } = await call('GET', '/v1/keys/check', { headers: { authorization: 'Basic ###' } });
    expect(body).toMatchObject({ valid: false, code: 'key-malformed' });
  });
});
