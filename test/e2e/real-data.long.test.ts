// Real data: a year of a web shop and a log of a web server go through the CLI, the edge, the lake and the seals. The
// answers of the API equal numbers that other programs computed. The data is not part of the project.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutChunks, type RowCounts } from '../../src/cli/import/chunks.ts';
import { loadMapping } from '../../src/cli/import/mapping.ts';
import { readRows } from '../../src/cli/import/rows.ts';
import { root } from '../../src/local/paths.ts';
import { type Stack, startStack } from '../support/stack.ts';

const dataFolder = join(root, '../shared/data');
const retail = join(dataFolder, 'online-retail/online_retail.csv.gz');
const truthFile = join(dataFolder, 'online-retail/ground-truth.json');
const log = join(dataFolder, 'web-log/apache_logs.gz');

type Numbers = Record<string, number>;
interface Truth {
  readonly rows_total: number;
  readonly events_per_day: Numbers;
  readonly events_per_day_by_event: Record<string, Numbers>;
  readonly distinct_users_per_day: Numbers;
  readonly distinct_users_per_month: Numbers;
  readonly top_Country: [string, number][];
  readonly top_StockCode: [string, number][];
  readonly quantiles: { readonly line_value_purchase: Record<string, number> };
  readonly funnels: FunnelTruth[];
  readonly retention_daily: RetentionTruth;
  readonly retention_weekly: RetentionTruth;
  readonly retention_monthly: RetentionTruth;
  readonly sessions_30m: {
    readonly count: number;
    readonly bounces: number;
    readonly duration_seconds: Numbers;
    readonly rows_per_session: Numbers;
  };
}
interface FunnelTruth {
  readonly steps: string[];
  readonly window_seconds: number;
  readonly counts: number[];
  readonly counts_first_touch: number[];
  readonly seconds_to_convert: Numbers;
  readonly seconds_to_convert_shortest: Numbers;
}
interface RetentionTruth {
  readonly overall: { readonly n: number; readonly rate: number | null }[];
  readonly cohorts: { readonly cohort: string; readonly size: number; readonly retained: (number | null)[] }[];
}

interface Series {
  readonly key: Record<string, string | null>;
  readonly total: number;
  readonly points: { readonly at: string; readonly value: number | null }[];
}
interface Answer {
  readonly series: Series[];
  readonly meta: {
    readonly complete: boolean;
    readonly pending: number;
    readonly scannedEvents: number;
    readonly bots?: { readonly excluded?: number };
  };
}

const YEAR = { from: '2010-12-01', to: '2011-12-10' };

describe.skipIf(!existsSync(retail))('real data (skipped without ../shared/data)', () => {
  let stack: Stack;
  let truth: Truth;
  let firstSeconds = 0;

  const cli = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...args, '--url', stack.url], {
        env: { ...process.env, TIDEMARK_ROOT_KEY: stack.rootKey },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      child.stdout.on('data', (chunk) => (output += chunk));
      child.stderr.on('data', (chunk) => (output += chunk));
      child.on('exit', (code) => (code === 0 ? resolve(output) : reject(new Error(output))));
    });

  const importRetail = (...more: string[]) =>
    cli(
      'import',
      retail,
      '--tenant',
      'demo',
      '--map',
      join(root, 'examples/online-retail.map.ts'),
      '--state',
      stack.stateDir,
      ...more,
    );

  async function post<T>(path: string, key: string | undefined, body: object | string): Promise<T> {
    const answer = await fetch(stack.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    // The output of the runtime says why a call failed; a 500 does not.
    expect(answer.status, `${text}\n${stack.output().slice(-5_000)}`).toBe(200);
    return JSON.parse(text) as T;
  }
  const readKey = (tenant: string) => stack.keys().tenants[tenant]?.read;
  const ask = (question: object) => post<Answer>('/v1/query', readKey('demo'), { ...YEAR, ...question });

  /** Checks every funnel, retention table and session figure of the ground truth. */
  async function checkJourneys(tenant: string): Promise<void> {
    const journey = (path: string, question: object) =>
      // biome-ignore lint/suspicious/noExplicitAny: three shapes of answers
      post<any>(`/v1/query/${path}`, readKey(tenant), { ...YEAR, ...question });
    for (const funnel of truth.funnels) {
      const question = { steps: funnel.steps.map(stepOf), windowSeconds: funnel.window_seconds, ties: 'strict' };
      const best = await journey('funnel', question);
      expect(best.steps.map(({ people }: { people: number }) => people)).toEqual(funnel.counts);
      expect(best.steps.at(-1).secondsToConvert).toMatchObject(funnel.seconds_to_convert);
      expect(best.steps.at(-1).secondsToConvertShortest).toMatchObject(funnel.seconds_to_convert_shortest);
      const first = await journey('funnel', { ...question, anchor: 'first' });
      expect(first.steps.map(({ people }: { people: number }) => people)).toEqual(funnel.counts_first_touch);
    }
    const tables = { day: truth.retention_daily, week: truth.retention_weekly, month: truth.retention_monthly };
    for (const [interval, table] of Object.entries(tables)) {
      const { cohorts } = await journey('retention', { interval });
      const wanted = table.cohorts.filter(({ size }) => size > 0);
      const length = wanted[0]?.cohort.length;
      // The truth ends with the data. The intervals after it have come meanwhile, and nobody came back in them.
      const past = wanted.map(({ retained, ...cohort }) => ({
        ...cohort,
        retained: retained.map((people) => people ?? 0),
      }));
      expect(
        cohorts.map(({ start, size, retained }: { start: string; size: number; retained: number[] }) => ({
          cohort: start.slice(0, length),
          size,
          retained,
        })),
      ).toEqual(past);
    }
    const sessions = await journey('sessions', { gapSeconds: 1_800 });
    expect(sessions.sessions).toBe(truth.sessions_30m.count);
    expect(sessions.bounces).toBe(truth.sessions_30m.bounces);
    expect(sessions.duration).toMatchObject(truth.sessions_30m.duration_seconds);
    expect(sessions.events).toMatchObject(truth.sessions_30m.rows_per_session);
  }

  /** The points by day (or month), without empty ones. */
  function byDate({ points }: Series | { points: Series['points'] }, length: number): Numbers {
    return Object.fromEntries(
      points.filter(({ value }) => value).map(({ at, value }) => [at.slice(0, length), value ?? 0]),
    );
  }

  async function checkNumbers(): Promise<void> {
    const perDay = await ask({ measure: 'count', interval: 'day' });
    expect(perDay.series[0]?.total).toBe(truth.rows_total);
    expect(byDate(perDay.series[0] ?? { points: [] }, 10)).toEqual(truth.events_per_day);

    const perEvent = await ask({ measure: 'count', interval: 'day', groupBy: ['event'] });
    expect(Object.fromEntries(perEvent.series.map((series) => [series.key.event, byDate(series, 10)]))).toEqual(
      truth.events_per_day_by_event,
    );

    const peoplePerDay = await ask({ measure: 'users', interval: 'day' });
    expect(byDate(peoplePerDay.series[0] ?? { points: [] }, 10)).toEqual(truth.distinct_users_per_day);

    const exact = await ask({ measure: 'users', interval: 'month', exact: true });
    expect(byDate(exact.series[0] ?? { points: [] }, 7)).toEqual(truth.distinct_users_per_month);
    const estimated = byDate((await ask({ measure: 'users', interval: 'month' })).series[0] ?? { points: [] }, 7);
    for (const [month, people] of Object.entries(truth.distinct_users_per_month)) {
      expect(Math.abs((estimated[month] ?? 0) / people - 1), month).toBeLessThanOrEqual(0.05);
    }

    for (const [property, top] of [
      ['Country', truth.top_Country],
      ['StockCode', truth.top_StockCode],
    ] as const) {
      const { series } = await ask({ measure: 'count', groupBy: [property], top: 10 });
      expect(series.slice(0, 10).map(({ key, total }) => [key[property], total])).toEqual(top);
    }

    const purchases = truth.quantiles.line_value_purchase;
    const sum = await ask({ measure: { sum: 'value' }, events: ['Purchase'] });
    expect(Math.round((sum.series[0]?.total ?? 0) * 100) / 100).toBe(purchases.sum);
    for (const quantile of ['p50', 'p95', 'p99']) {
      const { series } = await ask({ measure: { [quantile]: 'value' }, events: ['Purchase'] });
      expect(Math.abs((series[0]?.total ?? 0) / (purchases[quantile] ?? 0) - 1), quantile).toBeLessThanOrEqual(0.01);
    }
  }

  beforeAll(async () => {
    truth = (JSON.parse(readFileSync(truthFile, 'utf8')) as { all_rows: Truth }).all_rows;
    stack = await startStack();
  });
  afterAll(() => stack?.stop());

  it('imports and seals a year of a web shop within 75 s', async () => {
    const startedAtMs = performance.now();
    const output = await importRetail();
    firstSeconds = (performance.now() - startedAtMs) / 1_000;
    console.log(`541,909 rows imported, 305 days sealed: ${firstSeconds.toFixed(1)} s`);
    expect(output).toMatch(/541,909 accepted/);
    expect(output).toMatch(/305 touched, 305 sealed/);
    expect(firstSeconds).toBeLessThanOrEqual(75);
  });

  it('answers with the numbers of the ground truth', checkNumbers);

  it('changes no number and takes no longer when the same file comes again', async () => {
    const repeatAtMs = performance.now();
    await importRetail();
    const repeated = (performance.now() - repeatAtMs) / 1_000;
    console.log(`imported again: ${repeated.toFixed(1)} s`);
    expect(repeated).toBeLessThanOrEqual(firstSeconds);
    const perDay = await ask({ measure: 'count', interval: 'day' });
    expect(byDate(perDay.series[0] ?? { points: [] }, 10)).toEqual(truth.events_per_day);
  });

  it('finds the journeys of the ground truth in the sealed lake', () => checkJourneys('demo'));

  it('finds the same journeys while days are being sealed, with a part of the year still in the shards', async () => {
    await cli('tenant', 'create', 'unsealed', '--state', stack.stateDir);
    const keys = stack.keys().tenants.unsealed;
    const { map, format } = await loadMapping(join(root, 'examples/online-retail.map.ts'));
    const counts: RowCounts = { read: 0, mapped: 0, skipped: 0, unreadable: 0, unreadableFirst: [] };
    const rows = readRows(retail, format ?? 'csv', () => {});
    let number = 0;
    let chunks = 0;
    for await (const chunk of cutChunks(rows, map, { rowsMax: 20_000, idPrefix: 'p', counts })) {
      const lines = chunk.body.toString().trimEnd();
      if (++number % 10 === 0) await sendLive(lines.split('\n'), keys?.write);
      else await sendChunk(lines, chunks++, keys?.write);
    }
    await post(`/v1/import/unsealed/finish?chunks=${chunks}`, keys?.write, '');
    await checkJourneys('unsealed');
  });

  async function sendLive(lines: readonly string[], key: string | undefined): Promise<void> {
    for (let start = 0; start < lines.length; start += 2_500) {
      const events = `[${lines.slice(start, start + 2_500).join(',')}]`;
      const verdict = await post<{ accepted: number }>('/v1/events', key, events);
      expect(verdict.accepted).toBe(Math.min(2_500, lines.length - start));
    }
  }

  async function sendChunk(lines: string, number: number, key: string | undefined): Promise<void> {
    const answer = await fetch(`${stack.url}/v1/import`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-ndjson',
        'x-import-id': 'unsealed',
        'x-import-chunk': String(number),
      },
      body: lines,
    });
    expect(answer.status, await answer.text()).toBe(200);
  }

  it('imports a web server log, and says which line it could not read', async () => {
    await cli('tenant', 'create', 'weblog', '--state', stack.stateDir);
    const output = await cli(
      'import',
      log,
      '--tenant',
      'weblog',
      '--map',
      join(root, 'examples/apache-log.map.ts'),
      '--state',
      stack.stateDir,
    );
    expect(output).toMatch(/9,999 accepted/);
    expect(output).toMatch(/1 unreadable/);
    const question = { measure: 'count', from: '2015-01-01', to: '2015-12-31' };
    const ask = (bots: object) => post<Answer>('/v1/query', readKey('weblog'), { ...question, ...bots });
    expect((await ask({ bots: 'include' })).series[0]?.total).toBe(9_999);
    // Crawlers are left out unless they are asked for.
    const { series, meta } = await ask({});
    expect(meta.bots?.excluded).toBeGreaterThan(0);
    expect(series[0]!.total! + meta.bots!.excluded!).toBe(9_999);
  });
});

/** The step that a text such as `Purchase` or `Purchase & StockCode==85123A` describes. */
function stepOf(text: string): object {
  const [event, condition] = text.split(' & ');
  if (condition === undefined) return { event };
  const [property, value] = condition.split('==');
  return { event, where: { property, op: 'eq', value } };
}
