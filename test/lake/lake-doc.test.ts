// The statements of docs/lake.md, run unchanged on a lake of sealed, dirty and unsealed days with copies, against the
// API.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { funnel as funnelKind } from '../../src/core/journeys/funnel/funnel.ts';
import { DAY_MS } from '../../src/core/limits.ts';
import { rankSeries } from '../../src/core/query/fold/answer.ts';
import { parseQuery } from '../../src/core/query/question/request.ts';
import { dayText } from '../../src/core/std/day.ts';
import { publishCurrent } from '../../src/lake/manifest/current.ts';
import { readLake } from '../../src/query/ask/lake-source.ts';
import { readJourney } from '../../src/query/journeys/journey-source.ts';
import { eventsOfDay, people } from '../bench/lake/lake-events.ts';
import { askingOf } from '../support/asking.ts';
import { countingRows } from '../support/counting-rows.ts';
import { DiskBucket } from '../support/disk-bucket.ts';
import { randomFrom } from './generate.ts';
import { DAY, type Row, TenantLake, UID } from './seal/tenant-lake.ts';

const RANGE = { from: dayText(DAY), to: dayText(DAY + 4) };
const [open, perDay, perEvent, property, funnel] = [
  ...readFileSync(new URL('../../docs/lake.md', import.meta.url), 'utf8').matchAll(/```sql\n(.*?)```/gs),
].map(([, sql]) => sql!);

let folder = '';
let duck: DuckDBConnection;
const lake = new TenantLake();
const ports = {
  db: lake.db,
  lake: lake.bucket.binding,
  shardOf: () => {
    throw new Error('there are no shards');
  },
};

/** Rows of a fourth day under few ids from few devices, by senders of every class, in a few files. */
const random = randomFrom(4);
const below = (count: number) => Math.floor(random() * count);
const repeated: readonly Row[][] = Array.from({ length: 6 }, (_, file) =>
  Array.from({ length: 40 }, (_, number) => ({
    id: `order-${below(20)}`,
    at: (DAY + 3) * DAY_MS + below(DAY_MS),
    receivedAt: (DAY + 4) * DAY_MS + file * 1_000 + number,
    keyHash: BigInt(below(3) + 1),
    person: BigInt(below(2) + 1),
    sender: file % 3 === 2 ? 'import' : ([null, 'browser', 'server'] as const)[below(3)]!,
  })),
);
const ofFourthDay = repeated.flat();
const counting = countingRows(
  ofFourthDay.map((row) => ({ ...row, key: row.keyHash!, receivedAt: row.receivedAt!, sender: row.sender! })),
);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-lake-'));
  duck = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const known = people(300);
  const days = [0, 1, 2].map((index) => eventsOfDay(DAY + index, 3_000, known, index + 1));
  await lake.flushColumns('a', 0, 1, days[0]!);
  await lake.flushColumns('b', 0, 1, days[1]!);
  await lake.flushColumns('c', 0, 1, days[0]!);
  await lake.seal(DAY);
  await lake.seal(DAY + 1);
  // After the seal come new events of a sealed day, copies of its events, and a day that is not sealed.
  await lake.flushColumns('a', 1, 2, eventsOfDay(DAY + 1, 500, known, 9));
  await lake.flushColumns('d', 0, 1, days[1]!);
  await lake.flushColumns('a', 2, 3, days[2]!);
  for (const [number, rows] of repeated.entries()) {
    if (number % 3 === 2) await lake.import(rows);
    else await lake.flush(`e${number}`, 0, 1, rows);
  }
  await publishCurrent(lake.db, lake.bucket.binding, UID, lake.nowMs);
  const bucket = new DiskBucket(folder);
  await bucket.putAll(lake.bucket);
  await duck.run(open!.replaceAll('/data', folder).replaceAll('<uid>', UID));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function rows(sql: string): Promise<(string | number)[][]> {
  const found = (await duck.runAndReadAll(sql)).getRowsJson() as string[][];
  return found.map((row) => row.map((value) => (/^\d+$/.test(String(value)) ? Number(value) : value)));
}

async function answer(body: object) {
  const query = parseQuery({ ...RANGE, ...body }, 'UTC');
  if (!query.ok) throw new Error(query.error.message);
  const reading = await readLake(askingOf(ports, { uid: UID, nowMs: lake.nowMs }), [query.value]);
  if (!reading.ok) throw new Error(reading.error.message);
  return rankSeries(query.value, reading.value.folds[0]!).series;
}

describe('docs/lake.md', () => {
  it('counts events and people a day as the API does', async () => {
    const [events] = await answer({ measure: 'count', interval: 'day' });
    const [users] = await answer({ measure: 'users', interval: 'day' });
    expect(events!.total).toBe(3_000 + 3_500 + 3_000 + counting.length);
    const expected = events!.points.map(({ at, value }, day) => [at.slice(0, 10), value, users!.points[day]!.value]);
    expect(await rows(perDay!)).toEqual(expected);
  });

  it('counts the same of the rows with an id as every other reader', async () => {
    const found = await rows(
      `SELECT epoch_ms(received_at) FROM events WHERE "at"::DATE = DATE '${dayText(DAY + 3)}' ORDER BY 1`,
    );
    expect(counting.length).toBeGreaterThan(20);
    expect(found.flat()).toEqual(counting.map((index) => ofFourthDay[index]!.receivedAt).sort());
  });

  it('counts by event and by property as the API does', async () => {
    const byEvent = await answer({ measure: 'count', groupBy: ['event'] });
    expect((await rows(perEvent!)).map(([event, count]) => [event, count])).toEqual(
      byEvent.map(({ key, total }) => [key.event, total]),
    );
    const where = { property: 'plan', op: 'eq', value: 'pro' };
    const sums = await answer({ measure: { sum: 'quantity' }, where, groupBy: ['country'], top: 5 });
    expect(await rows(property!)).toEqual(
      sums.filter(({ other }) => !other).map(({ key, total }) => [key.country, total]),
    );
  });

  it('has the people of the funnel of the API', async () => {
    const steps = ['Product Viewed', 'Product Added', 'Order Completed'].map((event) => ({ event }));
    const question = funnelKind.parse({ ...RANGE, steps, windowSeconds: (7 * DAY_MS) / 1_000 }, 'UTC');
    if (!question.ok) throw new Error(question.error.message);
    const asking = askingOf(ports, { uid: UID, nowMs: lake.nowMs });
    const reading = await readJourney(asking, funnelKind.make(question.value));
    if (!reading.ok) throw new Error(reading.error.message);
    expect((await rows(funnel!))[0]).toEqual(reading.value.answer.steps!.map(({ people }) => people));
  });
});
