// Keys that make keys: who ends with whom, what an isolate that knows too little may do, and pages of many keys.

import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { fakeApp, ROOT_KEY } from '../../support/fake-services.ts';

type Key = { readonly id: string; readonly key: string };

async function start() {
  const stack = fakeApp();
  const { keys } = await stack.createTenant('shop');
  const { call } = stack;
  const listed = async (query = '') => (await call('GET', `/v1/keys${query}`, { key: ROOT_KEY })).body;
  const all = async () => (await listed('?tenant=shop')).keys;
  const make = async (key: string, scope = 'admin'): Promise<Key> => {
    const { status, body } = await call('POST', '/v1/keys', { key, body: { scope } });
    expect(status, JSON.stringify(body)).toBe(201);
    return body;
  };
  const first: Key = {
    id: (await all()).find(({ scope }: { scope: string }) => scope === 'admin').id,
    key: keys.admin,
  };
  const revoke = (id: string, key: string, query = '') => call('DELETE', `/v1/keys/${id}${query}`, { key });
  /** Which of the keys still open a call. */
  const active = async (given: readonly Key[]) => {
    const revoked = new Set(
      (await all()).flatMap((key: { id: string; revokedAt: string | null }) => (key.revokedAt ? key.id : [])),
    );
    return given.map(({ id }) => !revoked.has(id));
  };
  return { ...stack, keys, first, all, listed, make, revoke, active };
}

describe('a key that made others', () => {
  it('is revoked once the caller says what becomes of them', async () => {
    const { first, make, revoke, active, createTenant } = await start();
    await createTenant('other');
    const child = await make(first.key);
    const [write, grandchild] = [await make(first.key, 'write'), await make(child.key)];
    const refused = await revoke(first.id, ROOT_KEY, '?tenant=shop');
    expect([refused.status, refused.body.code]).toEqual([409, 'key-has-descendants']);
    expect([...refused.body.descendants].sort()).toEqual([child.id, write.id, grandchild.id].sort());
    expect(await active([first, child, write, grandchild])).toEqual([true, true, true, true]);
    const ended = await revoke(first.id, ROOT_KEY, '?tenant=shop&descendants=revoke');
    expect([...ended.body.revoked.descendants].sort()).toEqual([child.id, write.id, grandchild.id].sort());
    expect(await active([first, child, write, grandchild])).toEqual([false, false, false, false]);
  });

  it('leaves them when asked to, and they are still reached through it', async () => {
    const { first, make, revoke, active } = await start();
    const child = await make(first.key);
    const grandchild = await make(child.key, 'write');
    expect((await revoke(first.id, child.key, '?descendants=keep')).status).toBe(200);
    expect((await revoke(child.id, ROOT_KEY, '?tenant=shop&descendants=keep')).status).toBe(200);
    expect(await active([first, child, grandchild])).toEqual([false, false, true]);
    expect((await revoke(first.id, ROOT_KEY, '?tenant=shop&descendants=revoke')).body.revoked.descendants).toEqual([
      grandchild.id,
    ]);
  });

  it('is ended by a key that it made, without that key and what that one made', async () => {
    const { first, make, revoke, active } = await start();
    const [child, sibling] = [await make(first.key), await make(first.key)];
    const own = await make(child.key, 'write');
    expect((await revoke(first.id, child.key, '?descendants=revoke')).body.revoked.descendants).toEqual([sibling.id]);
    expect(await active([first, child, sibling, own])).toEqual([false, true, false, true]);
  });

  it('never ends the last admin key together with itself, but for the root key', async () => {
    const { first, make, revoke, active } = await start();
    const child = await make(first.key);
    expect((await revoke(first.id, first.key, '?descendants=revoke')).body.code).toBe('key-last-admin');
    expect(await active([first, child])).toEqual([true, true]);
    expect((await revoke(first.id, ROOT_KEY, '?tenant=shop&descendants=revoke')).status).toBe(200);
    expect(await active([first, child])).toEqual([false, false]);
  });
});

describe('keys that are revoked in one instant', () => {
  it('leave an admin key, whoever comes second and whatever its isolate knows', async () => {
    for (const admins of [2, 3]) {
      const { first, make, active, otherIsolate, all } = await start();
      const second = await make(first.key);
      const others = admins === 3 ? [await make(first.key)] : [];
      const isolate = createApp(otherIsolate());
      const headers = (key: string) => ({ authorization: `Bearer ${key}` });
      // The other isolate knows both keys as active, and goes on to do so for half a minute.
      await isolate.request('/v1/whoami', { headers: headers(second.key) });
      const revoke = (id: string, key: string) =>
        isolate.request(`/v1/keys/${id}?descendants=keep`, { method: 'DELETE', headers: headers(key) });
      const answers = await Promise.all([revoke(second.id, first.key), revoke(first.id, second.key)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
      expect((await active([first, second, ...others])).filter(Boolean)).toHaveLength(admins - 1);
      expect((await all()).length).toBeGreaterThan(3);
    }
  });

  it('make no other key after that', async () => {
    const { first, make, revoke, otherIsolate } = await start();
    const second = await make(first.key);
    const isolate = createApp(otherIsolate());
    const headers = { authorization: `Bearer ${second.key}` };
    await isolate.request('/v1/whoami', { headers });
    await revoke(second.id, first.key);
    const made = await isolate.request('/v1/keys', { method: 'POST', headers, body: '{"scope":"write"}' });
    expect([made.status, ((await made.json()) as { code: string }).code]).toEqual([401, 'key-revoked']);
  });
});

describe('a list of keys', () => {
  it('is read by page, in the order of their making, with or without the revoked ones', async () => {
    const { first, make, revoke, listed, clock } = await start();
    const made: Key[] = [];
    for (let count = 0; count < 12; count++) {
      if (count % 3 === 0) clock.nowMs += 1;
      made.push(await make(first.key, 'read'));
    }
    for (const { id } of made.slice(0, 5)) await revoke(id, first.key);
    const pages = async (query: string) => {
      const ids: string[] = [];
      for (let after: string | null = ''; after !== null; ) {
        const page = await listed(`?tenant=shop&limit=4${query}${after === '' ? '' : `&after=${after}`}`);
        ids.push(...page.keys.map(({ id }: Key) => id));
        after = page.next;
      }
      return ids;
    };
    const whole: string[] = (await listed('?tenant=shop')).keys.map(({ id }: Key) => id);
    expect(whole).toHaveLength(16);
    expect(await pages('')).toEqual(whole);
    expect(await pages('&state=active')).toEqual(whole.filter((id) => !made.slice(0, 5).some((key) => key.id === id)));
  });

  it('tells who made each', async () => {
    const { first, make, all } = await start();
    const child = await make(first.key, 'read');
    const makers = new Map((await all()).map(({ id, madeBy }: { id: string; madeBy: string }) => [id, madeBy]));
    expect([makers.get(child.id), makers.get(first.id)]).toEqual([first.id, 'root']);
  });
});
