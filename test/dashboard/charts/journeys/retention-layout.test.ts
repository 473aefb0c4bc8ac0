import { describe, expect, it } from 'vitest';
import { curvePlaces, retentionLayout } from '../../../../src/dashboard/charts/journeys/retention-layout.ts';

const day = (number: number) => `2026-11-0${number}T00:00:00.000Z`;
const answer = {
  overall: [
    { n: 0, eligible: 30, retained: 30, rate: 1 },
    { n: 1, eligible: 30, retained: 9, rate: 0.3 },
    { n: 2, eligible: 10, retained: 1, rate: 0.1 },
    { n: 3, eligible: 0, retained: 0, rate: null },
  ],
  cohorts: [
    { start: day(1), size: 10, retained: [10, 4, 1, null] },
    { start: day(2), partial: true as const, size: 20, retained: [20, 5, null, null] },
  ],
};

describe('the layout of a retention', () => {
  it('shows the intervals that have come for some cohort', () => {
    const { columns, rows, curve, people } = retentionLayout(answer);
    expect(columns).toEqual([0, 1, 2]);
    expect(rows.map(({ cells }) => cells.map(({ people: count }) => count))).toEqual([
      [10, 4, 1],
      [20, 5, null],
    ]);
    expect(curve.map(({ rate }) => rate)).toEqual([1, 0.3, 0.1]);
    expect(people).toBe(30);
    expect(rows.map(({ isPartial }) => isPartial)).toEqual([false, true]);
  });

  it('shades by the best cell after the first interval', () => {
    const { rows } = retentionLayout(answer);
    expect(rows[0]!.cells.map(({ heat }) => heat)).toEqual([1, 1, 0.25]);
    expect(rows[1]!.cells[1]!.heat).toBe(0.625);
    expect(rows[1]!.cells[2]).toEqual({ n: 2, people: null, share: null, heat: 0 });
  });

  it('is empty without cohorts', () => {
    const nothing = retentionLayout({ overall: [{ n: 0, eligible: 0, retained: 0, rate: null }], cohorts: [] });
    expect(nothing).toEqual({ columns: [], rows: [], curve: [], people: 0 });
  });
});

describe('the curve of a retention', () => {
  it('goes from the left edge to the right one, and from the bottom at zero', () => {
    const { curve } = retentionLayout(answer);
    expect(curvePlaces(curve, { width: 200, height: 100, top: 1 })).toEqual([
      { x: 0, y: 0 },
      { x: 100, y: 70 },
      { x: 200, y: 90 },
    ]);
  });

  it('puts a single point at the left', () => {
    const point = { n: 0, eligible: 1, retained: 1, rate: 1 };
    expect(curvePlaces([point], { width: 200, height: 100, top: 1 })).toEqual([{ x: 0, y: 0 }]);
  });
});
