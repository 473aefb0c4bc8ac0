import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/core/limits.ts';
import { rankSeries } from '../../../../src/core/query/fold/answer.ts';
import { CellFold } from '../../../../src/core/query/fold/cell-fold.ts';
import { coarseWindowOf } from '../../../../src/core/query/fold/coarse-windows.ts';
import { minuteSlicesOf } from '../../../../src/core/query/question/minute-slices.ts';
import { rollupPlans } from '../../../../src/core/query/question/plan.ts';
import { parseQuery } from '../../../../src/core/query/question/request.ts';
import { decodeRollupCells, encodeRollupCells } from '../../../../src/core/rollup/cell-codec.ts';
import { QUARTER_HOUR_MS } from '../../../../src/core/rollup/quarter-hours.ts';
import { makeRollup } from '../../../../src/core/rollup/rollup.ts';
import { RollupCells, tupleKey } from '../../../../src/core/rollup/rollup-cells.ts';

const START_MS = Date.parse('2024-05-01T00:00Z');
const rollup = makeRollup('places', { dimensions: ['country'] });

/** Two days of windows, with people who come again. */
function cellsOf(windowMs: number): RollupCells {
  const cells = new RollupCells(1, 0);
  cells.windowMs = windowMs;
  for (let at = 0; at < 2 * DAY_MS; at += 5 * QUARTER_HOUR_MS + (windowMs === MINUTE_MS ? 7 * MINUTE_MS : 0)) {
    for (let person = 1; person <= 12; person++) {
      if ((person + at / QUARTER_HOUR_MS) % 3 === 0) continue;
      const cell = cells.cell(START_MS + at, tupleKey([person % 2 === 0 ? 'DE' : 'FR']));
      cell.count++;
      cell.people.add(person, person + Math.floor(at / (7 * HOUR_MS)));
    }
  }
  return cells;
}

function folded(body: object, windowMs: number, isCoarse: boolean) {
  const parsed = parseQuery({ groupBy: ['country'], ...body }, 'Asia/Kolkata');
  if (!parsed.ok) throw new Error(parsed.error.message);
  const query = parsed.value;
  const [plan] = rollupPlans(query, [rollup], START_MS + 2 * DAY_MS);
  if (!plan) throw new Error('no plan');
  const { whole } = minuteSlicesOf(query);
  const windowOf = isCoarse ? coarseWindowOf(query, whole) : undefined;
  const fold = new CellFold(query, plan);
  const options = query.measure === 'users' ? { sharesPeople: true } : ({ kind: 'counts' } as const);
  for (const bytes of encodeRollupCells(cellsOf(windowMs), options)) {
    const cells = decodeRollupCells(bytes, { windowOf });
    for (const day of [0, 1]) {
      const fromMs = Math.max(START_MS + day * DAY_MS, whole.startMs);
      fold.add(cells, fromMs, Math.min(START_MS + (day + 1) * DAY_MS, whole.endMs));
    }
  }
  return fold.shortfall ?? rankSeries(query, fold.finish());
}

const range = fc
  .tuple(fc.integer({ min: -60, max: 47 * 60 }), fc.integer({ min: 1, max: 30 * 60 }), fc.constantFrom(0, 29_500))
  .map(([from, minutes, ms]) => ({
    from: new Date(START_MS + from * MINUTE_MS + ms).toISOString(),
    to: new Date(START_MS + (from + minutes) * MINUTE_MS + ms).toISOString(),
  }));

describe('windows put together for a question', () => {
  it('give the answer that they give one by one, whatever the range and the interval', () => {
    fc.assert(
      fc.property(
        range,
        fc.constantFrom('count', 'users'),
        fc.constantFrom({}, { interval: 'hour' }, { interval: 'day' }, { interval: 'minute' }),
        fc.constantFrom(MINUTE_MS, QUARTER_HOUR_MS),
        (bounds, measure, interval, windowMs) => {
          const body = { ...bounds, measure, ...interval };
          expect(folded(body, windowMs, true)).toEqual(folded(body, windowMs, false));
        },
      ),
    );
  });

  it('are few: one for each day, or for each hour', () => {
    const bounds = { startMs: START_MS, endMs: START_MS + 2 * DAY_MS };
    const starts = Array.from({ length: 2 * 24 * 60 }, (_, minute) => START_MS + minute * MINUTE_MS);
    const windowsOf = (bucketStarts: number[]) =>
      new Set(starts.map((startMs) => coarseWindowOf({ ...bounds, bucketStarts }, bounds)(startMs, MINUTE_MS)));
    expect([...windowsOf([START_MS])]).toEqual([START_MS, START_MS + DAY_MS]);
    expect(windowsOf(starts.filter((startMs) => startMs % HOUR_MS === 0)).size).toBe(48);
    expect(windowsOf(starts).size).toBe(2 * 24 * 60);
  });
});
