import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { rankSeries } from '../../../src/core/query/fold/answer.ts';
import { parseQuery } from '../../../src/core/query/question/request.ts';
import { CachedBucket } from '../../../src/lake/scan/cached-bucket.ts';
import type { ScannerOf } from '../../../src/lake/scan/scan-task.ts';
import { readLake } from '../../../src/query/ask/lake-source.ts';
import { openLakeView } from '../../../src/query/view/lake-view.ts';
import { scannersFor } from '../../../src/query/view/share-out.ts';
import { type TenantLake, UID } from '../../lake/seal/tenant-lake.ts';
import { askingOf } from '../../support/asking.ts';
import { expectLog } from '../../support/expect-log.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { apart, scannerPool, scannersDown } from '../../support/scanners.ts';
import { lakeOfDays, RANGE } from '../support/lake-of-days.ts';

const limits = LIMITS as { scanSharedRowsMin: number; scannerRowsMax: number };

const QUESTIONS = [
  { measure: 'count' },
  { measure: 'users', groupBy: ['country', 'device'], interval: 'day' },
  { measure: 'users', groupBy: ['country'] },
  { measure: { sum: 'price' }, groupBy: ['plan'], interval: 'day' },
  { measure: { avg: 'quantity' }, where: { property: 'returning', op: 'eq', value: true } },
  { measure: { p90: 'price' }, groupBy: ['category'] },
  { measure: 'count', groupBy: ['gift'], where: { property: 'category', op: 'in', value: ['books', 'toys'] } },
];

function portsOf(lake: TenantLake, scannerOf?: ScannerOf) {
  const shardOf = () => {
    throw new Error('there are no shards');
  };
  return { db: lake.db, lake: apart(lake.bucket.binding), shardOf, ...(scannerOf && { scannerOf }) };
}

function queryOf(body: object) {
  const query = parseQuery({ ...RANGE, ...body }, 'UTC');
  if (!query.ok) throw new Error(query.error.message);
  return query.value;
}

function wholeRange() {
  const { startMs, endMs } = queryOf({ measure: 'count' });
  return { startMs, endMs };
}

async function answer(lake: TenantLake, body: object, scannerOf?: ScannerOf, ports = portsOf(lake, scannerOf)) {
  const query = queryOf(body);
  const reading = await readLake(askingOf(ports, { uid: UID, nowMs: lake.nowMs }), [query]);
  if (!reading.ok) return reading.error;
  return { scanned: reading.value.scannedEvents, ...rankSeries(query, reading.value.folds[0]!) };
}

describe('a scan shared out over scanners', () => {
  it('answers what the query alone answers', async () => {
    const lake = await lakeOfDays();
    const { scanSharedRowsMin } = limits;
    limits.scanSharedRowsMin = 1;
    const pool = scannerPool(lake.bucket.binding);
    for (const question of QUESTIONS) {
      const alone = await answer(lake, question);
      expect(await answer(lake, question, pool.scannerOf)).toEqual(alone);
      // The scanners have cached what they read, so the second answer needs no read.
      const reads = lake.bucket.count('get');
      expect(await answer(lake, question, pool.scannerOf)).toEqual(alone);
      if (!JSON.stringify(question).includes('p90')) expect(lake.bucket.count('get')).toBe(reads);
    }
    expect(new Set(pool.called).size).toBeGreaterThan(1);
    limits.scanSharedRowsMin = scanSharedRowsMin;
  });

  it('does the share of a scanner that fails itself', async () => {
    const lake = await lakeOfDays();
    const { scanSharedRowsMin } = limits;
    limits.scanSharedRowsMin = 1;
    for (const question of QUESTIONS)
      expect(await answer(lake, question, scannersDown)).toEqual(await answer(lake, question));
    limits.scanSharedRowsMin = scanSharedRowsMin;
    expectLog('query.scanner', { message: 'Error: overloaded' });
  });

  it('gives no scanner more than it may have: the next in rank has it, or the query', async () => {
    const lake = await lakeOfDays();
    const { scanSharedRowsMin, scannerRowsMax } = limits;
    limits.scanSharedRowsMin = 1;
    const alone = await answer(lake, { measure: 'count' });
    const scannersAsked: number[] = [];
    for (const rowsMax of [10_000, 700, 500, 100]) {
      limits.scannerRowsMax = rowsMax;
      const pool = scannerPool(lake.bucket.binding);
      expect(await answer(lake, { measure: 'count' }, pool.scannerOf)).toEqual(alone);
      scannersAsked.push(new Set(pool.called).size);
    }
    // The units have 300, 600, 700 and 1,200 rows: those that fit are shared, then the smallest alone, then none.
    expect(scannersAsked[1]).toBe(3);
    expect(scannersAsked.slice(2)).toEqual([1, 0]);
    Object.assign(limits, { scanSharedRowsMin, scannerRowsMax });
  });

  it('refuses the question when a share is over its budget, instead of answering with less', async () => {
    const lake = await lakeOfDays();
    const { scanSharedRowsMin, scannerRowsMax } = limits;
    limits.scanSharedRowsMin = 1;
    const asking = askingOf(portsOf(lake), { uid: UID, nowMs: lake.nowMs });
    const { segments } = await openLakeView(asking, { ...wholeRange(), columns: [] });
    const query = queryOf({ measure: 'count' });
    limits.scannerRowsMax = 500;
    const task = { hashKey: asking.tenant.hashKey, segments, query, ...wholeRange() };
    expect(await scannerPool(lake.bucket.binding).scannerOf(UID, 0).scan(task)).toMatchObject({
      status: 'over-budget',
    });
    limits.scannerRowsMax = scannerRowsMax;
    let nowMs = 0;
    const slow = scannerPool(lake.bucket.binding, () => (nowMs += LIMITS.scannerBudgetMs));
    expect(await answer(lake, { measure: 'count' }, slow.scannerOf)).toMatchObject({ code: 'query-too-large' });
    limits.scanSharedRowsMin = scanSharedRowsMin;
  });

  it('asks no scanner for files that the isolate of the query keeps decoded', async () => {
    const lake = await lakeOfDays();
    const { scanSharedRowsMin } = limits;
    limits.scanSharedRowsMin = 1;
    const pool = scannerPool(lake.bucket.binding);
    const here = { ...portsOf(lake, pool.scannerOf), lake: lake.bucket.binding };
    const question = { measure: 'users', groupBy: ['country'] };
    const shared = await answer(lake, question, pool.scannerOf, here);
    expect(pool.called.length).toBeGreaterThan(1);
    pool.called.length = 0;
    expect(await answer(lake, question, pool.scannerOf, here)).toEqual(shared);
    expect(pool.called).toEqual([]);
    expect(await answer(lake, { ...question, groupBy: ['device'] }, pool.scannerOf, here)).toEqual(
      await answer(lake, { ...question, groupBy: ['device'] }),
    );
    expect(pool.called.length).toBeGreaterThan(1);
    limits.scanSharedRowsMin = scanSharedRowsMin;
  });

  it('scans alone what is small', async () => {
    const pool = scannerPool((await lakeOfDays()).bucket.binding);
    await answer(await lakeOfDays(), { measure: 'count' }, pool.scannerOf);
    expect(pool.called).toEqual([]);
  });
});

describe('rendezvous', () => {
  it('spreads names, and moves few when the pool grows', () => {
    const names = Array.from({ length: 800 }, (_, i) => `lake/v1/u/date=2024-01-01/${i}-x.parquet`);
    const counts = new Array(8).fill(0) as number[];
    for (const name of names) counts[scannersFor(name, 8)[0]!]!++;
    expect(Math.min(...counts)).toBeGreaterThan(60);
    const moved = names.filter((name) => scannersFor(name, 8)[0] !== scannersFor(name, 9)[0]);
    expect(moved.length).toBeLessThan(150);
    expect(new Set(moved.map((name) => scannersFor(name, 9)[0]))).toEqual(new Set([8]));
  });
});

describe('the cache of a scanner', () => {
  it('holds no more bytes than it may, and gives up what was used longest ago', async () => {
    const bucket = new FakeBucket();
    await bucket.put(
      'x',
      new Uint8Array(1_000).map((_, i) => i),
    );
    const cache = new CachedBucket(bucket.binding, 250);
    const read = async (offset: number) =>
      new Uint8Array(await (await cache.get('x', { range: { offset, length: 100 } }))!.arrayBuffer())[0];
    expect([await read(0), await read(100), await read(0), await read(200), await read(0)]).toEqual([
      0, 100, 0, 200, 0,
    ]);
    expect(bucket.count('get')).toBe(3);
    expect(cache.sizeBytes).toBe(200);
    await read(100);
    expect(bucket.count('get')).toBe(4);
    expect(await cache.get('gone', { range: { offset: 0, length: 1 } })).toBeNull();
  });

  it('reads what a scanner that was killed has begun to read', async () => {
    const stored = new FakeBucket();
    await stored.put('x', Uint8Array.of(1, 2, 3));
    let isKilled = true;
    const bucket = {
      get: (...args: Parameters<R2Bucket['get']>) => (isKilled ? new Promise(() => {}) : stored.binding.get(...args)),
    } as unknown as R2Bucket;
    const cache = new CachedBucket(bucket, 250);
    const range = { offset: 1, length: 2 };
    void cache.get('x', { range });
    isKilled = false;
    expect(new Uint8Array(await (await cache.get('x', { range }))!.arrayBuffer())).toEqual(Uint8Array.of(2, 3));
  });
});
