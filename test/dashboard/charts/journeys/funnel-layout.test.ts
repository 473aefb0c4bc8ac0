import { describe, expect, it } from 'vitest';
import { funnelLayout } from '../../../../src/dashboard/charts/journeys/funnel-layout.ts';

const quantiles = (p50: number | null) => ({
  n: p50 === null ? 0 : 1,
  mean: p50,
  p0: p50,
  p5: p50,
  p25: p50,
  p50,
  p75: p50,
  p90: p50,
  p95: p50,
  p99: p50,
  'p99.9': p50,
  p100: p50,
});

function steps(...people: number[]) {
  return people.map((count, index) => {
    const before = people[Math.max(0, index - 1)]!;
    const first = people[0]!;
    return {
      name: `Step ${index + 1}`,
      people: count,
      dropped: index === 0 ? 0 : before - count,
      ofFirst: first === 0 ? null : count / first,
      ofPrevious: before === 0 ? null : count / before,
      ...(index > 0 && { secondsToConvert: quantiles(60 * index), secondsToConvertShortest: quantiles(30) }),
    };
  });
}

describe('the layout of a funnel', () => {
  it('draws each step as its share of the first, and what was lost beside it', () => {
    const { rows, through } = funnelLayout({ steps: steps(200, 150, 30) });
    expect(rows.map(({ width, lost }) => [width, lost])).toEqual([
      [1, 0],
      [0.75, 0.25],
      [0.15, 0.6],
    ]);
    expect(rows.map(({ medianSeconds }) => medianSeconds)).toEqual([null, 60, 120]);
    expect(through).toBe(0.15);
  });

  it('names the step that loses the greatest share, not the greatest number', () => {
    expect(funnelLayout({ steps: steps(1000, 500, 100) }).worstStep).toBe(3);
    expect(funnelLayout({ steps: steps(10, 10) }).worstStep).toBeNull();
  });

  it('has bars without width when nobody began', () => {
    const { rows, through, worstStep } = funnelLayout({ steps: steps(0, 0) });
    expect(rows.map(({ width, lost }) => [width, lost])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect([through, worstStep]).toEqual([null, null]);
  });

  it('measures each group by its own first step', () => {
    const groups = [
      { key: { country: 'DE' }, steps: steps(100, 20) },
      { key: { country: null }, steps: steps(4, 3) },
      { key: { country: null }, other: true as const, steps: steps(1, 0) },
    ];
    const layout = funnelLayout({ steps: steps(105, 23), groups });
    expect(layout.groups.map(({ value, isOther }) => [value, isOther])).toEqual([
      ['DE', false],
      [null, false],
      [null, true],
    ]);
    expect(layout.groups.map(({ rows }) => rows[1]!.width)).toEqual([0.2, 0.75, 0]);
  });
});
