// Lake: journeys and scans over sealed files, in turns with DuckDB on one thread over the same files, whose answers
// must be equal; and the seal of a big day within 100 MB.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { rankSeries } from '../../../src/core/query/fold/answer.ts';
import { parseQuery } from '../../../src/core/query/question/request.ts';
import { root } from '../../../src/local/paths.ts';
import { readLake } from '../../../src/query/ask/lake-source.ts';
import { readJourney } from '../../../src/query/journeys/journey-source.ts';
import type { LakePorts } from '../../../src/query/view/asking.ts';
import { askingOf } from '../../support/asking.ts';
import { median } from '../quantile.ts';
import type { Figure } from '../report.ts';
import { FIRST_DAY } from './lake-events.ts';
import { DAYS, Lake, UID } from './lake-files.ts';
import type { SealOrder, SealReport } from './lake-seal.ts';

const NOW_MS = (FIRST_DAY + DAYS + 1) * DAY_MS;
const RANGE = {
  from: new Date(FIRST_DAY * DAY_MS).toISOString(),
  to: new Date((FIRST_DAY + DAYS) * DAY_MS).toISOString(),
};
const STEPS = ['Product Viewed', 'Product Added', 'Order Completed'] as const;

export async function benchLake(isQuick: boolean): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-lake-'));
  try {
    const figures = await benchSeal(join(folder, 'seal'), isQuick);
    const lake = await Lake.build(join(folder, 'million'), isQuick ? 200_000 : 1_000_000);
    figures.push(...(await compare(lake, isQuick ? 3 : 9)));
    if (!isQuick) {
      const big = await Lake.build(join(folder, 'ten-million'), 10_000_000);
      const { ours, reads } = await timed(big, QUESTIONS[0]!, 3, null);
      const name = 'lake, 10 million events: funnel';
      figures.push({ name, value: ours, unit: 'ms', bound: { atMost: 5_000 } });
      // Reads are counted over all passes: the people of ten million events need several, and passes share files.
      figures.push({ name: `${name}: reads of a file`, value: reads / big.files.length, unit: 'reads' });
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchSeal(folder: string, isQuick: boolean): Promise<Figure[]> {
  const size = { flushes: isQuick ? 20 : 100, rows: 10_000 };
  const free = await sealInChild([], { folder: join(folder, 'free'), ...size });
  const bounded = await sealInChild(['--max-old-space-size=100'], { folder: join(folder, 'bounded'), ...size });
  const name = `lake, seal of a day of ${free.events.toLocaleString('en')} events`;
  return [
    { name, value: free.sealMs / 1_000, unit: 's', bound: { atMost: 25 } },
    { name: `${name}: CPU`, value: free.cpuMs / 1_000, unit: 's' },
    { name: `${name}: in 100 MB`, value: bounded.sealMs / 1_000, unit: 's' },
    { name: `${name}: slowest task`, value: free.slowestTaskMs, unit: 'ms' },
    { name: `${name}: rows of the biggest file`, value: free.rowsMax, unit: 'rows', bound: { atMost: 50_000 } },
    { name: `${name}: size`, value: free.bytesAnEvent, unit: 'bytes/event', bound: { atMost: 40 } },
  ];
}

async function sealInChild(flags: readonly string[], order: SealOrder): Promise<SealReport> {
  const script = join(root, 'test/bench/lake/lake-seal.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, JSON.stringify(order)]);
  return JSON.parse(stdout) as SealReport;
}

interface Question {
  readonly name: string;
  /** The bound on the time, as a multiple of DuckDB's. */
  readonly atMost: number;
  readonly sql: string;
  /** Returns the numbers of the only row that the SQL gives. */
  ask(ports: LakePorts): Promise<number[]>;
}

async function must<T>(
  value: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): Promise<T> {
  if (!value.ok) throw new Error(JSON.stringify(value.error));
  return value.value;
}

const NOW = { uid: UID, nowMs: NOW_MS };

/** The sum of the totals of a question's series. */
async function totals(ports: LakePorts, body: object): Promise<number[]> {
  const query = await must(parseQuery({ ...RANGE, ...body }, 'UTC'));
  const { folds } = await must(await readLake(askingOf(ports, NOW), [query]));
  const { series } = rankSeries(query, folds[0]!);
  const sum = series.reduce(
    (all, { points, total }) =>
      all + (points.length === 0 ? (total ?? 0) : points.reduce((part, { value }) => part + (value ?? 0), 0)),
    0,
  );
  return [sum];
}

const QUESTIONS: readonly Question[] = [
  {
    name: '3-step funnel',
    atMost: 3,
    // Windows find the next B of each A and the next C of that B, twice as fast as joins.
    sql: `WITH e AS (SELECT person, "at", event FROM lake WHERE event IN ('${STEPS.join("','")}')),
      c AS (SELECT *, min(CASE WHEN event = '${STEPS[2]}' THEN "at" END) OVER w AS next_c FROM e WINDOW w AS (PARTITION BY person ORDER BY "at" ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)),
      b AS (SELECT *, min(CASE WHEN event = '${STEPS[1]}' THEN "at" END) OVER w AS next_b,
        first_value(CASE WHEN event = '${STEPS[1]}' THEN next_c END IGNORE NULLS) OVER w AS c_of_b FROM c WINDOW w AS (PARTITION BY person ORDER BY "at" ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))
      SELECT count(DISTINCT person), count(DISTINCT person) FILTER (next_b <= "at" + INTERVAL 7 DAY), count(DISTINCT person) FILTER (c_of_b <= "at" + INTERVAL 7 DAY)
      FROM b WHERE event = '${STEPS[0]}'`,
    async ask(ports) {
      const steps = STEPS.map((event) => ({ event }));
      const question = await must(funnel.parse({ ...RANGE, steps, windowSeconds: 7 * 86_400 }, 'UTC'));
      const { answer } = await must(await readJourney(askingOf(ports, NOW), funnel.make(question)));
      return answer.steps.map(({ people: count }) => count);
    },
  },
  {
    name: 'retention by day',
    atMost: 5,
    sql: `WITH d AS (SELECT DISTINCT person, "at"::DATE AS day FROM lake WHERE event = '${STEPS[0]}'),
      f AS (SELECT person, min(day) AS first FROM d GROUP BY person)
      SELECT count(*) FILTER (day - first = 0), count(*) FILTER (day - first = 1), count(*) FILTER (day - first = 7) FROM d JOIN f USING (person)`,
    async ask(ports) {
      const step = { event: STEPS[0] };
      const body = { ...RANGE, start: step, return: step, interval: 'day', historyDays: 0, intervals: 29 };
      const question = await must(retention.parse(body, 'UTC', NOW_MS));
      const { answer } = await must(await readJourney(askingOf(ports, NOW), retention.make(question)));
      return [0, 1, 7].map((n) => answer.overall[n]!.retained);
    },
  },
  {
    name: 'people by country and day',
    atMost: 8,
    sql: `SELECT sum(people) FROM (SELECT count(DISTINCT person) AS people FROM lake GROUP BY country, "at"::DATE)`,
    ask: (ports) => totals(ports, { measure: 'users', groupBy: ['country'], interval: 'day' }),
  },
  {
    name: 'filter on a JSON property',
    atMost: 4,
    sql: `SELECT count(*) FROM lake WHERE json_extract_string(properties, '$.category') = 'books'`,
    // No file has a column for the rare property, so this question reads the JSON; the condition is the same.
    ask: (ports) =>
      totals(ports, {
        measure: 'count',
        where: {
          or: [
            { property: 'category', op: 'eq', value: 'books' },
            { property: 'gift', op: 'eq', value: 'none' },
          ],
        },
      }),
  },
  {
    name: 'filter on a typed property',
    atMost: 3,
    sql: `SELECT count(*) FROM lake WHERE p_category = 'books'`,
    ask: (ports) => totals(ports, { measure: 'count', where: { property: 'category', op: 'eq', value: 'books' } }),
  },
];

async function compare(lake: Lake, rounds: number): Promise<Figure[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const duck = await instance.connect();
  await duck.run("SET TimeZone = 'UTC'");
  await duck.run(
    `CREATE VIEW lake AS SELECT * FROM read_parquet([${lake.files.map((file) => `'${file}'`).join(', ')}])`,
  );
  const figures: Figure[] = [{ name: 'lake, 30 sealed days: size', value: lake.bytesAnEvent, unit: 'bytes/event' }];
  for (const question of QUESTIONS) {
    const { ours, duckdb, reads } = await timed(lake, question, rounds, duck);
    figures.push(
      { name: `lake, ${question.name}`, value: ours, unit: 'ms' },
      { name: `lake, ${question.name}: DuckDB`, value: duckdb, unit: 'ms' },
      {
        name: `lake, ${question.name}: time relative to DuckDB`,
        value: ours / duckdb,
        unit: '×',
        bound: { atMost: question.atMost },
      },
      {
        name: `lake, ${question.name}: reads of a file`,
        value: reads / lake.files.length,
        unit: 'reads',
        bound: { atMost: 3 },
      },
    );
  }
  return figures;
}

async function timed(lake: Lake, question: Question, rounds: number, duck: DuckDBConnection | null) {
  const times = { ours: [] as number[], duckdb: [] as number[] };
  let reads = 0;
  // The first round warms both up.
  for (let round = 0; round <= rounds; round++) {
    const readsBefore = lake.bucket.reads;
    const startedAtMs = performance.now();
    const found = await question.ask(lake.ports);
    const betweenMs = performance.now();
    reads = lake.bucket.reads - readsBefore;
    const wanted = duck === null ? null : (await duck.runAndReadAll(question.sql)).getRows()[0]!.map(Number);
    const endedAtMs = performance.now();
    if (wanted !== null && JSON.stringify(found) !== JSON.stringify(wanted)) {
      const [ours, theirs] = [JSON.stringify(found), JSON.stringify(wanted)];
      throw new Error(`Answers differ for ${question.name}: ${ours} here, ${theirs} in DuckDB.`);
    }
    if (round === 0) continue;
    times.ours.push(betweenMs - startedAtMs);
    times.duckdb.push(endedAtMs - betweenMs);
  }
  return { ours: median(times.ours), duckdb: median(times.duckdb), reads };
}
