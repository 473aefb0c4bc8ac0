// A definition is refused when it is saved, if it names an event or a property that nobody has sent.

import { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { cohortRoutes } from '../../../src/control/cohorts/cohort-routes.ts';
import { createCohort } from '../../../src/control/cohorts/cohort-store.ts';
import { rollupRoutes } from '../../../src/control/rollups/rollup-routes.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { insightRoutes } from '../../../src/query/insights/insight-routes.ts';
import { givenNamesCheck } from '../../../src/query/open/check-given.ts';
import { record } from '../../support/events.ts';
import { World } from '../support/world.ts';

const NOW_MS = Date.UTC(2024, 2, 20, 12);

function clientOf(world: World) {
  const auth = { authenticate: async () => ({ tenant: world.tenant }) };
  let drawn = 0;
  const random = (sizeBytes: number) => new Uint8Array(sizeBytes).fill(++drawn);
  const tenants = { invalidate: () => {} };
  const services = { ...world.ports, auth, random, tenants } as unknown as Parameters<typeof insightRoutes>[0] &
    Parameters<typeof cohortRoutes>[0];
  const app = new Hono();
  app.route('/v1/cohorts', cohortRoutes(services, givenNamesCheck(services)));
  app.route('/v1/rollups', rollupRoutes(services, givenNamesCheck(services)));
  app.route('/v1/insights', insightRoutes(services));
  app.onError((error, c) => renderProblem(c, error));
  return async (path: string, body: object) => {
    const response = await app.request(`/v1/${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as { code?: string; detail?: string } };
  };
}

const RANGE = { from: '2024-03-17', to: '2024-03-21' };
const where = (property: string, value: string) => ({ property, op: 'eq', value });

/** What each definition would be, by the names of an event and of a property. */
const DEFINITIONS: readonly [string, (event: string, property: string) => object][] = [
  ['cohorts', (event, property) => ({ name: 'c', who: { events: [event], where: where(property, 'a'), days: 30 } })],
  ['cohorts', (event) => ({ name: 'd', who: { and: [{ not: { events: [event], days: 3 } }] } })],
  ['rollups', (event, property) => ({ name: 'r', where: where('event', event), dimensions: [property] })],
  ['rollups', (event, property) => ({ name: 's', where: where('column.event', event), measures: [{ sum: property }] })],
  ['insights', (event, property) => ({ name: 'i', query: { measure: { sum: property }, events: [event], ...RANGE } })],
];

describe('a definition with a name that nobody has sent', () => {
  let world: World;
  let post: ReturnType<typeof clientOf>;

  beforeEach(() => {
    world = new World({ nowMs: NOW_MS, keepsNames: true });
    post = clientOf(world);
  });

  const send = () =>
    world.append(0, [record({ id: '1', atMs: NOW_MS - 3 * DAY_MS, event: 'Purchase', properties: { plan: 'a' } })]);

  it('is refused with the nearest names, and taken once the name was sent', async () => {
    send();
    for (const [path, definition] of DEFINITIONS) {
      const refused = await post(path, definition('Purchse', 'plan'));
      expect([path, refused.status, refused.body.code]).toEqual([path, 400, 'event-unknown']);
      expect(refused.body.detail).toContain('Purchase');
      expect([path, (await post(path, definition('Purchase', 'plan'))).status]).toEqual([path, 201]);
    }
  });

  it('is refused for a property in the same way', async () => {
    send();
    for (const [path, definition] of DEFINITIONS) {
      if (!JSON.stringify(definition('a', 'pln')).includes('pln')) continue;
      const refused = await post(path, definition('Purchase', 'pln'));
      expect([path, refused.status, refused.body.code]).toEqual([path, 400, 'property-unknown']);
      expect(refused.body.detail).toContain('plan');
    }
  });

  it('is taken when it allows unknown names, and from a tenant without events', async () => {
    for (const [path, definition] of DEFINITIONS) expect((await post(path, definition('Early', 'x'))).status).toBe(201);
    send();
    const query = { measure: 'count', events: ['Later'], allowUnknown: true, ...RANGE };
    expect((await post('insights', { name: 'i', query })).status).toBe(201);
    for (const [path, definition] of DEFINITIONS) {
      if (path === 'insights') continue;
      const taken = await post(path, { ...definition('Later', 'y'), allowUnknown: true });
      expect([path, taken.status]).toEqual([path, 201]);
      expect(JSON.stringify(taken.body)).not.toContain('allowUnknown');
    }
  });
});

describe('a cohort of an older release', () => {
  const range = { ...RANGE, measure: 'count' } as const;
  const start = async () => {
    const world = new World({ nowMs: NOW_MS, keepsNames: true });
    world.append(0, [
      record({ id: '1', atMs: NOW_MS - 3 * DAY_MS, event: 'Purchase', user_id: 'ann', properties: { plan: 'a' } }),
    ]);
    const save = async (id: string, who: object, isOld = true) => {
      await createCohort(world.db, world.tenant.uid, { id, name: id, who, timezone: 'UTC', createdAtMs: 0 });
      const sql = "UPDATE cohorts SET definition = json_remove(definition, '$.checked') WHERE cohort_id = ?";
      if (isOld) await world.db.prepare(sql).bind(id).run();
    };
    return { world, save };
  };

  it.each<[what: string, who: object, unknown: object | null]>([
    ['an event that was misspelt', { events: ['Purchas'], days: 30 }, { event: 'Purchas' }],
    [
      'a property that was misspelt',
      { events: ['Purchase'], where: where('plam', 'a'), days: 30 },
      { property: 'plam' },
    ],
    ['a misspelt event in a negation', { and: [{ not: { events: ['Bougt'], days: 30 } }] }, { event: 'Bougt' }],
    ['names that events have', { events: ['Purchase'], where: where('plan', 'a'), days: 30 }, null],
  ])('is used as before, and the answer says what is unknown: %s', async (_, who, unknown) => {
    const { world, save } = await start();
    await save('old', who);
    const { meta } = await world.ask({ ...range, where: { cohort: 'old' } });
    expect(meta.unknownNames).toEqual(
      unknown === null ? undefined : [{ cohort: 'old', ...unknown, detail: expect.stringContaining('Known: ') }],
    );
  });

  it('is told apart from one that was saved with allowUnknown, and named beside others', async () => {
    const { world, save } = await start();
    await save('new', { events: ['Purchas'], days: 30 }, false);
    await save('old', { events: ['Purchas'], days: 30 });
    const asked = (cohorts: string[]) => world.ask({ ...range, where: { or: cohorts.map((cohort) => ({ cohort })) } });
    expect((await asked(['new'])).meta.unknownNames).toBeUndefined();
    expect((await asked(['new', 'old'])).meta.unknownNames).toMatchObject([{ cohort: 'old' }]);
    world.append(0, [record({ id: '2', atMs: NOW_MS - DAY_MS, event: 'Purchas', user_id: 'bob' })]);
    expect((await asked(['new', 'old'])).meta.unknownNames).toBeUndefined();
  });
});
