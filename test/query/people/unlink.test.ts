// Links that an admin undoes: the ids are people of their own again, in every answer, and may be linked anew.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { peopleRoutes } from '../../../src/query/people/people-routes.ts';
import { record } from '../../support/events.ts';
import { fakeApp } from '../../support/fake-services.ts';
import { World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
let ids = 0;
const event = (parts: object) => record({ id: `e${ids++}`, atMs: NOW_MS - 60_000, ...parts });
const alias = (previousId: string, user_id: string) =>
  event({ type: 'alias', event: 'alias', user_id, properties: { previousId } });
const login = (anonymous_id: string, user_id: string) =>
  event({ type: 'identify', event: 'identify', anonymous_id, user_id });

/** Four users who bought, of whom a stranger made one, and whose device he took. */
async function merged(shardCount = 1) {
  const world = new World({ nowMs: NOW_MS, shardCount });
  world.append(
    0,
    ['alice', 'bob', 'carol', 'erin'].map((user_id) => event({ user_id, event: 'Buy' })),
  );
  world.append(0, [alias('bob', 'alice'), alias('carol', 'alice'), login('dev-erin', 'mallory')]);
  await world.store(0);
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
  app.route('/v1/people', peopleRoutes({ ...world.ports, auth }));
  const unlink = async (body: object) => {
    const response = await app.request('/v1/people/unlink', { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as { undone?: number; code?: string };
  };
  const range = { from: '2026-03-10', to: '2026-03-11' };
  const buyers = async () => (await world.ask({ measure: 'users', events: ['Buy'], ...range })).series[0]!.total;
  const idsOf = async (id: string) => {
    const body = (await (await app.request(`/v1/people/${id}`)).json()) as {
      userIds: string[];
      anonymousIds: string[];
    };
    return [...body.userIds, ...body.anonymousIds].sort();
  };
  return { world, unlink, buyers, idsOf };
}

describe('unlink', () => {
  it('undoes the links of a pair, in either direction, and no other', async () => {
    const { unlink, buyers } = await merged();
    expect(await buyers()).toBe(2);
    expect(await unlink({ pairs: [['alice', 'bob']] })).toEqual({ undone: 1 });
    expect(await buyers()).toBe(3);
    expect(
      await unlink({
        pairs: [
          ['carol', 'alice'],
          ['nobody', 'alice'],
        ],
      }),
    ).toEqual({ undone: 1 });
    expect(await buyers()).toBe(4);
    expect(await unlink({ pairs: [['carol', 'alice']] })).toEqual({ undone: 0 });
  });

  it('gives a device to the next who identified there', async () => {
    const { world, unlink, idsOf } = await merged(2);
    world.nowMs++;
    world.append(1, [login('dev-erin', 'erin')]);
    await world.store(1);
    expect(await idsOf('mallory')).toContain('dev-erin');
    await unlink({ pairs: [['dev-erin', 'mallory']] });
    expect(await idsOf('erin')).toEqual(['dev-erin', 'erin']);
  });

  it('undoes all links that a source told', async () => {
    const { unlink, buyers } = await merged();
    expect(await unlink({ sources: ['incarnation-0'] })).toEqual({ undone: 3 });
    expect(await buyers()).toBe(4);
  });

  it('lasts until the ids are linked anew', async () => {
    const { world, unlink, buyers } = await merged();
    await unlink({ pairs: [['alice', 'bob']] });
    expect(await buyers()).toBe(3);
    world.nowMs += 1_000;
    world.append(0, [alias('bob', 'alice')]);
    expect(await buyers()).toBe(2);
    await world.store(0);
    expect(await buyers()).toBe(2);
  });

  it('needs an admin key, and a pair or a source', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('acme');
    const tries = [keys.read, keys.server, keys.browser].map((key) =>
      call('POST', '/v1/people/unlink', { key, body: { pairs: [['a', 'b']] } }),
    );
    for (const { body } of await Promise.all(tries)) expect(body.code).toBe('key-scope');
    expect((await call('POST', '/v1/people/unlink', { key: keys.admin, body: {} })).body.code).toBe('request-invalid');
    const none = await call('POST', '/v1/people/unlink', { key: keys.admin, body: { pairs: [['a', 'b']] } });
    expect([none.status, none.body]).toEqual([200, { undone: 0 }]);
  });
});
