import { describe, expect, it, vi } from 'vitest';

// The modules of the URL and the session read the browser's globals when they are loaded.
vi.stubGlobal('location', { pathname: '/explore', search: '' });
vi.stubGlobal('addEventListener', () => {});
vi.stubGlobal('document', { hidden: true });
// Another file may have loaded them with other globals.
vi.resetModules();
const { lastOf } = await import('../../../../src/dashboard/data/range.ts');
const { bodyOf, savedBodyOf, stateOf } = await import('../../../../src/dashboard/pages/explore/body.ts');
const { paramsOf, readState } = await import('../../../../src/dashboard/pages/explore/state.ts');
const { csvOf } = await import('../../../../src/dashboard/pages/explore/series.ts');

type State = ReturnType<typeof readState>;

const range = { id: '7d', from: '2026-11-23', to: '2026-11-30', interval: 'day' } as const;
const state: State = {
  parts: [
    {
      measure: 'sum',
      property: 'value~net',
      event: 'Purchase',
      filters: [
        { property: 'country', op: 'is', values: ['DE', 'A~T', 'back\\slash'] },
        { property: 'plan', op: 'not', values: ['~'] },
        { property: 'url', op: 'contains', values: ['a~'] },
        { property: 'coupon', op: 'unset', values: [] },
      ],
    },
    { measure: 'users', property: '', event: null, filters: [] },
  ],
  by: ['device', 'person.plan'],
  interval: 'week',
  formula: 'a / b',
  view: 'line',
};

describe('a state of the page', () => {
  it('comes back from its URL as it was', () => {
    const url = new URLSearchParams();
    for (const [name, value] of Object.entries(paramsOf(state)))
      for (const one of value === null ? [] : [value].flat()) url.append(name, one);
    expect(readState(new URLSearchParams(url.toString()))).toEqual(state);
  });

  it('comes back from the call that was saved', () => {
    const body = bodyOf(state, { range, where: undefined, compare: undefined })!;
    expect(stateOf(JSON.parse(JSON.stringify(savedBodyOf(body, '7d'))))).toEqual({ state, rangeId: '7d' });
  });

  it('is null for a call of another form', () => {
    const or = { or: [{ property: 'a', op: 'eq', value: 1 }] };
    expect(stateOf({ measure: 'count', where: or, last: '7 days' })).toBeNull();
    expect(stateOf({ measure: 'count', events: ['a', 'b'], last: '7 days' })).toBeNull();
    expect(stateOf(null)).toBeNull();
  });

  it('asks nothing while a statistic has no property', () => {
    const open = { ...state, parts: [{ ...state.parts[0]!, property: '' }] };
    expect(bodyOf(open, { range, where: undefined, compare: undefined })).toBeNull();
  });
});

describe('a saved call', () => {
  it('moves with time where its range does, and not where that is fixed', () => {
    const body = bodyOf(state, { range, where: undefined, compare: undefined })!;
    const { a } = savedBodyOf(body, '30d').queries;
    expect(a).toMatchObject({ last: '30 days' });
    expect(a).not.toHaveProperty('from');
    expect(savedBodyOf(body, '2026-10').queries.a).toMatchObject({ from: '2026-11-23', to: '2026-11-30' });
    expect(['today', '12m', 'yesterday', '2026-01-01..2026-01-02'].map(lastOf)).toEqual([
      '1 day',
      '12 months',
      null,
      null,
    ]);
  });
});

describe('CSV', () => {
  it('has a row for each point and total, and no field that a spreadsheet computes', () => {
    const series = {
      name: '=SUM("A1")',
      key: {},
      isOther: false,
      total: 3,
      before: null,
      startsMs: [Date.parse('2026-11-29T00:00:00Z')],
      values: [3],
      compared: undefined,
    };
    expect(csvOf([series])).toBe(
      'at,series,value\r\n2026-11-29T00:00:00.000Z,"\'=SUM(""A1"")",3\r\ntotal,"\'=SUM(""A1"")",3',
    );
  });

  it.each([
    ['\r=1', '"\'\r=1"'],
    ['\n=1', '"\'\n=1"'],
    ['＝1', "'＝1"],
    ["'=1", "''=1"],
    ['a;=1', '"a;=1"'],
  ])('keeps a spreadsheet from computing %j', (name, field) => {
    const series = {
      name,
      key: {},
      isOther: false,
      total: 3,
      before: null,
      startsMs: [],
      values: [],
      compared: undefined,
    };
    expect(csvOf([series])).toBe(`at,series,value\r\ntotal,${field},3`);
  });
});
