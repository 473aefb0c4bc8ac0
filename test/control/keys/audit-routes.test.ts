// The trail: what was made and ended with which key, who sees it, and that guesses at the root key do not fill it.

import { describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { fakeApp, ROOT_KEY } from '../../support/fake-services.ts';

const root = { key: ROOT_KEY };
type Entry = {
  readonly action: string;
  readonly actor: string;
  readonly subject: string | null;
  readonly count: number;
};

const start = () => {
  const stack = fakeApp();
  const trail = async (key: string, query = ''): Promise<Entry[]> =>
    (await stack.call('GET', `/v1/audit${query}`, { key })).body.entries;
  const said = async (key: string, query = '') =>
    (await trail(key, query)).map(({ action, actor, subject }) => [action, actor, subject]);
  return { ...stack, trail, said };
};

describe('the trail', () => {
  it('tells what was made, revoked and deleted, by which key, the latest first', async () => {
    const { call, createTenant, said } = start();
    const { keys } = await createTenant('shop');
    const [{ id: admin }] = (await call('GET', '/v1/keys', { key: keys.admin })).body.keys.filter(
      ({ scope }: { scope: string }) => scope === 'admin',
    );
    const made = (await call('POST', '/v1/keys', { key: keys.admin, body: { scope: 'admin' } })).body;
    const child = (await call('POST', '/v1/keys', { key: made.key, body: { scope: 'write' } })).body;
    await call('DELETE', `/v1/keys/${made.id}?descendants=revoke`, { key: keys.admin });
    const ofTenant = [
      ...[made.id, child.id].sort().map((id) => ['key-revoked', admin, id]),
      ['key-made', made.id, child.id],
      ['key-made', admin, made.id],
      ['tenant-made', 'root', 'shop'],
    ];
    const sorted = (entries: unknown[][]) => [...entries.slice(0, 2).sort(), ...entries.slice(2)];
    expect(sorted(await said(keys.admin))).toEqual(ofTenant);
    await call('DELETE', '/v1/tenants/shop', root);
    expect((await said(ROOT_KEY))[0]).toEqual(['tenant-deleted', 'root', 'shop']);
  });

  it('tells nothing of what was refused', async () => {
    const { call, createTenant, said } = start();
    const { keys } = await createTenant('shop');
    await call('POST', '/v1/tenants', { ...root, body: { id: 'shop', name: 'again' } });
    await call('POST', '/v1/keys', { key: keys.read, body: { scope: 'write' } });
    await call('DELETE', '/v1/keys/0123456789abcdef', { key: keys.admin });
    await call('DELETE', '/v1/tenants/nobody', root);
    expect(await said(ROOT_KEY)).toEqual([['tenant-made', 'root', 'shop']]);
  });

  it('is a tenant’s own for its admin key, also after another tenant had its id', async () => {
    const { call, createTenant, said } = start();
    await createTenant('shop');
    await call('DELETE', '/v1/tenants/shop', root);
    const { keys } = await createTenant('shop');
    await createTenant('other');
    expect(await said(keys.admin)).toEqual([['tenant-made', 'root', 'shop']]);
    expect(await said(ROOT_KEY)).toHaveLength(4);
    expect(await said(ROOT_KEY, '?tenant=shop')).toHaveLength(3);
    expect((await call('GET', '/v1/audit?tenant=other', { key: keys.admin })).body.code).toBe('tenant-other');
    expect((await call('GET', '/v1/audit', { key: keys.read })).body.code).toBe('key-scope');
  });

  it('is read by page', async () => {
    const { call, createTenant, trail } = start();
    for (const id of ['a', 'b', 'c', 'd', 'e']) await createTenant(id);
    const subjects: (string | null)[] = [];
    for (let before: number | null = null; ; ) {
      const { body } = await call('GET', `/v1/audit?limit=2${before === null ? '' : `&before=${before}`}`, root);
      subjects.push(...body.entries.map(({ subject }: Entry) => subject));
      if (body.next === null) break;
      before = body.next;
    }
    expect(subjects).toEqual((await trail(ROOT_KEY)).map(({ subject }) => subject));
    expect(subjects).toHaveLength(5);
  });

  it('forgets what is older than its time', async () => {
    const { createTenant, said, clock } = start();
    await createTenant('old');
    clock.nowMs += LIMITS.auditDays * DAY_MS + 1;
    await createTenant('new');
    expect(await said(ROOT_KEY)).toEqual([['tenant-made', 'root', 'new']]);
  });
});

describe('a call that fails as root', () => {
  it('is in the trail once a minute, with the number of all, and with the key of a tenant that was shown', async () => {
    const { call, createTenant, trail, clock } = start();
    const { keys } = await createTenant('shop');
    const refused = async () => (await trail(ROOT_KEY)).filter(({ action }) => action === 'root-refused');
    for (let guess = 0; guess < 50; guess++) {
      expect((await call('GET', '/v1/tenants', { key: `guess-${guess}` })).status).toBe(403);
      await call('GET', '/v1/keys?tenant=shop', { key: `guess-${guess}` });
    }
    expect(await refused()).toMatchObject([{ actor: 'unknown', count: 1 }]);
    clock.nowMs += MINUTE_MS;
    await call('GET', '/v1/deletions', { key: keys.write });
    const [latest] = await refused();
    expect(latest).toMatchObject({ count: 100, tenant: 'shop' });
    expect(latest!.actor).toMatch(/^[0-9a-f]{16}$/);
    // An admin key where an admin key is enough is no failure.
    await call('GET', '/v1/keys', { key: keys.admin });
    clock.nowMs += MINUTE_MS;
    await call('GET', '/v1/keys', { key: keys.admin });
    expect(await refused()).toHaveLength(2);
  });
});
