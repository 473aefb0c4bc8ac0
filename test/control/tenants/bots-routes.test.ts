import { describe, expect, it } from 'vitest';
import { BOT_ROLLUPS, DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { fakeApp } from '../../support/fake-services.ts';

const idsOf = (rollups: readonly { readonly id: string }[]) => rollups.map(({ id }) => id);

/** A stack with one tenant, and the calls of its admin. */
async function start(isOlder: boolean, body: Record<string, unknown> = {}) {
  const stack = fakeApp();
  const { uid, keys } = await stack.createTenant('shop', body);
  if (isOlder) {
    // The migration leaves tenants from before so.
    const { db } = stack.services;
    await db.prepare('UPDATE tenants SET bots = NULL, has_plain_rollups = 1 WHERE uid = ?').bind(uid).run();
    stack.services.tenants.invalidate(uid);
  }
  const call = async (method: string, path: string, sent?: unknown, key = keys.admin) =>
    stack.call(method, `/v1/${path}`, { key, ...(sent !== undefined && { body: sent }) });
  const bots = async () => [(await call('GET', 'bots')).body.bots, (await call('GET', 'whoami')).body.bots];
  const rollups = async () => idsOf((await call('GET', 'rollups')).body.rollups);
  return { call, keys, bots, rollups };
}

describe('the choice whether questions count bots', () => {
  it('is to leave them out for a new tenant, unless it is made with another', async () => {
    const { bots, rollups } = await start(false);
    expect(await bots()).toEqual(['exclude', 'exclude']);
    expect(await rollups()).toEqual(idsOf(BOT_ROLLUPS));
    expect(await (await start(false, { bots: 'include' })).bots()).toEqual(['include', 'include']);
  });

  it('is changed at once with an admin key, and no rollup with it', async () => {
    const { call, keys, bots, rollups } = await start(false);
    expect(await call('PUT', 'bots', { bots: 'include' })).toMatchObject({ status: 200, body: { bots: 'include' } });
    expect(await bots()).toEqual(['include', 'include']);
    expect(await rollups()).toEqual(idsOf(BOT_ROLLUPS));
    expect((await call('PUT', 'bots', { bots: 'exclude' }, keys.read)).body.code).toBe('key-scope');
    expect((await call('PUT', 'bots', { bots: 'maybe' })).status).toBe(400);
    expect(await bots()).toEqual(['include', 'include']);
  });

  it('is not made for a tenant from before, who keeps its rollups and gets those that tell bots by choosing', async () => {
    const { call, bots, rollups } = await start(true);
    expect(await bots()).toEqual(['include', null]);
    expect(await rollups()).toEqual(idsOf(DEFAULT_ROLLUPS));
    const own = { name: 'sales', dimensions: ['country'], allowUnknown: true };
    const before = (await call('POST', 'rollups', own)).body;
    expect(before.tellsBots).toBe(false);

    await call('PUT', 'bots', { bots: 'exclude' });
    expect(await bots()).toEqual(['exclude', 'exclude']);
    expect(await rollups()).toEqual([...idsOf(DEFAULT_ROLLUPS), ...idsOf(BOT_ROLLUPS), before.id]);
    const after = (await call('POST', 'rollups', own)).body;
    expect(after).toMatchObject({ tellsBots: true, dimensions: ['country'] });
    expect(after.id).not.toBe(before.id);
    await call('PUT', 'bots', { bots: 'include' });
    const builtIn = [...idsOf(DEFAULT_ROLLUPS), ...idsOf(BOT_ROLLUPS)];
    expect(new Set(await rollups())).toEqual(new Set([...builtIn, before.id, after.id]));
  });
});
