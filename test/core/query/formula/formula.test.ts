import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../../src/core/limits.ts';
import type { Series } from '../../../../src/core/query/fold/answer.ts';
import { formulaNames, parseFormula } from '../../../../src/core/query/formula/formula.ts';
import {
  alignedTo,
  evaluateFormula,
  FormulaBudget,
  type NamedTables,
  seriesOf,
  tableOf,
} from '../../../../src/core/query/formula/table.ts';

const COUNT = { groupBy: [], number: null };
const ats = (count: number) => Array.from({ length: count }, (_, i) => `at-${i}`);
const one = (total: number | null, values: (number | null)[] = []): Series[] => [
  { key: {}, total, points: values.map((value, i) => ({ at: `at-${i}`, value })) },
];
const by = (counts: Record<string, number>): Series[] =>
  Object.entries(counts).map(([country, total]) => ({ key: { country }, total, points: [] }));
const BY_COUNTRY = { groupBy: ['country'], number: null };

function tables(
  now: Record<string, ReturnType<typeof tableOf>>,
  previous: Record<string, ReturnType<typeof tableOf>> = {},
): NamedTables {
  return { now: new Map(Object.entries(now)), previous: new Map(Object.entries(previous)) };
}

function worked(text: string, named: NamedTables): Series[] {
  const formula = parseFormula(text);
  if (!formula.ok) throw new Error(formula.error.message);
  const table = evaluateFormula(formula.value, named);
  if (!table.ok) throw new Error(table.error);
  return seriesOf(table.value);
}

const total = (text: string, named: NamedTables = tables({})) => worked(text, named)[0]!.total;

describe('a formula', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 2 - 3', 5],
    ['12 / 2 / 3', 2],
    ['-2 * -(3 - 1)', 4],
    ['  1.5*2 ', 3],
    ['1 / 0', null],
    ['0 / 0', null],
    ['1 / 0 + 1', null],
  ])('reckons %s', (text, value) => expect(total(text)).toBe(value));

  it.each([
    ['', 0, 'missing'],
    ['1 +', 3, 'missing'],
    ['(1', 2, '")" is missing'],
    ['1 2', 2, 'not expected'],
    ['a b', 2, 'not expected'],
    ['a; b', 1, 'neither'],
    ['a.constructor', 1, 'neither'],
    ['a["b"]', 1, 'neither'],
    ['eval(1)', 0, 'no function eval'],
    ['__proto__', 0, 'neither'],
    ['previous(a + b)', 9, 'name of a question'],
    ['movingAverage(a, 0)', 17, '1 to 366'],
    ['movingAverage(a, b)', 17, '1 to 366'],
    ['movingAverage(a)', 15, '"," is missing'],
    ['1e400', 1, 'not expected'],
    ['('.repeat(40) + 1 + ')'.repeat(40), 32, 'nested'],
    ['-'.repeat(40) + 1, 32, 'nested'],
    [Array.from({ length: 60 }, () => '1').join('+'), 101, 'parts'],
    ['1'.repeat(600), 0, 'characters'],
  ])('that reads %j is refused at %i', (text, at, message) => {
    const parsed = parseFormula(text);
    expect(parsed).toMatchObject({ ok: false, error: { at, message: expect.stringContaining(message) } });
  });

  it('never throws and stays within its bounds, whatever the text', () => {
    const pieces = fc.constantFrom(
      'a',
      'b1',
      '1',
      '.5',
      '(',
      ')',
      '+',
      '-',
      '*',
      '/',
      ',',
      ' ',
      'cumulative(',
      'movingAverage(',
      '7',
      'é',
      '\0',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 80 }),
          fc.array(pieces, { maxLength: 60 }).map((list) => list.join('')),
        ),
        (text) => {
          const parsed = parseFormula(text);
          if (parsed.ok) expect(formulaNames(parsed.value).length).toBeLessThanOrEqual(LIMITS.formulaNodesMax);
        },
      ),
    );
  });

  it('is the arithmetic of JavaScript where that is finite', () => {
    const expression: fc.Arbitrary<string> = fc.letrec<{ whole: string }>((tie) => ({
      whole: fc.oneof(
        { maxDepth: 4 },
        fc.integer({ min: 0, max: 99 }).map(String),
        fc
          .tuple(tie('whole'), fc.constantFrom('+', '-', '*', '/'), tie('whole'))
          .map(([l, o, r]) => `(${l} ${o} ${r})`),
      ),
    })).whole;
    fc.assert(
      fc.property(expression, (text) => {
        fc.pre(text.length <= 400);
        // Inner divisions by zero are null in the formula and may become finite again in plain arithmetic.
        const isNullInside = /\/ 0\b/.test(text);
        const expected = Function(`return ${text}`)() as number;
        const parsed = parseFormula(text);
        if (!parsed.ok || isNullInside || !Number.isFinite(expected)) return;
        const found = total(text);
        if (found !== null) expect(found).toBeCloseTo(expected, 9);
      }),
    );
  });
});

describe('a formula over answers', () => {
  it('is worked out point by point, and for the totals once more', () => {
    const named = tables({ a: tableOf(COUNT, one(6, [1, 2, 3])), b: tableOf(COUNT, one(8, [2, 0, 6])) });
    expect(worked('a / b', named)).toEqual(one(0.75, [0.5, null, 0.5]));
    expect(worked('100 * a', named)).toEqual(one(600, [100, 200, 300]));
    expect(worked('a + b', named)).toEqual(one(14, [3, 2, 9]));
  });

  it('meets lines of the same key; what is not listed counts 0 only when everything is listed', () => {
    const a = tableOf(BY_COUNTRY, by({ DE: 4, FR: 1 }));
    const rest: Series = { key: { country: null }, other: true, total: 50, points: [] };
    expect(worked('a + b', tables({ a, b: tableOf(BY_COUNTRY, by({ DE: 1, IT: 3 })) }))).toEqual(
      by({ DE: 5, IT: 3, FR: 1 }),
    );
    const cut = tableOf(BY_COUNTRY, [...by({ DE: 1 }), rest]);
    expect(worked('a + b', tables({ a, b: cut })).map(({ key, total }) => [key.country, total])).toEqual([
      ['DE', 5],
      ['FR', null],
    ]);
    const average = tableOf(
      { groupBy: ['country'], number: { statistic: 'avg' as const, property: 'x' } },
      by({ DE: 2 }),
    );
    expect(worked('a * b', tables({ a, b: average })).map(({ total }) => total)).toEqual([8, null]);
  });

  it('sets each line against an answer without groups', () => {
    const named = tables({ a: tableOf(BY_COUNTRY, by({ DE: 4, FR: 1 })), all: tableOf(COUNT, one(10)) });
    expect(worked('a / all', named)).toEqual(by({ DE: 0.4, FR: 0.1 }));
    expect(worked('all - a', named)).toEqual(by({ FR: 9, DE: 6 }));
  });

  it('keeps keys apart that look alike', () => {
    const series: Series[] = [
      { key: { country: null }, total: 1, points: [] },
      { key: { country: 'null' }, total: 2, points: [] },
    ];
    expect(worked('a * 1', tables({ a: tableOf(BY_COUNTRY, series) })).map(({ key }) => key.country)).toEqual([
      'null',
      null,
    ]);
  });

  it('adds up and smooths along the points; null is passed over', () => {
    const named = tables({ a: tableOf(COUNT, one(10, [1, null, 3, 6])) });
    expect(worked('cumulative(a)', named)).toEqual(one(10, [1, 1, 4, 10]));
    expect(worked('movingAverage(a, 2)', named)).toEqual(one(4.5, [1, 1, 3, 4.5]));
    expect(worked('movingAverage(a - a, 1)', named)).toEqual(one(0, [0, null, 0, 0]));
  });

  it('smooths over any window as adding up each window would', () => {
    const value = fc.option(fc.integer({ min: -1_000, max: 1_000 }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (points, window) => {
        const named = tables({ a: tableOf(COUNT, one(1, points)) });
        const wanted = points.map((_, index) => {
          const there = points.slice(Math.max(0, index - window + 1), index + 1).filter((each) => each !== null);
          return there.length === 0 ? null : there.reduce((sum, each) => sum + each, 0) / there.length;
        });
        if (points.length === 0) return;
        expect(worked(`movingAverage(a, ${window})`, named)[0]!.points.map((point) => point.value)).toEqual(wanted);
      }),
    );
  });

  it('smooths decimals to the last digits, after values of any size', () => {
    const points = Array.from({ length: 500 }, (_, index) => (index < 250 ? 1e15 + index / 7 : index / 10));
    const named = tables({ a: tableOf(COUNT, one(1, points)) });
    const smoothed = worked('movingAverage(a, 3)', named)[0]!.points.map(({ value }) => value!);
    for (const [index, value] of smoothed.entries()) {
      if (index > 251) expect(value).toBeCloseTo((points[index - 2]! + points[index - 1]! + points[index]!) / 3, 12);
    }
  });

  it('takes time by its points, not by its windows', () => {
    const series = Array.from({ length: 100 }, (_, line) => ({
      key: { plan: `${line}` },
      total: 1,
      points: Array.from({ length: 480 }, (_, index) => ({ at: `t${index}`, value: index })),
    }));
    const named = tables({ a: tableOf({ ...COUNT, groupBy: ['plan'] }, series) });
    const text = `${'movingAverage('.repeat(26)}a${',366)'.repeat(26)}`;
    const startedAtMs = performance.now();
    for (let times = 0; times < 4; times++) expect(worked(text, named)).toHaveLength(100);
    // An average that adds up each window anew takes ten seconds.
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
  });

  it('is refused when all of a call together make, or have, too many values', () => {
    const limits = LIMITS as { formulaValuesMax: number; formulaPointsMax: number };
    const { formulaValuesMax, formulaPointsMax } = LIMITS;
    const named = tables({ a: tableOf(COUNT, one(10, [1, 2, 3])) });
    const sum = parseFormula('a + a + 1');
    if (!sum.ok) throw new Error(sum.error.message);
    const worksTimes = () => {
      const budget = new FormulaBudget();
      for (let times = 0; times < 100; times++) {
        const table = evaluateFormula(sum.value, named, budget);
        if (!table.ok) return [times, table.error];
      }
      return [100];
    };
    limits.formulaValuesMax = 24;
    expect(worksTimes()).toEqual([3, expect.stringContaining('24 values')]);
    limits.formulaValuesMax = formulaValuesMax;
    limits.formulaPointsMax = 20;
    expect(worksTimes()).toEqual([5, expect.stringContaining('20 points')]);
    Object.assign(limits, { formulaPointsMax });
  });

  it('compares with the earlier period, point by point in their order', () => {
    const now = tableOf(COUNT, one(30, [10, 20]));
    const earlier = alignedTo(
      now.ats,
      tableOf(COUNT, [{ key: {}, total: 20, points: [{ at: 'before-0', value: 5 }] }]),
    );
    const named = tables({ a: now }, { a: earlier });
    expect(worked('(a - previous(a)) / previous(a)', named)).toEqual(one(0.5, [1, null]));
  });

  it.each([
    ['a / days', 'same range and interval'],
    ['byCountry / byPath', 'same properties'],
    ['cumulative(a)', 'needs an interval'],
    ['cumulative(1)', 'not a number'],
    ['previous(a)', 'not compared'],
  ])('refuses %s', (text, message) => {
    const named = tables({
      a: tableOf(COUNT, one(1)),
      days: tableOf(COUNT, one(1, [1])),
      byCountry: tableOf(BY_COUNTRY, by({ DE: 1 })),
      byPath: tableOf({ groupBy: ['path'], number: null }, [{ key: { path: '/' }, total: 1, points: [] }]),
    });
    expect(() => worked(text, named)).toThrow(message);
  });

  it('has points only where its questions have', () => {
    expect(ats(2)).toHaveLength(2);
    expect(worked('1 + 1', tables({}))).toEqual([{ key: {}, total: 2, points: [] }]);
  });
});
