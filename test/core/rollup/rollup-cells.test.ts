import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  botsKey,
  isBotsKey,
  isOtherKey,
  namedCountOf,
  OTHER_KEY,
  RollupCells,
  tupleKey,
  tupleValues,
} from '../../../src/core/rollup/rollup-cells.ts';

const value = fc.option(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('\0', '\u0001', '\u0002', 'e', 'n', 't', 'other'), maxLength: 5 }),
    fc.string({ unit: 'binary' }),
  ),
);
const tuple = fc.array(value, { maxLength: 4 });

describe('tupleKey', () => {
  it('is undone by tupleValues', () => {
    fc.assert(
      fc.property(tuple, (values) => {
        expect(tupleValues(tupleKey(values))).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  it('is another for another tuple: no value, null and the empty text differ', () => {
    const tuples = [[], [null], [''], ['', ''], [null, ''], ['\0'], ['\u0001'], ['\u0001', ''], ['\u0002n'], ['other']];
    expect(new Set([...tuples.map(tupleKey), OTHER_KEY]).size).toBe(tuples.length + 1);
  });

  it('is known to be of bots or not, and is the same tuple either way', () => {
    fc.assert(
      fc.property(tuple, (values) => {
        const key = tupleKey(values);
        expect([isBotsKey(key), isBotsKey(botsKey(key)), isOtherKey(botsKey(key))]).toEqual([false, true, false]);
        expect(tupleValues(botsKey(key))).toEqual(values);
      }),
      { numRuns: 500 },
    );
    expect([isBotsKey(OTHER_KEY), isOtherKey(botsKey(OTHER_KEY)), isBotsKey(botsKey(OTHER_KEY))]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('is never the key of the others', () => {
    fc.assert(fc.property(tuple, (values) => tupleKey(values) !== OTHER_KEY));
  });
});

describe('RollupCells', () => {
  const count = (cells: RollupCells, startMs: number, name: string | null) => {
    cells.cell(startMs, tupleKey([name])).count++;
  };
  const totals = (cells: RollupCells) =>
    [...cells.windows].map(([startMs, window]) => [
      startMs,
      [...window.values()].reduce((sum, { count }) => sum + count, 0),
    ]);

  it('gives the same cell for the same window and tuple, another for any other', () => {
    const cells = new RollupCells(1, 0);
    const cell = cells.cell(0, tupleKey(['a']));
    expect(cells.cell(60_000, tupleKey(['a']))).not.toBe(cell);
    expect(cells.cell(0, tupleKey([null]))).not.toBe(cell);
    expect(cells.cell(0, tupleKey(['a']))).toBe(cell);
    expect(cells.overflowed).toBe(false);
  });

  it('has a cap of its own for bots, so that they take no place of others', () => {
    const cells = new RollupCells(1, 0, 2);
    for (const name of ['x', 'y', 'z', 'z']) cells.cell(0, botsKey(tupleKey([name]))).count++;
    for (const name of ['a', 'b']) count(cells, 0, name);
    const shown = () => [...cells.windows.get(0)!].map(([key, cell]) => [key, cell.count]);
    const bots = [
      [botsKey(tupleKey(['x'])), 1],
      [botsKey(tupleKey(['y'])), 1],
      [botsKey(OTHER_KEY), 2],
    ];
    expect(shown()).toEqual([...bots, [tupleKey(['a']), 1], [tupleKey(['b']), 1]]);
    expect(namedCountOf(cells.windows.get(0)!)).toBe(2);
    count(cells, 0, 'c');
    expect(shown().at(-1)).toEqual([OTHER_KEY, 1]);
  });

  it('counts tuples beyond the cap of a window under the others, and says so', () => {
    const cells = new RollupCells(1, 0, 2);
    for (const name of ['a', 'b', 'c', 'a', 'd', 'c', 'b']) count(cells, 0, name);
    count(cells, 60_000, 'c');
    const window = cells.windows.get(0)!;
    expect([...window].map(([key, cell]) => [key, cell.count])).toEqual([
      [tupleKey(['a']), 2],
      [tupleKey(['b']), 2],
      [OTHER_KEY, 3],
    ]);
    expect(cells.overflowed).toBe(true);
    expect(totals(cells)).toEqual([
      [0, 7],
      [60_000, 1],
    ]);
  });

  it('merges to the totals of both, over the cap too', () => {
    const event = fc.tuple(fc.constantFrom(0, 60_000), fc.constantFrom('a', 'b', 'c', 'd', null));
    fc.assert(
      fc.property(fc.array(event), fc.array(event), fc.integer({ min: 1, max: 4 }), (a, b, max) => {
        const [first, second, all] = [new RollupCells(1, 0, max), new RollupCells(1, 0, 9), new RollupCells(1, 0, 9)];
        for (const [startMs, name] of a) count(first, startMs, name);
        for (const [startMs, name] of b) count(second, startMs, name);
        for (const [startMs, name] of [...a, ...b]) count(all, startMs, name);
        const overflowed = first.overflowed;
        first.merge(second);
        expect(totals(first).sort()).toEqual(totals(all).sort());
        if (overflowed) expect(first.overflowed).toBe(true);
      }),
    );
  });

  it('is marked as overflowed by what it merges', () => {
    const over = new RollupCells(1, 0, 1);
    count(over, 0, 'a');
    count(over, 0, 'b');
    const cells = new RollupCells(1, 0);
    cells.merge(over);
    expect(cells.overflowed).toBe(true);
    expect(cells.windows.get(0)?.get(OTHER_KEY)?.count).toBe(1);
  });

  it('takes keys that UTF-8 cannot tell apart for one', () => {
    const cells = new RollupCells(1, 0);
    count(cells, 0, '\ud800');
    count(cells, 0, '\udbff');
    expect(cells.windows.get(0)?.size).toBe(1);
  });
});
