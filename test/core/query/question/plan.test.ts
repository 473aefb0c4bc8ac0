import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../src/core/limits.ts';
import { dayGrains, rollupPlans } from '../../../../src/core/query/question/plan.ts';
import { parseQuery } from '../../../../src/core/query/question/request.ts';
import { BOT_ROLLUPS, DEFAULT_ROLLUPS, makeRollup, tellingBots } from '../../../../src/core/rollup/rollup.ts';

const NOW_MS = Date.parse('2024-06-01T12:00:00Z');
const ROLLUPS = [
  ...DEFAULT_ROLLUPS,
  makeRollup('orders', {
    where: { property: 'event', op: 'eq', value: 'Ordered' },
    dimensions: ['plan'],
    numbers: ['revenue'],
  }),
];

function query(body: object, timezone = 'UTC') {
  const parsed = parseQuery({ measure: 'count', from: '2024-05-01', to: '2024-05-08', ...body }, timezone);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}
const plansOf = (body: object, timezone?: string) =>
  rollupPlans(query(body, timezone), ROLLUPS, NOW_MS).map(({ rollup }) => rollup.name);

describe('a plan', () => {
  it('prefers the smallest rollup that answers', () => {
    expect(plansOf({})[0]).toBe('people');
    expect(plansOf({ groupBy: ['event'] })).toEqual(['events']);
    expect(plansOf({ groupBy: ['device', 'country'] })).toEqual(['places']);
    expect(plansOf({ where: { property: 'utm_source', op: 'eq', value: 'x' } })).toEqual(['traffic']);
  });

  it('uses a filtered rollup only where the question has its filter, in whatever order and form', () => {
    const page = { property: 'type', op: 'eq', value: 'page' };
    const path = { property: 'path', op: 'contains', value: '/shop' };
    expect(plansOf({ groupBy: ['path'] })).toEqual([]);
    expect(plansOf({ groupBy: ['path'], where: page })).toEqual(['pages']);
    expect(plansOf({ where: { and: [path, { and: [page] }] } })).toEqual(['pages']);
    expect(plansOf({ where: { or: [path, page] } })).toEqual([]);
    expect(plansOf({ where: { property: 'type', op: 'in', value: ['page'] } })).toEqual(['pages']);
    expect(plansOf({ measure: { sum: 'revenue' }, events: ['Ordered'] })).toEqual(['orders']);
    expect(plansOf({ measure: { sum: 'revenue' } })).toEqual([]);
    expect(plansOf({ measure: { sum: 'price' }, events: ['Ordered'] })).toEqual([]);
  });

  it('leaves to the lake what a dimension’s text does not tell', () => {
    const told = (op: string, value: unknown, property = 'plan') =>
      plansOf({ events: ['Ordered'], where: { property, op, value } }).length > 0;
    expect(told('eq', 'pro')).toBe(true);
    expect(told('in', ['pro', 'free'])).toBe(true);
    expect(told('exists', false)).toBe(true);
    expect(told('eq', 7)).toBe(false);
    expect(told('eq', '7')).toBe(false);
    expect(told('in', ['pro', 'true'])).toBe(false);
    expect(told('eq', '{"a":1}')).toBe(false);
    expect(told('eq', null)).toBe(false);
    expect(told('contains', 'pro')).toBe(false);
    expect(told('gt', 'a')).toBe(false);
    expect(plansOf({ where: { property: 'country', op: 'eq', value: 'x'.repeat(255) } })).toEqual([]);
    expect(plansOf({ where: { property: 'country', op: 'gt', value: 'D' } })).toEqual(['places']);
  });

  it('answers without bots from rollups that tell them, first from those that say how many they are', () => {
    const notBot = { property: 'column.device', op: 'neq', value: 'bot' } as const;
    const filtered = makeRollup('filtered', { where: notBot });
    const byDevice = makeRollup('by device', { dimensions: ['column.device'] });
    const rollups = [...DEFAULT_ROLLUPS, filtered, byDevice, ...BOT_ROLLUPS];
    const plans = (body: object) => rollupPlans(query({ bots: 'exclude', ...body }), rollups, NOW_MS);
    const shown = (body: object) => plans(body).map(({ rollup, leavesOutBots }) => [rollup.name, leavesOutBots]);
    expect(shown({})).toEqual([
      ...['people', 'events', 'traffic', 'places'].map((name) => [name, true]),
      ['filtered', false],
      ['by device', false],
    ]);
    expect(shown({ groupBy: ['event'] })).toEqual([['events', true]]);
    expect(shown({ where: { property: 'type', op: 'eq', value: 'page' }, groupBy: ['path'] })).toEqual([
      ['pages', true],
    ]);
    expect(plans({ groupBy: ['event'] })[0]!.residual).toBeNull();
    // The asker's own filter is the same condition, and needs no choice.
    expect(shown({ bots: 'include', where: notBot })).toContainEqual(['people', true]);
  });

  it('does not answer without bots from a rollup of which the device has another meaning', () => {
    const plans = (rollups: typeof ROLLUPS) => rollupPlans(query({ bots: 'exclude' }), rollups, NOW_MS);
    // `device` is the property of that name, of an event that has one.
    expect(plans([makeRollup('sent', { dimensions: ['device'] })])).toEqual([]);
    expect(plans([...DEFAULT_ROLLUPS])).toEqual([]);
    expect(plans([tellingBots(ROLLUPS.at(-1)!)])).toEqual([]);
  });

  it('takes bounds that cut a minute', () => {
    expect(plansOf({ from: '2024-05-01T10:00:30Z' })).not.toEqual([]);
    expect(plansOf({ to: '2024-05-07T10:00:00.001Z' })).not.toEqual([]);
  });

  it('says how fine each day must be', () => {
    const grains = (body: object, timezone?: string) =>
      [...(dayGrains(query(body, timezone), NOW_MS) ?? [])].map(
        ([day, grain]) => `${new Date(day * DAY_MS).toISOString().slice(8, 10)} ${grain}`,
      );
    expect(grains({})).toEqual([]);
    expect(grains({ interval: 'day' })).toEqual([]);
    expect(grains({ from: '2024-05-01T10:00Z', to: '2024-05-07T10:30Z' })).toEqual(['01 hour', '07 minute']);
    expect(grains({ interval: 'hour', to: '2024-05-03' })).toEqual(['01 hour', '02 hour']);
    expect(grains({ interval: 'day', to: '2024-05-03' }, 'America/New_York')).toEqual([
      '01 hour',
      '02 hour',
      '03 hour',
    ]);
    expect(grains({ to: '2024-05-03' }, 'Asia/Kolkata')).toEqual(['30 minute', '02 minute']);
  });
});
