// Cohorts over HTTP: the keys that each call needs, the refusals, and the isolation of tenants.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { fakeApp } from '../../support/fake-services.ts';

const BUYERS = {
  and: [
    { events: ['Bought'], count: { gte: 2 }, days: 30 },
    { not: { property: 'person.plan', op: 'eq', value: 'x' } },
  ],
};
const QUESTION = { measure: 'users', from: '2026-01-01', to: '2026-01-10' };

describe('cohorts', () => {
  it('are added and removed with an admin key, and listed and shown with a read key', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('shop', { timezone: 'Europe/Berlin' });
    const body = { name: 'Buyers', who: BUYERS };
    expect((await call('POST', '/v1/cohorts', { key: keys.read, body })).status).toBe(403);
    const made = await call('POST', '/v1/cohorts', { key: keys.admin, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'Buyers', who: BUYERS, timezone: 'Europe/Berlin' });
    const { id } = made.body;
    expect((await call('GET', '/v1/cohorts', { key: keys.read })).body).toEqual({ cohorts: [made.body] });
    expect((await call('GET', `/v1/cohorts/${id}`, { key: keys.read })).body).toEqual(made.body);
    const answer = await call('POST', '/v1/query', { key: keys.read, body: { ...QUESTION, where: { cohort: id } } });
    expect([answer.status, answer.body.series[0].total]).toEqual([200, 0]);
    expect((await call('DELETE', `/v1/cohorts/${id}`, { key: keys.read })).status).toBe(403);
    expect((await call('DELETE', `/v1/cohorts/${id}`, { key: keys.admin })).body).toEqual({ deleted: { id } });
    const gone = await call('POST', '/v1/query', { key: keys.read, body: { ...QUESTION, where: { cohort: id } } });
    expect([gone.status, gone.body.code]).toEqual([400, 'cohort-unknown']);
    expect((await call('GET', `/v1/cohorts/${id}`, { key: keys.read })).body.code).toBe('cohort-unknown');
    expect((await call('DELETE', `/v1/cohorts/${id}`, { key: keys.admin })).status).toBe(404);
  });

  it('are unknown to another tenant, in every question', async () => {
    const { call, createTenant } = fakeApp();
    const [mine, other] = [await createTenant('mine'), await createTenant('other')];
    const { body } = await call('POST', '/v1/cohorts', { key: mine.keys.admin, body: { name: 'a', who: BUYERS } });
    const where = { or: [{ cohort: body.id }, { property: 'event', op: 'eq', value: 'x' }] };
    const range = { from: '2026-01-01', to: '2026-01-10' };
    const questions: [string, object][] = [
      ['/v1/query', { ...QUESTION, where }],
      ['/v1/query', { queries: [QUESTION, { ...QUESTION, where }] }],
      ['/v1/query/funnel', { ...range, steps: [{ event: 'a' }, { event: 'b', where }], windowSeconds: 60 }],
      ['/v1/query/sessions', { ...range, where }],
    ];
    for (const [path, question] of questions) {
      const answer = await call('POST', path, { key: other.keys.read, body: question });
      expect([path, answer.status, answer.body.code]).toEqual([path, 400, 'cohort-unknown']);
      expect((await call('POST', path, { key: mine.keys.read, body: question })).status).toBe(200);
    }
    expect((await call('GET', `/v1/cohorts/${body.id}`, { key: other.keys.read })).status).toBe(404);
    expect((await call('DELETE', `/v1/cohorts/${body.id}`, { key: other.keys.admin })).status).toBe(404);
    expect((await call('GET', '/v1/cohorts', { key: other.keys.read })).body).toEqual({ cohorts: [] });
  });

  it('are refused with the place of the fault', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('shop');
    const did = { events: ['a'], days: 3 };
    const deep = (levels: number): unknown => (levels === 0 ? did : { not: deep(levels - 1) });
    const bad: [string, unknown][] = [
      ['/who', 7],
      ['/who', { and: [] }.and],
      ['/who/and', { and: [] }],
      ['/who/days', { events: ['a'] }],
      ['/who/days', { events: ['a'], days: 3, from: '2026-01-01', to: '2026-01-02' }],
      ['/who/to', { events: ['a'], from: '2026-01-02', to: '2026-01-01' }],
      ['/who/days', { events: ['a'], days: LIMITS.queryRangeDaysMax + 1 }],
      ['/who/count', { ...did, count: { gte: 3, lte: 2 } }],
      ['/who/where', { ...did, where: { cohort: 'x' } }],
      ['/who/property', { property: 'country', op: 'eq', value: 'DE' }],
      ['/who/or/1/op', { or: [did, { property: 'person.x', op: 'like', value: 'DE' }] }],
      ['/who', { ...did, ever: true }],
      [`/who${'/not'.repeat(LIMITS.cohortDepthMax)}`, deep(LIMITS.cohortDepthMax)],
      [`/who/or/${LIMITS.cohortPartsMax - 1}`, { or: Array(LIMITS.cohortPartsMax).fill(did) }],
    ];
    for (const [path, who] of bad) {
      const { status, body } = await call('POST', '/v1/cohorts', { key: keys.admin, body: { name: 'a', who } });
      expect([status, body.code, body.path]).toEqual([400, 'request-invalid', path]);
    }
    const unnamed = await call('POST', '/v1/cohorts', { key: keys.admin, body: { who: did } });
    expect([unnamed.status, unnamed.body.path]).toEqual([400, '/name']);
  });

  it('are limited in number', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('shop');
    const add = () =>
      call('POST', '/v1/cohorts', { key: keys.admin, body: { name: 'a', who: { events: ['a'], days: 1 } } });
    for (let made = 0; made < LIMITS.cohortsMax; made++) expect((await add()).status).toBe(201);
    const { status, body } = await add();
    expect([status, body.code, body.limit]).toEqual([409, 'cohorts-full', LIMITS.cohortsMax]);
  });

  it('cannot be used in a rollup, and neither can traits', async () => {
    const { call, createTenant } = fakeApp();
    const { keys } = await createTenant('shop');
    const bodies = [
      { name: 'a', where: { cohort: 'x' } },
      { name: 'a', dimensions: ['person.plan'] },
      { name: 'a', where: { property: 'group.plan', op: 'eq', value: 'x' } },
    ];
    for (const body of bodies) {
      const refused = await call('POST', '/v1/rollups', { key: keys.admin, body });
      expect([refused.status, refused.body.code]).toEqual([400, 'request-invalid']);
    }
  });
});
