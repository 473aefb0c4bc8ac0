import { describe, expect, it } from 'vitest';
import { rankSeries } from '../../../../src/core/query/fold/answer.ts';
import { CountTally } from '../../../../src/core/query/fold/count-tally.ts';
import { Grouping, TalliedFold } from '../../../../src/core/query/fold/grouping.ts';
import { NumberTally } from '../../../../src/core/query/fold/number-tally.ts';
import { PeopleTally } from '../../../../src/core/query/fold/people-tally.ts';
import { QuantileTally, SketchedQuantileTally } from '../../../../src/core/query/fold/quantile-tally.ts';
import { parseQuery } from '../../../../src/core/query/question/request.ts';
import { randomFrom } from '../../../lake/generate.ts';

function query(body: object) {
  const parsed = parseQuery({ measure: 'count', from: '2024-05-01', to: '2024-05-03', ...body }, 'UTC');
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function counted(body: object, counts: [key: (string | null)[], bucket: number, count: number][]) {
  const question = query(body);
  const grouping = new Grouping(question.bucketStarts.length);
  const tally = new CountTally();
  for (const [key, bucket, count] of counts) tally.add(grouping.slot(grouping.group(key), bucket), count);
  return rankSeries(question, new TalliedFold(grouping, tally)).series;
}

describe('series', () => {
  it('go by total, then by code points, the absent first', () => {
    const series = counted({ groupBy: ['plan'] }, [
      [['\u{1F600}'], 0, 2],
      [['～'], 0, 2],
      [['b'], 0, 2],
      [[null], 0, 2],
      [[''], 0, 2],
      [['a'], 0, 3],
    ]);
    expect(series.map(({ key }) => key.plan)).toEqual(['a', null, '', 'b', '～', '\u{1F600}']);
  });

  it('beyond the top are one last series, so that counts still add up', () => {
    const series = counted({ groupBy: ['plan'], top: 1, interval: 'day' }, [
      [['a'], 0, 5],
      [['b'], 0, 4],
      [['c'], 0, 1],
      [['c'], 1, 2],
    ]);
    expect(series).toEqual([
      {
        key: { plan: 'a' },
        total: 5,
        points: [
          { at: '2024-05-01T00:00:00.000Z', value: 5 },
          { at: '2024-05-02T00:00:00.000Z', value: 0 },
        ],
      },
      {
        key: { plan: null },
        other: true,
        total: 7,
        points: [
          { at: '2024-05-01T00:00:00.000Z', value: 5 },
          { at: '2024-05-02T00:00:00.000Z', value: 2 },
        ],
      },
    ]);
  });

  it('without a group are one, even of nothing', () => {
    expect(counted({}, [])).toEqual([{ key: {}, total: 0, points: [] }]);
    expect(counted({ measure: { avg: 'x' } }, [])).toEqual([{ key: {}, total: null, points: [] }]);
    expect(counted({ measure: { sum: 'x' } }, [])).toEqual([{ key: {}, total: 0, points: [] }]);
    expect(counted({ groupBy: ['plan'] }, [])).toEqual([]);
  });

  it('are not confused by names that objects have of their own', () => {
    const [series] = counted({ groupBy: ['__proto__'] }, [[['x'], 0, 1]]);
    expect(JSON.stringify(series?.key)).toBe('{"__proto__":"x"}');
  });
});

describe('people', () => {
  it('are counted once however slots are put together', () => {
    const random = randomFrom(3);
    const tally = new PeopleTally();
    const sets = Array.from({ length: 50 }, () => new Set<number>());
    for (let n = 0; n < 60_000; n++) {
      const slot = Math.floor(random() * 50);
      const person = 1 + Math.floor(random() * 5_000);
      sets[slot]!.add(person);
      tally.add(slot, person % 7, Math.imul(person, 0x9e3779b1) >>> 0);
      if (n % 10 === 0) tally.add(slot, 0, 0);
    }
    for (const [slot, set] of sets.entries()) expect(tally.merged([slot]).value).toBe(set.size);
    for (const slots of [[0, 1], [3, 9, 27], sets.map((_, slot) => slot), []]) {
      expect(tally.merged(slots).value).toBe(new Set(slots.flatMap((slot) => [...sets[slot]!])).size);
    }
  });
});

describe('quantiles', () => {
  it('are by nearest rank: always a value that occurred', () => {
    const quantileOf = (quantile: number, values: number[]) => {
      const tally = new QuantileTally(quantile);
      for (const value of values) tally.add(0, value);
      return tally.merged([0]).value;
    };
    expect(quantileOf(0.5, [3, 1])).toBe(1);
    expect(quantileOf(0.9, [3, 1, 2])).toBe(3);
    expect(quantileOf(0.9, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1])).toBe(9);
    expect(
      quantileOf(
        0.99,
        Array.from({ length: 100 }, (_, n) => n + 1),
      ),
    ).toBe(99);
    expect(quantileOf(0.5, [-5])).toBe(-5);
  });

  it('from sketches are the same ranks within half a percent', () => {
    const random = randomFrom(5);
    for (const count of [2, 3, 5, 10, 101, 2_000]) {
      for (const quantile of [0.5, 0.9, 0.95, 0.99]) {
        const exact = new QuantileTally(quantile);
        const sketched = new SketchedQuantileTally(quantile);
        for (let n = 0; n < count; n++) {
          const value = Math.round(random() ** 3 * 1e6) / 100;
          exact.add(n % 3, value);
          sketched.add(n % 3, value);
        }
        const slots = [0, 1, 2].slice(0, Math.min(3, count));
        const wanted = exact.merged(slots).value!;
        expect(Math.abs(sketched.merged(slots).value! - wanted)).toBeLessThanOrEqual(0.005 * wanted + 1e-9);
      }
    }
  });
});

describe('sums', () => {
  it('are the decimal that a person gets', () => {
    const tally = new NumberTally('sum');
    for (let n = 0; n < 10; n++) tally.add(n % 2, 0.1);
    expect(tally.merged([0, 1])).toEqual({ value: 1, estimated: false });
  });

  it('that could not be held to their last digit say so', () => {
    const tally = new NumberTally('sum');
    tally.add(0, 0.12345678);
    expect(tally.merged([0]).estimated).toBe(true);
  });
});
