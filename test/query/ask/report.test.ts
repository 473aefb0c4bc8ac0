// Reports through the route: several questions, formulas over them, and comparisons with earlier ranges.

import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/limits.ts';
import type { ShardAddress } from '../../../src/core/shard/shard-map.ts';
import { record } from '../../support/events.ts';
import { fakeApp, START_MS } from '../../support/fake-services.ts';
import { World } from '../support/world.ts';

const WEEK = { from: '2026-01-12', to: '2026-01-19', interval: 'day' };

async function shop() {
  const world = new World({ nowMs: START_MS });
  const { call, createTenant } = fakeApp({
    shardOf: world.ports.shardOf as (address: ShardAddress) => never,
    directoryOf: world.ports.directoryOf as never,
  });
  const { keys } = await createTenant('shop', { timezone: 'UTC' });
  const ask = (body: unknown) => call('POST', '/v1/query', { key: keys.read, body });
  const happened = (event: string, count: number, daysAgo: number, country = 'DE') =>
    world.append(
      0,
      Array.from({ length: count }, (_, i) =>
        record({ id: `${event}-${country}-${daysAgo}-${i}`, event, atMs: START_MS - daysAgo * DAY_MS, country }),
      ),
    );
  return { ask, happened };
}

describe('named questions and formulas', () => {
  it('answer both, point by point', async () => {
    const { ask, happened } = await shop();
    happened('Visit', 10, 0);
    happened('Visit', 4, 1);
    happened('Visit', 2, 1, 'FR');
    happened('Purchase', 3, 1);
    const { status, body } = await ask({
      queries: {
        visits: { measure: 'count', events: ['Visit'], ...WEEK },
        purchases: { measure: 'count', events: ['Purchase'], ...WEEK },
      },
      formulas: { rate: 'purchases / visits', percent: '100 * rate', smooth: 'movingAverage(visits, 2)' },
    });
    expect(status).toBe(200);
    expect(body.answers.visits.series[0].total).toBe(16);
    expect(body.formulas.rate.series).toHaveLength(1);
    const { key, total, points } = body.formulas.rate.series[0];
    expect({ key, total }).toEqual({ key: {}, total: 3 / 16 });
    expect(points.map(({ value }: { value: number | null }) => value)).toEqual([null, null, 0.5, 0, null, null, null]);
    expect(points[2].at).toBe('2026-01-14T00:00:00.000Z');
    expect(body.formulas.percent.series[0].points[2].value).toBe(50);
    expect(body.formulas.smooth.series[0].points[3].value).toBe(8);
    expect(body.answers.visits.meta).toMatchObject({ pending: 0, complete: false });
  });

  it('compare with an earlier period, and both are in the answer', async () => {
    const { ask, happened } = await shop();
    happened('Visit', 10, 0);
    happened('Visit', 4, 7);
    const question = { measure: 'count', groupBy: ['country'], ...WEEK, compare: { offset: '1 week' } };
    const { body } = await ask(question);
    expect(body.series[0].total).toBe(10);
    expect(body.compared).toMatchObject({ from: '2026-01-05T00:00:00.000Z', to: '2026-01-12T00:00:00.000Z' });
    expect(body.compared.series[0]).toMatchObject({ key: { country: 'DE' }, total: 4 });
    expect(body.compared.meta.complete).toBe(true);
    // Both rankings go on behind the first series; neither has a page after it.
    const { status, body: first } = await ask({ ...question, groupBy: ['id'], top: 1 });
    expect([status, first.cursor, first.compared.cursor]).toEqual([200, undefined, undefined]);
    expect((await ask({ ...question, groupBy: ['id'], top: 1, compare: undefined })).body.cursor).toBeTypeOf('string');
    const { body: grown } = await ask({
      queries: { a: question },
      formulas: { growth: '(a - previous(a)) / previous(a)' },
    });
    expect(grown.formulas.growth.series[0].total).toBe(1.5);
    expect(grown.formulas.growth.series[0].points[3]).toEqual({ at: '2026-01-15T00:00:00.000Z', value: 1.5 });
  });

  it('take a range that ends today in place of two dates', async () => {
    const { ask, happened } = await shop();
    happened('Visit', 1, 0);
    happened('Visit', 2, 1);
    happened('Visit', 4, 2);
    const { body } = await ask({ queries: [{ measure: 'count', last: '2 days', interval: 'day' }] });
    expect(body.answers[0].series[0]).toMatchObject({ total: 3, points: [{ value: 2 }, { value: 1 }] });
  });

  it.each([
    [{ queries: {} }, 'query-invalid', '/queries'],
    [{ queries: { 'a b': {} } }, 'query-invalid', '/queries'],
    [{ queries: { cumulative: {} } }, 'query-invalid', '/queries'],
    [{ queries: [{ measure: 'count', ...WEEK }], formulas: { a: '1' } }, 'query-invalid', '/queries'],
    [{ queries: { a: { measure: 'count', ...WEEK, form: 1 } } }, 'field-unknown', '/queries/a'],
    [{ queries: { a: { measure: 'count', ...WEEK } }, formulas: { b: 'a / c' } }, 'formula-invalid', '/formulas/b'],
    [{ queries: { a: { measure: 'count', ...WEEK } }, formulas: { a: '1' } }, 'formula-invalid', '/formulas/a'],
    [{ queries: { a: { measure: 'count', ...WEEK } }, formulas: { b: 'b + 1' } }, 'formula-invalid', '/formulas/b'],
    [
      { queries: { a: { measure: 'count', ...WEEK } }, formulas: { b: 'previous(a)' } },
      'formula-invalid',
      '/formulas/b',
    ],
    [{ queries: { a: { measure: 'count', ...WEEK } }, formulas: { b: 1 } }, 'formula-invalid', '/formulas/b'],
    [{ measure: 'count', ...WEEK, compare: { offset: 'a week' } }, 'compare-invalid', '/compare'],
    [{ measure: 'count', ...WEEK, compare: '1 week' }, 'compare-invalid', '/compare'],
    [{ measure: 'count', ...WEEK, compare: { offset: '900 years' } }, 'compare-invalid', '/compare/offset'],
    [{ measure: 'count', ...WEEK, last: '7 days' }, 'last-invalid', '/last'],
    [{ measure: 'count', last: 'forever' }, 'last-invalid', '/last'],
    [{ measure: 'count', last: '6 years' }, 'range-too-wide', '/to'],
    [{ measure: 'count', last: '7 days', timezone: 'Mars' }, 'timezone-unknown', '/timezone'],
    [[], 'query-invalid', ''],
  ])('are refused when they are %j', async (question, code, path) => {
    const { ask } = await shop();
    const { status, body } = await ask(question);
    expect({ status, code: body.code, path: body.path }).toEqual({ status: 400, code, path });
  });
});
