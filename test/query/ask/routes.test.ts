import { describe, expect, it } from 'vitest';
import { BOT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import { record } from '../../support/events.ts';
import { fakeApp, START_MS } from '../../support/fake-services.ts';
import { World } from '../support/world.ts';

const DAY = { from: '2026-01-15', to: '2026-01-16' };

async function shop() {
  const world = new World({ nowMs: START_MS, rollups: BOT_ROLLUPS });
  const { call, createTenant } = fakeApp({
    shardOf: world.ports.shardOf as (address: ShardAddress) => never,
    directoryOf: world.ports.directoryOf as never,
  });
  const { keys } = await createTenant('shop', { timezone: 'Europe/London' });
  const ask = (body: unknown, key = keys.read) => call('POST', '/v1/query', { key, body });
  return { world, keys, ask };
}

describe('POST /v1/query', () => {
  it('answers with series and what they can vouch for', async () => {
    const { world, ask } = await shop();
    world.append(0, [
      record({ id: 'a', atMs: START_MS, country: 'DE' }),
      record({ id: 'b', atMs: START_MS, country: 'FR' }),
    ]);
    const { status, body } = await ask({ measure: 'count', groupBy: ['country'], interval: 'day', ...DAY });
    expect(status).toBe(200);
    expect(body).toEqual({
      series: [
        { key: { country: 'DE' }, total: 1, points: [{ at: '2026-01-15T00:00:00.000Z', value: 1 }] },
        { key: { country: 'FR' }, total: 1, points: [{ at: '2026-01-15T00:00:00.000Z', value: 1 }] },
      ],
      meta: {
        asOf: new Date(START_MS - 30_000).toISOString(),
        complete: false,
        pending: 0,
        sources: {
          live: { shards: 1, answered: 1, events: 2 },
          rollups: { rollup: 'places', sealedDays: 0, parts: 0 },
          lake: null,
        },
        revision: 0,
        scannedEvents: 0,
        elapsedMs: 0,
        read: { from: new Date(START_MS).toISOString(), until: new Date(START_MS).toISOString() },
        bots: { choice: 'exclude', by: 'tenant', excluded: 0 },
      },
    });
  });

  it('answers several questions in their order', async () => {
    const { world, ask } = await shop();
    world.append(0, [
      record({ id: 'a', atMs: START_MS, user_id: 'u' }),
      record({ id: 'b', atMs: START_MS, user_id: 'u' }),
    ]);
    const { body } = await ask({
      queries: [
        { measure: 'count', ...DAY },
        { measure: 'users', ...DAY },
      ],
    });
    expect(body.answers.map((answer: { series: { total: number }[] }) => answer.series[0]?.total)).toEqual([2, 1]);
  });

  it('says what is wrong with a question, and with which', async () => {
    const { ask } = await shop();
    expect(await ask({ measure: 'count', from: '2026-01-16', to: '2026-01-15' })).toMatchObject({
      status: 400,
      body: { code: 'range-inverted', path: '/to' },
    });
    expect(
      await ask({
        queries: [
          { measure: 'count', ...DAY },
          { measure: 'counts', ...DAY },
        ],
      }),
    ).toMatchObject({
      status: 400,
      body: { code: 'measure-invalid', path: '/queries/1/measure' },
    });
    expect(await ask({ queries: [] })).toMatchObject({ status: 400, body: { code: 'query-invalid' } });
    expect(await ask({ queries: Array.from({ length: 13 }, () => ({ measure: 'count', ...DAY })) })).toMatchObject({
      status: 400,
    });
    expect(await ask('{')).toMatchObject({ status: 400, body: { code: 'json-invalid' } });
    expect(await ask('null')).toMatchObject({ status: 400, body: { code: 'query-invalid' } });
  });

  it('wants a key that may read', async () => {
    const { ask, keys } = await shop();
    expect((await ask({ measure: 'count', ...DAY }, keys.write)).status).toBe(403);
    expect((await ask({ measure: 'count', ...DAY }, keys.admin)).status).toBe(200);
    expect((await ask({ measure: 'count', ...DAY }, 'nonsense')).status).toBe(401);
  });

  it('has an answer in the API document', async () => {
    const { call } = fakeApp();
    const { body } = await call('GET', '/openapi.json');
    expect(body.paths['/v1/query'].post.requestBody.content['application/json']).toBeDefined();
  });
});
