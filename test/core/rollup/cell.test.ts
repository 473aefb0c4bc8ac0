import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cell, NumberCell } from '../../../src/core/rollup/cell.ts';
import { encodeRollupCells } from '../../../src/core/rollup/cell-codec.ts';
import { RollupCells } from '../../../src/core/rollup/rollup-cells.ts';

interface Counted {
  readonly person: number;
  readonly number: number | null;
}
const counted: fc.Arbitrary<Counted> = fc.record({
  person: fc.nat(40),
  number: fc.option(fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ noNaN: true, noDefaultInfinity: true }))),
});
const events = fc.array(counted, { maxLength: 40 });

function fill(cell: Cell, counted: readonly Counted[]): Cell {
  for (const { person, number } of counted) {
    cell.count++;
    cell.people.add(person, person);
    if (number !== null) cell.numbers[0]!.add(number);
  }
  return cell;
}

function cellOf(counted: readonly Counted[]): Cell {
  return fill(new Cell(1), counted);
}

/** The whole state of a cell, as it is stored. */
function stateOf(cell: Cell): unknown {
  const cells = new RollupCells(0, 1);
  const { count, exactPeople, peopleFloor, people, numbers } = cell;
  Object.assign(cells.cell(0, ''), { count, exactPeople, peopleFloor, people, numbers });
  return encodeRollupCells(cells);
}

function merged(...parts: readonly Cell[]): Cell {
  const all = new Cell(1);
  for (const part of parts) all.merge(part);
  return all;
}

describe('Cell', () => {
  it('merges commutatively and associatively to the cell of all events', () => {
    fc.assert(
      fc.property(events, events, events, (a, b, c) => {
        const whole = stateOf(cellOf([...a, ...b, ...c]));
        expect(stateOf(merged(merged(cellOf(a), cellOf(b)), cellOf(c)))).toEqual(whole);
        expect(stateOf(merged(cellOf(c), merged(cellOf(b), cellOf(a))))).toEqual(whole);
        expect(stateOf(merged(new Cell(1), cellOf(a), new Cell(1)))).toEqual(stateOf(cellOf(a)));
      }),
    );
  });

  it('shares nothing with what it merged', () => {
    const original = cellOf([{ person: 1, number: 5 }]);
    const before = stateOf(original);
    const copy = merged(original);
    fill(
      copy,
      Array.from({ length: 30 }, (_, at) => ({ person: at + 1, number: at })),
    );
    expect(stateOf(original)).toEqual(before);
  });

  it('keeps an exact count of people until something is merged in, then as a floor, in any order', () => {
    const sealed = () => Object.assign(cellOf([{ person: 1, number: null }]), { exactPeople: 7 });
    const later = () => cellOf([{ person: 2, number: null }]);
    expect(merged(sealed()).peopleCount()).toBe(7);
    expect(merged(sealed(), new Cell(1)).peopleAreExact).toBe(true);
    for (const both of [
      merged(sealed(), later()),
      merged(later(), sealed()),
      merged(merged(later()), merged(sealed())),
    ]) {
      expect(both.exactPeople).toBeNull();
      expect(both.peopleCount()).toBe(7);
      expect(both.peopleAreExact).toBe(false);
    }
  });

  it('counts few people exactly after a merge of sealed cells', () => {
    const sealed = (person: number) => Object.assign(cellOf([{ person, number: null }]), { exactPeople: 1 });
    expect(merged(sealed(1), sealed(2)).peopleCount()).toBe(2);
    expect(merged(sealed(1), sealed(2)).peopleAreExact).toBe(true);
  });
});

describe('NumberCell', () => {
  it('knows sum, bounds and quantiles of what was added', () => {
    const cell = new NumberCell();
    for (let value = 1; value <= 1_000; value++) cell.add(value / 100);
    expect(cell.count).toBe(1_000);
    expect(cell.sum.toNumber()).toBe(5_005);
    expect([cell.min, cell.max]).toEqual([0.01, 10]);
    expect(Math.abs(cell.quantile(0.95) / 9.5 - 1)).toBeLessThan(0.006);
    expect([cell.quantile(0), cell.quantile(1)]).toEqual([0.01, 10]);
  });

  it('leaves out what JSON does not know, and takes -0 for 0', () => {
    const cell = new NumberCell();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) cell.add(value);
    expect(cell.count).toBe(0);
    expect(cell.quantile(0.5)).toBeNaN();
    cell.add(-0);
    expect(Object.is(cell.min, 0)).toBe(true);
  });
});
