// An export filtered by links, traits and cohorts: the matching events, as they came.

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import type { Authenticator } from '../../../src/http/authenticate.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { exportRoutes } from '../../../src/query/export/export-routes.ts';
import { record } from '../../support/events.ts';
import { dayOf, UID, World } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const RANGE = { from: '2026-03-09', to: '2026-03-11', format: 'ndjson' };

function exporterOf(world: World) {
  const app = new Hono();
  app.onError((error, c) => renderProblem(c, error));
  const auth = { authenticate: async () => ({ tenant: world.tenant }) } as unknown as Authenticator;
  const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));
  app.route(
    '/v1/export',
    exportRoutes({ ...world.ports, auth, random } as unknown as Parameters<typeof exportRoutes>[0]),
  );
  return (where: unknown) => app.request('/v1/export', { method: 'POST', body: JSON.stringify({ ...RANGE, where }) });
}

const idsOf = async (response: Response) =>
  (await response.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).id)
    .sort();

describe('an export', () => {
  it('goes by links, traits and cohorts, over sealed days and tails', async () => {
    const world = new World({ nowMs: NOW_MS });
    const device = { anonymous_id: 'a1' };
    world.append(0, [
      record({ id: 'before', atMs: NOW_MS - DAY_MS, ...device }),
      record({ id: 'other', atMs: NOW_MS - DAY_MS, user_id: 'u2' }),
      record({ id: 'nobody', atMs: NOW_MS - DAY_MS }),
    ]);
    await world.store(0);
    await world.seal(dayOf(NOW_MS - DAY_MS));
    const login = {
      type: 'identify',
      event: 'identify',
      ...device,
      user_id: 'u1',
      properties: { plan: 'pro' },
    } as const;
    world.append(0, [record({ id: 'login', atMs: NOW_MS, ...login })]);
    await createCohort(world.db, UID, {
      id: 'clickers',
      name: 'Clickers',
      who: { and: [{ events: ['Clicked'], days: 9 }, { not: { property: 'person.plan', op: 'eq', value: 'pro' } }] },
      timezone: 'UTC',
      createdAtMs: 0,
    });
    const ask = exporterOf(world);
    expect(await idsOf(await ask({ property: 'person.plan', op: 'eq', value: 'pro' }))).toEqual(['before', 'login']);
    expect(await idsOf(await ask({ cohort: 'clickers' }))).toEqual(['other']);
    expect(await idsOf(await ask({ not: { cohort: 'clickers' } }))).toEqual(['before', 'login', 'nobody']);
    const unknown = await ask({ cohort: 'none' });
    expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([400, 'cohort-unknown']);
  });
});
