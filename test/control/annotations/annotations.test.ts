// Annotations: marks on the time line, put twice without harm, listed by the range that they touch.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { fakeApp } from '../../support/fake-services.ts';

async function start() {
  const made = fakeApp();
  const { keys } = await made.createTenant('shop', { timezone: 'Europe/Berlin' });
  const put = (id: string, body: object, key = keys.admin) => made.call('PUT', `/v1/annotations/${id}`, { key, body });
  const list = async (query = '') =>
    (await made.call('GET', `/v1/annotations${query}`, { key: keys.read })).body.annotations?.map(
      ({ id }: { id: string }) => id,
    );
  return { ...made, keys, put, list };
}

const RELEASE = { at: '2026-01-10T12:00:00+01:00', kind: 'release', text: 'Release 2.3' };

describe('annotations', () => {
  it('are put, replaced, listed and removed', async () => {
    const { put, call, keys, list } = await start();
    expect((await put('release-2-3', RELEASE)).body).toMatchObject({
      id: 'release-2-3',
      at: '2026-01-10T11:00:00.000Z',
      until: null,
      text: 'Release 2.3',
    });
    await put('release-2-3', { ...RELEASE, text: ' Release 2.3.1 ' });
    const { body } = await call('GET', '/v1/annotations', { key: keys.read });
    expect(body.annotations).toMatchObject([{ id: 'release-2-3', text: 'Release 2.3.1' }]);
    const remove = () => call('DELETE', '/v1/annotations/release-2-3', { key: keys.admin });
    expect((await remove()).body).toEqual({ deleted: { id: 'release-2-3' } });
    expect((await remove()).body.code).toBe('annotation-not-found');
    expect(await list()).toEqual([]);
  });

  it('are listed when they touch the range, by time', async () => {
    const { put, list, call, keys } = await start();
    await put('moment', RELEASE);
    await put('long', {
      at: '2026-01-05T00:00:00Z',
      until: '2026-01-09T00:00:00Z',
      kind: 'campaign',
      text: 'Winter sale',
    });
    expect(await list()).toEqual(['long', 'moment']);
    expect(await list('?from=2026-01-10&to=2026-01-11')).toEqual(['moment']);
    expect(await list('?from=2026-01-07&to=2026-01-08')).toEqual(['long']);
    expect(await list('?from=2026-01-09T00:00:00Z')).toEqual(['moment']);
    expect(await list('?to=2026-01-10T11:00:00Z')).toEqual(['long']);
    expect(await list('?kind=release')).toEqual(['moment']);
    const wrong = await call('GET', '/v1/annotations?from=yesterday', { key: keys.read });
    expect(wrong.body.code).toBe('range-invalid');
  });

  it('are written with an admin key, by their own tenant', async () => {
    const { put, keys, createTenant, call, list } = await start();
    for (const key of [keys.read, keys.server, keys.browser]) expect((await put('a', RELEASE, key)).status).toBe(403);
    await put('a', RELEASE);
    const other = await createTenant('rival');
    expect((await call('GET', '/v1/annotations', { key: other.keys.read })).body).toEqual({ annotations: [] });
    expect((await call('DELETE', '/v1/annotations/a', { key: other.keys.admin })).status).toBe(404);
    expect(await list()).toEqual(['a']);
  });

  it('are bounded in their number and in what they say', async () => {
    const { put, services, uid } = await start().then(async (made) => ({
      ...made,
      uid: (await made.services.db.prepare('SELECT uid FROM tenants').first<string>('uid')) as string,
    }));
    for (const wrong of [
      { text: '' },
      { text: 'x'.repeat(501) },
      { kind: 'party' },
      { at: '2026-01-10' },
      { until: RELEASE.at },
      { color: 'red' },
    ])
      expect((await put('a', { ...RELEASE, ...wrong })).body.code).toBe('request-invalid');
    expect((await put('Not/an/id', RELEASE)).status).toBeGreaterThanOrEqual(400);
    await services.db
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
           INSERT INTO annotations SELECT ?1, 'n' || i, i, NULL, 'note', 'x', 0 FROM n`,
      )
      .bind(uid, LIMITS.annotationsMax)
      .run();
    expect((await put('more', RELEASE)).body.code).toBe('annotations-full');
    expect((await put('n7', RELEASE)).status).toBe(200);
  });
});
