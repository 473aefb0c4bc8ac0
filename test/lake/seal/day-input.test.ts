// Day input: how many reads a day of many files costs, and that reading ahead changes no row.

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readFooters } from '../../../src/lake/manifest/footers.ts';
import { readDay } from '../../../src/lake/seal/day-input.ts';
import type { DayInput } from '../../../src/lake/seal/plan.ts';
import { SegmentCache, WHOLE_SIZE_BYTES_MAX } from '../../../src/lake/segment/segment-cache.ts';
import { ALL_LAKE_COLUMNS } from '../../../src/lake/segment/segment-schema.ts';
import { DAY, DAY_START_MS, row, TenantLake } from './tenant-lake.ts';

/** A day of files with the given numbers of rows, each row with an id of some bytes that do not compress. */
async function dayOfFiles(rowCounts: readonly number[], textBytes: number) {
  const lake = new TenantLake();
  let next = 0;
  for (const count of rowCounts) {
    const from = next;
    const rows = Array.from({ length: count }, () =>
      row(`${next} ${randomBytes(textBytes).toString('base64')}`, { at: DAY_START_MS + next++ }),
    );
    await lake.flush('a', from, next, rows);
  }
  const inputs = await lake.all<DayInput>(
    `SELECT s.manifest_seq AS manifestSeq, s.path, s.size_bytes AS sizeBytes, sd.row_count AS rowCount
     FROM segments s JOIN segment_days sd ON sd.manifest_seq = s.manifest_seq ORDER BY s.manifest_seq`,
  );
  const isBig = inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > WHOLE_SIZE_BYTES_MAX;
  return { lake, inputs, isBig, count: next };
}

/** The ids as read, and the reads of the bucket that it took. */
async function read({ lake, inputs }: { lake: TenantLake; inputs: readonly DayInput[] }, hasFooters: boolean) {
  const footersOf = (seqs: readonly number[]) => readFooters(lake.db, seqs);
  const cache = new SegmentCache(lake.bucket.binding, ...(hasFooters ? [footersOf] : []));
  lake.bucket.calls.length = 0;
  const callsBefore = lake.fake.fake.callCount;
  const ids: string[] = [];
  for await (const { columns, firstRow } of readDay(DAY, inputs, ALL_LAKE_COLUMNS, cache)) {
    expect(firstRow).toBe(ids.length);
    ids.push(...columns.strings.id!.map((id) => id!.split(' ')[0]!));
  }
  const gets = lake.bucket.calls.filter(({ op }) => op === 'get').length;
  return { ids, gets, lookUps: lake.fake.fake.callCount - callsBefore };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

describe('the rows of a day', () => {
  it('are numbered through its files in order, whatever their sizes', async () => {
    const day = await dayOfFiles([1, 2, 3, 6_000, 1, 2_400, 2_400, 2_400, 7, 1, 1, 1, 1, 1, 1, 1, 5_001], 1);
    expect(day.isBig).toBe(false);
    expect((await read(day, true)).ids).toEqual(numbered(day.count));
  });

  it('cost one read of a file of which the manifest has the footer, and a look-up for two dozen files', async () => {
    const day = await dayOfFiles(Array(50).fill(4), 120_000);
    expect(day.isBig).toBe(true);
    const without = await read(day, false);
    const found = await read(day, true);
    expect(found.ids).toEqual(numbered(day.count));
    expect(without.ids).toEqual(found.ids);
    expect(found.gets).toBe(50);
    expect(without.gets).toBeGreaterThanOrEqual(100);
    expect(found.lookUps).toBe(3);
  });
});
