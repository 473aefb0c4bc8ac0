import { describe, expect, it } from 'vitest';
import { parseInstant, parseQuery } from '../../../../src/core/query/question/request.ts';

const question = { measure: 'count', from: '2024-03-01', to: '2024-03-02' };

function refused(body: unknown): { code: string; path: string } {
  const parsed = parseQuery(body, 'UTC');
  if (parsed.ok) throw new Error('was taken');
  return { code: parsed.error.code, path: parsed.error.path };
}

function taken(body: unknown, timezone = 'UTC') {
  const parsed = parseQuery(body, timezone);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

describe('a question', () => {
  it('is refused with the code of what is wrong and where', () => {
    const cases: [unknown, string, string][] = [
      [null, 'query-invalid', ''],
      [{ ...question, gruopBy: ['event'] }, 'field-unknown', ''],
      [{ ...question, measure: 'visits' }, 'measure-invalid', '/measure'],
      [{ ...question, measure: { sum: 'a', avg: 'b' } }, 'measure-invalid', '/measure'],
      [{ ...question, measure: {} }, 'measure-invalid', '/measure'],
      [{ ...question, events: [] }, 'events-invalid', '/events'],
      [{ ...question, where: { property: 'a', op: 'like', value: 'b' } }, 'where-invalid', '/where/op'],
      [
        { ...question, where: { and: [{ property: 'a', op: 'eq', value: {} }] } },
        'where-invalid',
        '/where/and/0/value',
      ],
      [{ ...question, groupBy: ['a', 'b', 'c'] }, 'group-by-invalid', '/groupBy'],
      [{ ...question, groupBy: ['a', 'a'] }, 'group-by-invalid', '/groupBy'],
      [{ ...question, interval: 'year' }, 'interval-unknown', '/interval'],
      [{ ...question, from: 'yesterday' }, 'range-invalid', '/from'],
      [{ ...question, to: '2024-02-30' }, 'range-invalid', '/to'],
      [{ ...question, from: '2024-03-01T00:00:00' }, 'range-invalid', '/from'],
      [{ ...question, to: '2024-03-01' }, 'range-inverted', '/to'],
      [{ ...question, from: '2024-03-05' }, 'range-inverted', '/to'],
      [{ ...question, to: '2025-04-06', interval: 'hour' }, 'range-too-wide', '/to'],
      [{ ...question, to: '2029-03-03' }, 'range-too-wide', '/to'],
      [{ ...question, to: '2029-03-03', interval: 'month' }, 'range-too-wide', '/to'],
      [{ ...question, cursor: 'x' }, 'cursor-invalid', '/cursor'],
      [{ ...question, cursor: '%5B1%2C%22a%22%5D' }, 'cursor-invalid', '/cursor'],
      [{ ...question, groupBy: ['a', 'b'], cursor: '%5B1%2C%22a%22%5D' }, 'cursor-invalid', '/cursor'],
      [{ ...question, textNumbers: 'yes' }, 'query-invalid', '/textNumbers'],
      [{ ...question, timezone: 'Mars/Olympus' }, 'timezone-unknown', '/timezone'],
      [{ ...question, exact: 'yes' }, 'exact-invalid', '/exact'],
      [{ ...question, top: 0 }, 'top-invalid', '/top'],
      [{ ...question, to: '2024-06-01', interval: 'minute' }, 'too-many-points', '/interval'],
      [{ ...question, interval: 'hour', groupBy: ['event'], to: '2024-12-01', top: 50 }, 'too-many-points', '/top'],
    ];
    for (const [body, code, path] of cases) expect({ body, ...refused(body) }).toEqual({ body, code, path });
  });

  it('takes dates as midnights of its zone, the tenant’s unless it names one', () => {
    expect(taken(question, 'Asia/Kolkata').startMs).toBe(Date.parse('2024-02-29T18:30Z'));
    expect(taken({ ...question, timezone: 'America/New_York' }, 'Asia/Kolkata').endMs).toBe(
      Date.parse('2024-03-02T05:00Z'),
    );
  });

  it('may cover five years by the day or longer, and 400 days by the hour', () => {
    for (const interval of ['day', 'week', 'month', undefined]) {
      expect(taken({ ...question, from: '2019-03-01', to: '2024-03-01', interval }).startMs).toBeGreaterThan(0);
    }
    expect(taken({ ...question, from: '2023-03-01', to: '2024-03-01', interval: 'hour' }).startMs).toBeGreaterThan(0);
  });

  it('names the intervals of which it holds only a part', () => {
    const cut = (more: object) => taken({ ...question, ...more }).cutBuckets;
    expect(cut({ from: '2026-03-16', to: '2026-03-23', interval: 'week' })).toEqual([]);
    expect(cut({ from: '2026-03-20', to: '2026-03-23', interval: 'week' })).toEqual([0]);
    expect(cut({ from: '2026-03-16', to: '2026-03-25', interval: 'week' })).toEqual([1]);
    expect(cut({ from: '2026-03-02', to: '2026-03-20', interval: 'month' })).toEqual([0]);
    expect(cut({ from: '2026-01-20', to: '2026-03-20', interval: 'month' })).toEqual([0, 2]);
    expect(cut({ from: '2026-03-16T10:30:00Z', to: '2026-03-17', interval: 'hour' })).toEqual([0]);
    expect(cut({ from: '2026-03-16', to: '2026-03-18', interval: 'day', timezone: 'America/New_York' })).toEqual([]);
    expect(
      cut({ from: '2026-03-16T00:00:00Z', to: '2026-03-18T04:00:00Z', interval: 'day', timezone: 'America/New_York' }),
    ).toEqual([0]);
    expect(cut({ from: '2026-03-20', to: '2026-03-25' })).toEqual([]);
  });

  it('may cover 400 local days by the hour, an hour longer where clocks change', () => {
    expect(
      taken({ ...question, interval: 'hour', from: '2023-06-01', to: '2024-07-05', timezone: 'UTC' }).endMs,
    ).toBeGreaterThan(0);
    expect(
      taken({ ...question, interval: 'hour', from: '2024-10-01', to: '2025-11-05', timezone: 'Europe/London' }).endMs,
    ).toBeGreaterThan(0);
  });

  it('joins its events and its condition', () => {
    const where = { property: 'country', op: 'eq', value: 'DE' };
    expect(taken({ ...question, events: ['A'] }).where).toEqual({ property: 'column.event', op: 'eq', value: 'A' });
    expect(taken({ ...question, events: ['A', 'B'], where }).where).toEqual({
      and: [{ property: 'column.event', op: 'in', value: ['A', 'B'] }, where],
    });
  });

  it('without `top` gets as many series as points allow', () => {
    expect(taken({ ...question, groupBy: ['event'] }).top).toBe(100);
    expect(taken({ ...question, groupBy: ['event'], interval: 'minute' }).top).toBe(33);
  });
});

describe('an instant', () => {
  it('is an ISO time with its zone, or a date', () => {
    expect(parseInstant('2024-03-31T12:00:00.5+05:30', 'UTC')).toBe(Date.parse('2024-03-31T06:30:00.500Z'));
    expect(parseInstant('2024-03-31', 'Europe/London')).toBe(Date.parse('2024-03-31T00:00Z'));
    for (const text of [
      '2024-13-01',
      '2024-02-29T25:00Z',
      '20240101',
      '1709251200000',
      '0001-01-01',
      '2023-02-29T00:00Z',
    ]) {
      expect({ text, atMs: parseInstant(text, 'UTC') }).toEqual({ text, atMs: null });
    }
  });
});
