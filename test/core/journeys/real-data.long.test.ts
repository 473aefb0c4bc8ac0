// Journeys over a whole real file, against ground truth computed by another program. The data is not part of the project.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { root } from '../../../src/local/paths.ts';
import { columnsOf, must, run } from './support.ts';

const folder = join(root, '../shared/data/online-retail');
const file = join(folder, 'online_retail.csv.gz');

interface Row {
  readonly person: number;
  readonly at: number;
  readonly event: string;
  readonly code: string;
}

const RANGE = { from: '2010-12-01', to: '2011-12-10', timezone: 'UTC' };
/** The last instant of the range: the truth knows no later interval. */
const NOW_MS = Date.UTC(2011, 11, 10) - 1;

// biome-ignore lint/suspicious/noExplicitAny: the truth is JSON
type Truth = any;

describe.skipIf(!existsSync(file))('journeys of online retail (skipped without ../shared/data)', () => {
  let truths: Truth;
  const rowSets: { [name in 'all_rows' | 'dedup']?: readonly Row[] } = {};
  const sets: { [name in 'all_rows' | 'dedup']?: EventColumns } = {};

  beforeAll(() => {
    truths = JSON.parse(readFileSync(join(folder, 'ground-truth.json'), 'utf8'));
    const lines = parse(gunzipSync(readFileSync(file)), { from_line: 2 }) as string[][];
    const rows = lines.map(rowOf);
    const seen = new Set<string>();
    const unique = rows.filter((_, index) => {
      const line = JSON.stringify(lines[index]);
      return !seen.has(line) && seen.add(line);
    });
    rowSets.all_rows = rows;
    rowSets.dedup = unique;
    sets.all_rows = columns(rows);
    sets.dedup = columns(unique);
  }, 60_000);

  describe.each(['all_rows', 'dedup'] as const)('%s', (name) => {
    it('has every funnel: strict, not strict, first touch, and the seconds to convert', () => {
      const { funnels } = truths[name];
      expect(funnels).toHaveLength(6);
      for (const truth of funnels) {
        const ask = (more: object = {}) => {
          const body = { ...RANGE, steps: truth.steps.map(stepOf), windowSeconds: truth.window_seconds, ...more };
          return run(funnel.make(must(funnel.parse(body, 'UTC'))), [sets[name]!]).steps;
        };
        const best = ask({ ties: 'strict' });
        expect(best.map(({ people }) => people)).toEqual(truth.counts);
        expect(ask({ anchor: 'first', ties: 'strict' }).map(({ people }) => people)).toEqual(truth.counts_first_touch);
        expect(best.at(-1)!.secondsToConvert).toMatchObject(truth.seconds_to_convert);
        expect(best.at(-1)!.secondsToConvertShortest).toMatchObject(truth.seconds_to_convert_shortest);
        if (truth.counts_nonstrict) {
          expect(ask().map(({ people }) => people)).toEqual(truth.counts_nonstrict);
        }
      }
    });

    it.each([1, 30, 373])('counts who cancels an item that the same person bought, within %i days', (days) => {
      const windowMs = days * DAY_MS;
      const steps = [{ event: 'Purchase' }, { event: 'Cancel' }];
      const body = { ...RANGE, steps, windowSeconds: windowMs / 1_000, ties: 'strict', same: 'StockCode' };
      const answer = run(funnel.make(must(funnel.parse(body, 'UTC'))), [sets[name]!]).steps;
      expect(answer.map(({ people }) => people)).toEqual(cancelledByHand(rowSets[name]!, windowMs));
    });

    it.each(['day', 'week', 'month'] as const)('has the retention of every %s', (interval) => {
      const truth =
        truths[name][{ day: 'retention_daily', week: 'retention_weekly', month: 'retention_monthly' }[interval]];
      const body = { ...RANGE, interval };
      const { overall, cohorts } = run(retention.make(must(retention.parse(body, 'UTC', NOW_MS))), [sets[name]!]);
      expect(overall.map((row) => ({ ...row, rate: row.rate && Math.round(row.rate * 1e6) / 1e6 }))).toEqual(
        truth.overall,
      );
      const wanted = truth.cohorts.filter(({ size }: Truth) => size > 0);
      expect(
        cohorts.map(({ start, size, retained }) => ({
          cohort: start.slice(0, wanted[0].cohort.length),
          size,
          retained,
        })),
      ).toEqual(wanted);
    });

    it('has the sessions', () => {
      const truth = truths[name].sessions_30m;
      const body = { ...RANGE, interval: 'day', gapSeconds: 1_800 };
      const answer = run(sessions.make(must(sessions.parse(body, 'UTC'))), [sets[name]!]);
      expect(answer.sessions).toBe(truth.count);
      expect(answer.bounces).toBe(truth.bounces);
      expect(answer.duration).toMatchObject(truth.duration_seconds);
      expect(answer.events).toMatchObject(truth.rows_per_session);
      const perDay = answer.points!.filter(({ sessions }) => sessions > 0);
      expect(Object.fromEntries(perDay.map(({ at, sessions }) => [at.slice(0, 10), sessions]))).toEqual(
        truth.per_day_of_start,
      );
    });
  });
});

function rowOf([invoice, code, , , date, , customer]: string[]): Row {
  const event = invoice!.startsWith('C') ? 'Cancel' : invoice!.startsWith('A') ? 'Adjust' : 'Purchase';
  return { person: Number(customer), at: Date.parse(date!), event, code: code! };
}

function columns(rows: readonly Row[]): EventColumns {
  return columnsOf(rows.map(({ person, at, event, code }) => ({ person, at, event, properties: { StockCode: code } })));
}

/** People who bought anything, and those of them who cancelled an item within the window after they bought it. */
function cancelledByHand(rows: readonly Row[], windowMs: number): number[] {
  const bought = new Map<string, number[]>();
  const buyers = new Set<number>();
  for (const { person, at, event, code } of rows) {
    if (event !== 'Purchase' || person === 0) continue;
    buyers.add(person);
    const key = `${person}/${code}`;
    bought.set(key, [...(bought.get(key) ?? []), at]);
  }
  const cancelled = rows.filter(
    ({ person, at, event, code }) =>
      event === 'Cancel' && bought.get(`${person}/${code}`)?.some((then) => then < at && at - then <= windowMs),
  );
  return [buyers.size, new Set(cancelled.map(({ person }) => person)).size];
}

/** `Purchase` or `Purchase & StockCode==85123A`. */
function stepOf(text: string): object {
  const [event, condition] = text.split(' & ');
  if (condition === undefined) return { event };
  const [property, value] = condition.split('==');
  return { event, where: { property, op: 'eq', value } };
}
