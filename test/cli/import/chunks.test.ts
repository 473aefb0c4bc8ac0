import { expect, it } from 'vitest';
import { cutChunks, type RowCounts } from '../../../src/cli/import/chunks.ts';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';

it('cuts chunks that the server takes, whatever the script of the texts', async () => {
  const counts: RowCounts = { read: 0, mapped: 0, skipped: 0, unreadable: 0, unreadableFirst: [] };
  const row = { event: 'x', timestamp: 0, properties: { text: '\u6f6e'.repeat(10_000) } };
  const rows = (async function* () {
    for (let batch = 0; batch < 10; batch++) yield Array(100).fill(0);
  })();
  const sizes: number[] = [];
  let rowCount = 0;
  const options = { rowsMax: 20_000, idPrefix: 'p', counts };
  for await (const chunk of cutChunks(rows, () => ({ ...row }), options)) {
    sizes.push(chunk.body.length);
    rowCount += chunk.rowCount;
  }
  expect(rowCount).toBe(1_000);
  expect(sizes).toHaveLength(3);
  expect(Math.max(...sizes)).toBeLessThan(LIMITS.importChunkSizeBytesMax);
});

const DAYS_MAX = LIMITS.importChunkDaysMax;
const dayOfLine = (line: string) => Math.floor(Number(JSON.parse(line).timestamp) / DAY_MS);

async function chunksOf(times: readonly unknown[], rowsMax = 1_000) {
  const counts: RowCounts = { read: 0, mapped: 0, skipped: 0, unreadable: 0, unreadableFirst: [] };
  const batches = (async function* () {
    yield times;
  })();
  const map = (row: unknown) => ({ event: 'x', timestamp: row as number });
  const chunks: { readonly days: number; readonly rows: number[] }[] = [];
  for await (const { body, rows } of cutChunks(batches, map, { rowsMax, idPrefix: 'p', counts })) {
    const lines = body.toString().trimEnd().split('\n');
    chunks.push({ days: new Set(lines.map(dayOfLine)).size, rows: rows.map(({ number }) => number) });
  }
  return chunks;
}

const FIRST_MS = Date.UTC(1990, 0, 2);
/** 13,000 days in an order of no sense: 7,919 is prime. */
const shuffled = Array.from({ length: 13_000 }, (_, index) => FIRST_MS + ((index * 7_919) % 13_000) * DAY_MS);

it('cuts chunks of no more days than the server takes, in any order of the rows', async () => {
  const sorted = [...shuffled].sort((a, b) => a - b);
  for (const times of [sorted, sorted.toReversed(), shuffled]) {
    const chunks = await chunksOf(times);
    expect(Math.max(...chunks.map(({ days }) => days))).toBeLessThanOrEqual(DAYS_MAX);
    expect(chunks.length).toBeLessThanOrEqual(13_000 / DAYS_MAX + 1);
    const all = chunks.flatMap(({ rows }) => rows);
    expect(all.toSorted((a, b) => a - b)).toEqual(times.map((_, index) => index + 1));
  }
});

it('tells the days of a time in every form that the server takes', async () => {
  const forms: ((atMs: number) => unknown)[] = [
    (atMs) => atMs / 1e3,
    (atMs) => atMs * 1e3,
    (atMs) => atMs * 1e6,
    (atMs) => new Date(atMs),
    (atMs) => new Date(atMs).toISOString(),
    (atMs) => new Date(atMs).toISOString().slice(0, 10),
  ];
  for (const form of forms) {
    const chunks = await chunksOf(shuffled.map(form));
    expect(Math.max(...chunks.map(({ rows }) => rows.length))).toBeLessThanOrEqual(DAYS_MAX);
  }
});

it('fills the chunks of a file in the order of its users', async () => {
  const times = Array.from({ length: 20_000 }, (_, index) => FIRST_MS + ((index * 7_919) % 1_095) * DAY_MS);
  const chunks = await chunksOf(times);
  expect(chunks.length).toBeLessThanOrEqual(20_000 / 1_000 + 4);
});
