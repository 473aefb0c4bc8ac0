// The main job on real events: a web shop's year and a web server's log through the CLI, the edge, the lake and the
// seals, asked for through the API, against numbers that other programs computed. The data is not part of the project.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../src/cli/local-stack/paths.ts';
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
}

interface Series {
  readonly key: Record<string, string | null>;
  readonly total: number;
  readonly points: { readonly at: string; readonly value: number | null }[];
}
interface Answer {
  readonly series: Series[];
  readonly meta: { readonly complete: boolean; readonly pending: number; readonly scannedEvents: number };
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

  async function ask(question: object): Promise<Answer> {
    const answer = await fetch(`${stack.url}/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.keys().tenants.demo?.read}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...YEAR, ...question }),
    });
    const body = (await answer.json()) as Answer;
    expect(answer.status, JSON.stringify(body)).toBe(200);
    return body;
  }

  /** Points by their day (or month), without the empty ones. */
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
    const answer = await fetch(`${stack.url}/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.keys().tenants.weblog?.read}`, 'content-type': 'application/json' },
      body: JSON.stringify({ measure: 'count', from: '2015-01-01', to: '2015-12-31' }),
    });
    expect(((await answer.json()) as Answer).series[0]?.total).toBe(9_999);
  });
});
