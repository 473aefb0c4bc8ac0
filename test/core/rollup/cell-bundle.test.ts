import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkOfSection, encodeBundle } from '../../../src/core/rollup/cell-bundle.ts';
import { decodeRollupCells, encodeRollupCells } from '../../../src/core/rollup/cell-codec.ts';
import { RollupCells, tupleKey } from '../../../src/core/rollup/rollup-cells.ts';

const MIX = 2_654_435_769;
const DAY_MS = 86_400_000;

const counted = fc.record({ name: fc.constantFrom('a', 'b', '😀', '', null), person: fc.nat(40), hour: fc.nat(3) });
const days = fc.array(fc.array(counted, { minLength: 1, maxLength: 120 }), { minLength: 1, maxLength: 4 });
interface Counted {
  readonly name: string | null;
  readonly person: number;
  readonly hour: number;
}

function cellsOf(events: readonly Counted[]): RollupCells {
  const cells = new RollupCells(1, 1);
  for (const { name, person, hour } of events) {
    const cell = cells.cell(DAY_MS + hour * 3_600_000, tupleKey([name]));
    cell.count++;
    cell.numbers[0]!.add(person / 4);
    if (person > 0) cell.people.add(Math.imul(person, MIX) >>> 0, person * 3);
  }
  return cells;
}

describe('a bundle', () => {
  it('gives the cells of each rollup, with people and without', () => {
    fc.assert(
      fc.property(days, (lists) => {
        const all = lists.map(cellsOf);
        const { people, sections } = encodeBundle(all);
        for (const [index, cells] of all.entries()) {
          const whole = decodeRollupCells(chunkOfSection(sections[index]!, people));
          expect(encodeRollupCells(whole)).toEqual(encodeRollupCells(cells));
          const counts = decodeRollupCells(chunkOfSection(sections[index]!, null), { withPeople: false });
          expect(encodeRollupCells(counts, { kind: 'counts' })).toEqual(encodeRollupCells(cells, { kind: 'counts' }));
        }
      }),
    );
  });

  it('has the same bytes whatever the order of events', () => {
    fc.assert(
      fc.property(days, (lists) => {
        const reversed = lists.map((events) => cellsOf([...events].reverse()));
        expect(encodeBundle(reversed)).toEqual(encodeBundle(lists.map(cellsOf)));
      }),
    );
  });

  it('writes a person once for all rollups', () => {
    const events = Array.from({ length: 500 }, (_, person) => ({ name: 'a', person: person + 1, hour: 0 }));
    const { people, sections } = encodeBundle([cellsOf(events), cellsOf(events), cellsOf(events)]);
    expect(people.length).toBe(2 + 500 * 8);
    for (const section of sections) expect(section.length).toBeLessThan(1_000);
  });

  it('keeps sketches, exact counts and the sign of an overflow', () => {
    const cells = new RollupCells(1, 1, 1);
    for (let person = 1; person <= 1_500; person++) {
      for (const name of ['a', 'b']) {
        const cell = cells.cell(DAY_MS, tupleKey([name]));
        cell.count++;
        cell.people.add(Math.imul(person, MIX) >>> 0, Math.imul(person, MIX + 2) >>> 0);
      }
    }
    for (const window of cells.windows.values()) for (const cell of window.values()) cell.exactPeople = 1_500;
    const { people, sections } = encodeBundle([cells]);
    const read = decodeRollupCells(chunkOfSection(sections[0]!, people));
    expect(read.overflowed).toBe(true);
    expect(encodeRollupCells(read)).toEqual(encodeRollupCells(cells));
  });
});
