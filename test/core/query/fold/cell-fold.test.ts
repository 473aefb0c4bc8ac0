import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../../src/core/limits.ts';
import { rankSeries } from '../../../../src/core/query/fold/answer.ts';
import { CellFold } from '../../../../src/core/query/fold/cell-fold.ts';
import { rollupPlans } from '../../../../src/core/query/question/plan.ts';
import { parseQuery } from '../../../../src/core/query/question/request.ts';
import { decodeRollupCells, encodeRollupCells } from '../../../../src/core/rollup/cell-codec.ts';
import { makeRollup } from '../../../../src/core/rollup/rollup.ts';
import { RollupCells, tupleKey } from '../../../../src/core/rollup/rollup-cells.ts';

const START_MS = Date.parse('2024-05-01T00:00Z');
const END_MS = Date.parse('2024-05-02T00:00Z');
const rollup = makeRollup('paths', { dimensions: ['path'] });

function folded(body: object, cells: RollupCells) {
  const parsed = parseQuery({ measure: 'count', from: '2024-05-01', to: '2024-05-02', ...body }, 'UTC');
  if (!parsed.ok) throw new Error(parsed.error.message);
  const [plan] = rollupPlans(parsed.value, [rollup], END_MS);
  if (!plan) throw new Error('no plan');
  const fold = new CellFold(parsed.value, plan);
  fold.add(cells, START_MS, END_MS);
  return { shortfall: fold.shortfall, ...rankSeries(parsed.value, fold.finish()) };
}

function pathCells(paths: string[], windowCellsMax?: number): RollupCells {
  const cells = new RollupCells(1, 0, windowCellsMax);
  for (const path of paths) {
    const cell = cells.cell(START_MS, tupleKey([path]));
    cell.count++;
    cell.people.add(7, path.length);
  }
  return cells;
}

describe('cells beyond the cap', () => {
  const cells = pathCells(['/a', '/b', '/c', '/d'], 2);

  it('still give exact totals', () => {
    expect(folded({}, cells)).toMatchObject({ shortfall: null, series: [{ total: 4 }] });
  });

  it('do not answer what names or ranks a dimension', () => {
    expect(folded({ groupBy: ['path'] }, cells).shortfall).toBe('overflowed');
    expect(folded({ where: { property: 'path', op: 'neq', value: '/a' } }, cells).shortfall).toBe('overflowed');
  });

  it('do not matter in windows out of range', () => {
    expect(folded({ groupBy: ['path'], from: '2024-05-01T01:00Z' }, cells).shortfall).toBe(null);
  });
});

describe('a text that was cut', () => {
  it('is not looked into, and not mistaken for another', () => {
    const cells = pathCells([`/${'x'.repeat(255)}`, '/a']);
    expect(folded({ where: { property: 'path', op: 'contains', value: 'y' } }, cells).shortfall).toBe('truncated');
    expect(folded({ where: { property: 'path', op: 'eq', value: '/a' } }, cells)).toMatchObject({
      shortfall: null,
      series: [{ total: 1 }],
    });
  });
});

describe('people of a seal', () => {
  it('are exact alone, a floor with others', () => {
    const sealed = new RollupCells(1, 0);
    const cell = sealed.cell(START_MS, tupleKey(['/a']));
    cell.count = 5_000;
    for (let n = 1; n <= 4_000; n++) cell.people.add(Math.imul(n, 0x9e3779b1) >>> 0, Math.imul(n, 0x85ebca6b) >>> 0);
    cell.exactPeople = 4_000;
    expect(folded({ measure: 'users' }, sealed)).toMatchObject({ estimated: false, series: [{ total: 4_000 }] });
    const more = folded({ measure: 'users' }, mergedWith(sealed, pathCells(['/b'])));
    expect(more.estimated).toBe(true);
    expect(more.series[0]!.total).toBeGreaterThanOrEqual(4_000);
  });
});

function mergedWith(a: RollupCells, b: RollupCells): RollupCells {
  const both = new RollupCells(1, 0);
  both.merge(a);
  both.merge(b);
  return both;
}

describe('cells read without their people', () => {
  it('say the same of everything else', () => {
    const rollupCells = new RollupCells(1, 1);
    for (let person = 1; person <= 1_200; person++) {
      for (const path of person % 400 === 0 ? ['/', '/a'] : ['/a']) {
        const cell = rollupCells.cell(START_MS + person * 1_000, tupleKey([path]));
        cell.count++;
        cell.people.add(person, person);
        cell.numbers[0]!.add(person / 4);
      }
      const all = rollupCells.cell(START_MS, tupleKey([null]));
      all.count++;
      all.people.add(person, person);
    }
    const [bytes] = encodeRollupCells(rollupCells);
    const whole = decodeRollupCells(bytes!);
    const without = decodeRollupCells(bytes!, { withPeople: false });
    expect(without.windows.size).toBe(whole.windows.size);
    for (const [startMs, window] of whole.windows) {
      for (const [key, { count, numbers }] of window) {
        const cell = without.windows.get(startMs)!.get(key)!;
        expect({ count: cell.count, sum: cell.numbers[0]!.sum.toNumber() }).toEqual({
          count,
          sum: numbers[0]!.sum.toNumber(),
        });
        expect(cell.people.count()).toBe(0);
      }
    }
  });
});

it('cells of more groups than are held at once cannot answer', () => {
  const limits = LIMITS as { queryHeldSizeBytesMax: number };
  const { queryHeldSizeBytesMax } = LIMITS;
  limits.queryHeldSizeBytesMax = 1_000;
  const cells = pathCells(['/a', '/b', '/c', '/d', '/e', '/f']);
  expect(folded({ groupBy: ['path'] }, cells).shortfall).toBe('too-large');
  expect(folded({}, cells).shortfall).toBeNull();
  Object.assign(limits, { queryHeldSizeBytesMax });
});
