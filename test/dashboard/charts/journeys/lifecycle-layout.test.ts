import { describe, expect, it } from 'vitest';
import { lifecycleLayout } from '../../../../src/dashboard/charts/journeys/lifecycle-layout.ts';

const box = { width: 200, height: 100 };
const point = (at: string, counts: [number, number, number, number]) => {
  const [fresh, returning, resurrected, dormant] = counts;
  return { at, new: fresh, returning, resurrected, dormant };
};

describe('the layout of a lifecycle', () => {
  it('stacks the active people above the line and hangs the dormant below it', () => {
    const { bars, zeroY } = lifecycleLayout([point('a', [10, 20, 10, 20]), point('b', [0, 40, 0, 0])], box);
    const segments = Object.fromEntries(bars[0]!.segments.map((segment) => [segment.state, segment]));
    expect(segments.returning!.y + segments.returning!.height).toBeCloseTo(zeroY);
    expect(segments.resurrected!.y + segments.resurrected!.height).toBeCloseTo(segments.returning!.y);
    expect(segments.new!.y + segments.new!.height).toBeCloseTo(segments.resurrected!.y);
    expect(segments.dormant!.y).toBeCloseTo(zeroY);
    expect(segments.dormant!.height).toBeCloseTo(segments.returning!.height);
    expect(bars.map(({ growth }) => growth)).toEqual([0, 0]);
  });

  it('holds every bar in its box', () => {
    const points = [
      point('a', [7, 13, 3, 0]),
      point('b', [2, 1, 0, 19]),
      { ...point('c', [1, 0, 0, 3]), partial: true as const },
    ];
    const { bars, ticks } = lifecycleLayout(points, box);
    for (const { x, width, segments } of bars) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(box.width);
      for (const { y, height } of segments) {
        expect(y).toBeGreaterThanOrEqual(-1e-9);
        expect(y + height).toBeLessThanOrEqual(box.height + 1e-9);
      }
    }
    expect(bars.map(({ isPartial }) => isPartial)).toEqual([false, false, true]);
    expect(ticks.map(({ value }) => value)).toContain(0);
  });

  it('has a line and no bars without points', () => {
    const { bars, zeroY } = lifecycleLayout([], box);
    expect(bars).toEqual([]);
    expect(zeroY).toBe(box.height);
  });
});
