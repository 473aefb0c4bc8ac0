import { describe, expect, it } from 'vitest';
import { LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { Cell } from '../../../src/core/rollup/cell.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../../src/core/rollup/cell-codec.ts';
import { mergedWindows, QUARTER_HOUR_MS } from '../../../src/core/rollup/quarter-hours.ts';
import { OTHER_KEY, RollupCells } from '../../../src/core/rollup/rollup-cells.ts';

/** One event of a person in the minute, by name. */
function cellsOf(events: readonly (readonly [minute: number, name: string, person: number])[]): RollupCells {
  const cells = new RollupCells(1, 0);
  for (const [minute, name, person] of events) {
    const cell = cells.cell(minute * MINUTE_MS, name);
    cell.count++;
    cell.people.add(person, person);
  }
  return cells;
}

describe('quarter hours', () => {
  it('add up events and people of all minutes of a quarter', () => {
    const merged = mergedWindows(
      [
        cellsOf([
          [0, 'a', 1],
          [14, 'a', 1],
          [15, 'a', 2],
        ]),
        cellsOf([
          [3, 'a', 2],
          [-1, 'b', 3],
        ]),
      ],
      QUARTER_HOUR_MS,
    )!;
    const counts = [...merged.windows].map(([startMs, window]) => [
      startMs / MINUTE_MS,
      [...window].map(([name, cell]) => `${name} ${cell.count} of ${cell.peopleCount()}`),
    ]);
    expect(counts.sort()).toEqual([
      [-15, ['b 1 of 1']],
      [0, ['a 3 of 2']],
      [15, ['a 1 of 1']],
    ]);
  });

  it('are told from minutes when they are read again', () => {
    const merged = mergedWindows([cellsOf([[20, 'a', 1]])], QUARTER_HOUR_MS)!;
    const [bytes] = encodeRollupCells(merged);
    expect(decodeRollupCells(bytes!).windowMs).toBe(QUARTER_HOUR_MS);
    expect(bytes![0]).toBe(3);
    const [minutes] = encodeRollupCells(cellsOf([[20, 'a', 1]]));
    expect(decodeRollupCells(minutes!).windowMs).toBe(MINUTE_MS);
    expect(minutes![0]).toBe(1);
  });

  it.each([
    ['counts', true, false],
    ['people', false, true],
  ] as const)('keep that they hold %s alone, and are read beside minutes', (kind, hasNumbers, hasPeople) => {
    const cells = new RollupCells(1, 1);
    const cell = cells.cell(20 * MINUTE_MS, 'a');
    cell.count++;
    cell.people.add(1, 1);
    cell.numbers[0]!.add(7);
    for (const [each, windowMs, version] of [
      [cells, MINUTE_MS, 2],
      [mergedWindows([cells], QUARTER_HOUR_MS)!, QUARTER_HOUR_MS, 3],
    ] as const) {
      const [bytes] = encodeRollupCells(each, { kind });
      expect(bytes![0]).toBe(version);
      expect(readCellsHeader(bytes!)).toMatchObject({ windowMs, hasNumbers, hasPeople, overflowed: false });
      const [[startMs, window]] = [...decodeRollupCells(bytes!).windows] as [[number, ReadonlyMap<string, Cell>]];
      const { count, people, numbers } = window.get('a')!;
      expect([startMs % windowMs, count, people.count(), numbers[0]!.count]).toEqual([0, 1, +hasPeople, +hasNumbers]);
    }
  });

  it('stay minutes where a quarter would have more tuples than a window may', () => {
    const half = (from: number, minute: number) =>
      cellsOf(Array.from({ length: LIMITS.windowCellsMax / 2 + 1 }, (_, i) => [minute, `${from + i}`, i] as const));
    expect(mergedWindows([half(0, 0), half(10_000, 1)], QUARTER_HOUR_MS)).toBeNull();
    expect(mergedWindows([half(0, 0), half(0, 1)], QUARTER_HOUR_MS)).not.toBeNull();
    expect(mergedWindows([half(0, 0), half(10_000, 20)], QUARTER_HOUR_MS)).not.toBeNull();
    expect(mergedWindows([], QUARTER_HOUR_MS)).toBeNull();
  });

  it('keep what was counted beyond the cap, and say so', () => {
    const cells = cellsOf([[0, 'a', 1]]);
    cells.cell(0, OTHER_KEY).count = 5;
    cells.overflowed = true;
    const merged = mergedWindows([cells, cellsOf([[1, 'a', 1]])], QUARTER_HOUR_MS)!;
    expect(merged.overflowed).toBe(true);
    expect(merged.windows.get(0)!.get(OTHER_KEY)!.count).toBe(5);
  });
});
