// The lake of a tenant, read by DuckDB through current.json: the same events, people and counts as the query code's.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventColumns } from '../../src/core/event/columns.ts';
import { DAY_MS } from '../../src/core/limits.ts';
import { rankSeries } from '../../src/core/query/fold/answer.ts';
import { parseQuery } from '../../src/core/query/question/request.ts';
import { publishCurrent } from '../../src/lake/manifest/current.ts';
import { currentPath } from '../../src/lake/manifest/paths.ts';
import { encodeSegment } from '../../src/lake/segment/segment-write.ts';
import { readLake } from '../../src/query/ask/lake-source.ts';
import { eventsOfDay, people } from '../bench/lake/lake-events.ts';
import { askingOf } from '../support/asking.ts';
import { DiskBucket } from '../support/disk-bucket.ts';
import { wildColumns } from './generate.ts';
import { DAY, TenantLake, UID } from './seal/tenant-lake.ts';

let folder = '';
let duck: DuckDBConnection;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-duckdb-'));
  duck = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function select(sql: string): Promise<unknown[][]> {
  return (await duck.runAndReadAll(sql)).getRowsJson() as unknown[][];
}

interface CurrentFile {
  readonly path: string;
  readonly source: string;
  readonly days: readonly string[];
}

/** Creates a view of the events that count, as any reader would from current.json. */
async function viewOf(bucket: DiskBucket, name: string): Promise<void> {
  const object = await bucket.get(currentPath(UID));
  const { files } = (await object!.json()) as { files: CurrentFile[] };
  const parts = files.map(({ path, source, days }) => {
    const rank = source === 'seal' ? 0 : 1;
    const listed = days.map((day) => `'${day}'`).join(', ');
    return `SELECT *, ${rank} AS rank, '${path}' AS file FROM read_parquet('${bucket.path(path)}') WHERE "at"::DATE IN (${listed})`;
  });
  await duck.run(`CREATE OR REPLACE VIEW ${name} AS SELECT * FROM (${parts.join(' UNION ALL BY NAME ')})
    QUALIFY row_number() OVER (PARTITION BY id, coalesce(key_hash, person) ORDER BY rank, received_at, file) = 1`);
}

async function counted(lake: TenantLake, body: object) {
  const range = { from: new Date(DAY * DAY_MS).toISOString(), to: new Date((DAY + 3) * DAY_MS).toISOString() };
  const query = parseQuery({ ...range, ...body }, 'UTC');
  if (!query.ok) throw new Error(query.error.message);
  const ports = {
    db: lake.db,
    lake: lake.bucket.binding,
    shardOf: () => {
      throw new Error('there are no shards');
    },
  };
  const reading = await readLake(askingOf(ports, { uid: UID, nowMs: lake.nowMs }), [query.value]);
  if (!reading.ok) throw new Error(reading.error.message);
  return rankSeries(query.value, reading.value.folds[0]!).series;
}

describe('a lake read by DuckDB through current.json', () => {
  it('has the events, people and sums of the query code: sealed, dirty and unsealed days, copies among them', async () => {
    const lake = new TenantLake();
    const bucket = new DiskBucket(join(folder, 'tenant'));
    const known = people(300);
    const days = [0, 1, 2].map((index) => eventsOfDay(DAY + index, 4_000, known, index + 1));
    await lake.flushColumns('a', 0, 1, days[0]!);
    await lake.flushColumns('b', 0, 1, days[1]!);
    // A whole day comes again under another incarnation: one copy of each event counts.
    await lake.flushColumns('c', 0, 1, days[0]!);
    await lake.seal(DAY);
    await lake.seal(DAY + 1);
    await lake.flushColumns('a', 1, 2, eventsOfDay(DAY + 1, 500, known, 9));
    await lake.flushColumns('a', 2, 3, days[2]!);
    await publishCurrent(lake.db, lake.bucket.binding, UID, lake.nowMs);
    await bucket.putAll(lake.bucket);
    await viewOf(bucket, 'events');

    const [[events, everybody, quantity]] = (await select(
      `SELECT count(*), count(DISTINCT person), sum((properties->>'$.quantity')::INT) FROM events`,
    )) as [unknown[]];
    expect(Number(events)).toBe(4_000 + 4_500 + 4_000);
    expect((await counted(lake, { measure: 'count' }))[0]!.total).toBe(Number(events));
    expect((await counted(lake, { measure: 'users' }))[0]!.total).toBe(Number(everybody));
    expect((await counted(lake, { measure: { sum: 'quantity' } }))[0]!.total).toBe(Number(quantity));

    const byDay = await select('SELECT count(DISTINCT person) FROM events GROUP BY "at"::DATE ORDER BY "at"::DATE');
    const [users] = await counted(lake, { measure: 'users', interval: 'day' });
    expect(byDay.map(([count]) => Number(count))).toEqual(users!.points.map(({ value }) => value));

    const byCountry = await select(
      `SELECT country, count(*) FROM events WHERE properties->>'$.plan' = 'pro' GROUP BY 1 ORDER BY 2 DESC, 1`,
    );
    const where = { property: 'plan', op: 'eq', value: 'pro' };
    const series = await counted(lake, { measure: 'count', where, groupBy: ['country'] });
    expect(byCountry.map(([country, count]) => [country, Number(count)])).toEqual(
      series.map(({ key, total }) => [key.country, total]),
    );
    // A property's own column, where a file has one, holds the values of the JSON.
    const differing = await select(
      `SELECT count(*) FROM events WHERE p_plan IS NOT NULL AND p_plan <> properties->>'$.plan'
         OR p_quantity <> (properties->>'$.quantity')::DOUBLE OR p_returning <> (properties->>'$.returning')::BOOLEAN`,
    );
    expect(Number(differing[0]![0])).toBe(0);
    expect(Number((await select('SELECT count(p_sku) FROM events WHERE rank = 0'))[0]![0])).toBe(8_000);
  });

  it('reads every value of every column: random ids in pages of many frames, wild text, hashes, times', async () => {
    const bucket = new DiskBucket(join(folder, 'segments'));
    for (const [name, columns] of [
      ['ids', eventsOfDay(DAY, 20_000, people(500))],
      ['wild', wildColumns(3_000, 11)],
    ] as [string, EventColumns][]) {
      const { bytes } = encodeSegment(columns, { order: 'l0' });
      await bucket.put(`${name}.parquet`, bytes);
      const rows = await select(
        `SELECT id, hex(properties), hex(user_id), epoch_ms("at"), epoch_ms(received_at), person::VARCHAR, coalesce(key_hash, person, 0)::VARCHAR, late
         FROM read_parquet('${bucket.path(`${name}.parquet`)}')`,
      );
      const found = new Map(rows.map((row) => [row[0], row]));
      expect(found.size).toBe(columns.rowCount);
      // Texts are compared as bytes: the encoding of the client is not under test.
      const text = (value: string | null | undefined) =>
        value == null ? null : Buffer.from(value.toWellFormed()).toString('hex').toUpperCase();
      for (let row = 0; row < columns.rowCount; row++) {
        const { at, receivedAt, person, keyHash, late, strings } = columns;
        expect(found.get(strings.id![row]!)).toEqual([
          strings.id![row],
          text(strings.properties![row]),
          text(strings.user_id![row]),
          String(at[row]),
          String(receivedAt[row]),
          person[row] === 0n ? null : String(person[row]),
          String(keyHash[row]),
          late[row],
        ]);
      }
    }
  });
});
