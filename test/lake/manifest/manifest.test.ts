import { describe, expect, it } from 'vitest';
import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { dayText, parseDay } from '../../../src/core/std/day.ts';
import { InvariantError } from '../../../src/core/std/result.ts';
import { readRange } from '../../../src/lake/manifest/range.ts';
import { readScanPlan } from '../../../src/lake/manifest/segments.ts';
import { DAY, DAY_START_MS, row, TenantLake, UID } from '../seal/tenant-lake.ts';

const TABLES = ['segments', 'segment_days', 'flushes', 'parts'];

async function rowCounts(lake: TenantLake) {
  const counts = await Promise.all(
    TABLES.map((table) => lake.all<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`)),
  );
  return counts.map(([first]) => first!.n);
}

describe('storing a flush', () => {
  it('gives the segment and its days one manifest_seq', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row(), row('late', { at: DAY_START_MS - 1, late: 2 })]);
    const [segment] = await lake.all<{ manifest_seq: number }>('SELECT * FROM segments');
    expect(await lake.all('SELECT day, manifest_seq, row_count, uncounted FROM segment_days ORDER BY day')).toEqual([
      { day: DAY - 1, manifest_seq: segment!.manifest_seq, row_count: 1, uncounted: 1 },
      { day: DAY, manifest_seq: segment!.manifest_seq, row_count: 1, uncounted: 0 },
    ]);
  });

  it('does nothing when it comes again', async () => {
    const lake = new TenantLake();
    const rows = [row(), row()];
    await lake.flush('a', 0, 3, rows);
    const before = await rowCounts(lake);
    await lake.flush('a', 0, 3, rows);
    expect(await rowCounts(lake)).toEqual(before);
  });

  it('brings nothing back that was collected meanwhile', async () => {
    const lake = new TenantLake();
    const rows = [row(), row()];
    await lake.flush('a', 0, 3, rows);
    for (const table of TABLES.filter((name) => name !== 'flushes')) await lake.all(`DELETE FROM ${table}`);
    await lake.flush('a', 0, 3, rows);
    expect(await rowCounts(lake)).toEqual([0, 0, 1, 0]);
  });

  it('raises on the same key with another checksum, and keeps nothing of it', async () => {
    const lake = new TenantLake();
    const rows = [row()];
    await lake.flush('a', 0, 3, rows);
    const before = await rowCounts(lake);
    await expect(lake.flush('a', 0, 3, rows, 'other')).rejects.toThrow(InvariantError);
    expect(await rowCounts(lake)).toEqual(before);
  });

  it('raises on the same key with another end', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row()]);
    await expect(lake.flush('a', 0, 4, [row()])).rejects.toThrow(InvariantError);
    expect(await rowCounts(lake)).toEqual([1, 1, 1, 4]);
  });
});

describe('reading a range', () => {
  it('lists parts and what is in none of an unsealed day in one call', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row(), row()]);
    await lake.flush('b', 5, 6, [row('x', { at: DAY_START_MS + 86_400_000 })]);
    await lake.import([row('y')], 'import');
    const before = lake.fake.fake.callCount;
    const { days, uncovered, parts, cells } = await lake.range();
    expect(lake.fake.fake.callCount - before).toBe(1);
    expect({ days, cells }).toEqual({ days: [], cells: [] });
    expect(parts.map(({ incarnation, seqFrom, seqTo, dayMin }) => [incarnation, seqFrom, seqTo, dayMin])).toEqual([
      ['a', 0, 3, DAY],
    ]);
    expect(uncovered.map(({ source, rowCount, uncounted }) => [source, rowCount, uncounted])).toEqual([
      ['import', 1, 1],
    ]);
  });

  it('lists all uncovered segments of a day, and for a rollup the flushes without it', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row()]);
    lake.rollups = DEFAULT_ROLLUPS.filter(({ name }) => name !== 'places');
    await lake.flush('a', 3, 5, [row('x')]);
    const listed = async (rollupId: string | null) => {
      const { uncovered } = await readRange(lake.db, { uid: UID, rollupId, dayFrom: DAY, dayTo: DAY, grain: 'day' });
      return uncovered.map(({ seqFrom }) => seqFrom);
    };
    const idOf = (wanted: string) => DEFAULT_ROLLUPS.find(({ name }) => name === wanted)!.id;
    expect(await listed(null)).toEqual([0, 3]);
    expect(await listed(idOf('places'))).toEqual([3]);
    expect(await listed(idOf('events'))).toEqual([]);
  });

  it('lists, for a rollup too, what came after the seal of a day that does not count any more', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row()]);
    await lake.import([row('y')], 'import');
    await lake.seal();
    await lake.flush('a', 3, 5, [row('x')]);
    expect((await lake.range()).uncovered).toEqual([]);
    await lake.undo('import');
    const { uncovered, voidDays } = await lake.range();
    expect([...voidDays]).toEqual([DAY]);
    const flushes = uncovered.filter(({ source }) => source === 'flush');
    expect(flushes.map(({ seqFrom, uncounted }) => [seqFrom, uncounted])).toContainEqual([3, 1]);
  });

  it('plans a scan over what counts: L1 of the revision, then what came since, each for its days', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row(), row('x', { at: DAY_START_MS + 86_400_000 })]);
    await lake.seal();
    await lake.import([row()]);
    const { days, segments } = await readScanPlan(lake.db, { uid: UID, dayFrom: DAY, dayTo: DAY + 1 });
    expect(days.map(({ day, revision }) => [day, revision])).toEqual([[DAY, 1]]);
    expect(segments.map(({ source, days }) => [source, days])).toEqual([
      ['flush', [{ day: DAY + 1, rowCount: 1 }]],
      ['seal', [{ day: DAY, rowCount: 1 }]],
      ['import', [{ day: DAY, rowCount: 1 }]],
    ]);
    expect(segments.every(({ footer }) => footer !== null && footer.length > 0)).toBe(true);
  });
});

describe('a day as text', () => {
  it('is parsed strictly', () => {
    expect(parseDay('2010-12-01')).toBe(14_944);
    expect(dayText(14_944)).toBe('2010-12-01');
    for (const text of ['2010-12-1', '2010-02-30', 'today', '2010-12-01T00:00:00Z']) expect(parseDay(text)).toBeNull();
  });
});
