import { afterEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../../src/core/rollup/cell-codec.ts';
import { RollupCells } from '../../../src/core/rollup/rollup-cells.ts';
import { pack } from '../../../src/lake/encoding/packed.ts';
import type { SealedCells } from '../../../src/lake/manifest/cells.ts';
import { readRange } from '../../../src/lake/manifest/range.ts';
import { toBase64 } from '../../../src/lake/std/base64.ts';
import { DAY, DAY_START_MS, TenantLake, UID } from './tenant-lake.ts';

const HOUR_MS = 3_600_000;
const limits = LIMITS as { -readonly [K in keyof typeof LIMITS]: number };
const { bundledCellsSizeBytesMax } = LIMITS;
afterEach(() => {
  limits.bundledCellsSizeBytesMax = bundledCellsSizeBytesMax;
});

async function storedDay(): Promise<TenantLake> {
  const lake = new TenantLake();
  const rows = Array.from({ length: 200 }, (_, i) => ({
    id: `${i}`,
    at: DAY_START_MS + (i % 5) * HOUR_MS,
    event: `event ${i % 3}`,
    person: BigInt(1 + (i % 40)),
    type: i % 2 === 0 ? 'page' : 'track',
    path: `/${i % 7}`,
    country: `C${i % 4}`,
  }));
  await lake.flush('a', 0, 200, rows);
  return lake;
}

/** What cells say, as text. */
function said(cells: readonly SealedCells[], withPeople: boolean): string[] {
  const all = new RollupCells(cells.length === 0 ? 0 : readCellsHeader(cells[0]!.cells).dimensionCount, 0);
  for (const { cells: bytes } of cells) all.merge(decodeRollupCells(bytes, { withPeople }));
  return encodeRollupCells(all, { kind: withPeople ? 'people' : 'counts' }).map(toBase64);
}

/** The answers of a sealed day: by the hour and by the day, with people and without, of each rollup. */
async function answers(lake: TenantLake) {
  const found: Record<string, string[]> = {};
  for (const { id, name } of lake.rollups) {
    for (const grain of ['hour', 'day'] as const) {
      found[`${name} ${grain} people`] = said((await lake.range(DAY, grain, name)).cells, true);
      const counts = { uid: UID, rollupId: id, dayFrom: DAY, dayTo: DAY, grain, kind: 'counts' } as const;
      found[`${name} ${grain} counts`] = said((await readRange(lake.db, counts)).cells, false);
    }
  }
  return found;
}

const rowsOf = (lake: TenantLake) =>
  lake.all<{ rollup: string; grain: string; bytes: number }>(
    'SELECT rollup_id AS rollup, grain, length(cells) AS bytes FROM sealed_cells ORDER BY 1, 2',
  );
const hourFiles = (lake: TenantLake) => lake.bucket.keys().filter((key) => key.includes('/hours/'));

describe('the cells of a sealed day', () => {
  it('are one row of all rollups and a file with people by the hour', async () => {
    const lake = await storedDay();
    await lake.seal();
    expect((await rowsOf(lake)).map(({ rollup, grain }) => [rollup, grain])).toEqual([['*', '*']]);
    const { hours, rollupIds } = (await lake.sealed())!;
    expect([...rollupIds].sort()).toEqual(lake.rollups.map(({ id }) => id).sort());
    expect(hourFiles(lake)).toEqual([`lake/v1/${UID}/hours/2022-01-08/${hours!.file}.cells`]);
    expect(Object.keys(hours!.chunks)).toHaveLength(lake.rollups.length);
    // An older release finds no rollup, and reads the events.
    expect(await lake.all('SELECT rollup_ids FROM sealed_days')).toEqual([{ rollup_ids: '[]' }]);
  });

  it('say the same as rows of each rollup, which a bigger day has', async () => {
    const small = await storedDay();
    await small.seal();
    limits.bundledCellsSizeBytesMax = 200;
    const big = await storedDay();
    await big.seal();
    const rows = await rowsOf(big);
    expect(rows).toHaveLength(2 * big.rollups.length);
    expect(new Set(rows.map(({ grain }) => grain))).toEqual(new Set(['day', 'hour-counts']));
    expect(await answers(big)).toEqual(await answers(small));
    expect(Object.values(await answers(small)).every((chunks) => chunks.length === 1)).toBe(true);
  });

  it('are in the lake only where people are counted by the hour', async () => {
    const lake = await storedDay();
    await lake.seal();
    const rollupId = lake.rollups[0]!.id;
    const range = { uid: UID, rollupId, dayFrom: DAY, dayTo: DAY };
    const piecesOf = async (more: { grain: 'hour' | 'day'; kind: 'counts' | 'people'; hourDays?: number[] }) =>
      (await readRange(lake.db, { ...range, ...more })).hourPieces.length;
    expect(await piecesOf({ grain: 'hour', kind: 'counts' })).toBe(0);
    expect(await piecesOf({ grain: 'day', kind: 'people' })).toBe(0);
    expect(await piecesOf({ grain: 'day', kind: 'people', hourDays: [DAY] })).toBe(1);
  });

  it('are read as an older release left them, and replaced by the next seal', async () => {
    const lake = await storedDay();
    await lake.seal();
    const expected = await answers(lake);
    await asOlderRelease(lake);
    expect((await rowsOf(lake)).map(({ grain }) => grain)).not.toContain('*');
    expect(await answers(lake)).toEqual(expected);
    await lake.flush('a', 200, 201, [{ id: 'late', at: DAY_START_MS, event: 'event 0', person: 1n }]);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 2, events: 201 });
    expect((await rowsOf(lake)).map(({ grain }) => grain)).toEqual(['*']);
    expect(hourFiles(lake)).toHaveLength(1);
  });

  it('of a seal that an older release has replaced do not count, and their file goes', async () => {
    const lake = await storedDay();
    await lake.seal();
    const [file] = hourFiles(lake);
    const ids = JSON.stringify(['r1']);
    await lake.db.prepare('UPDATE sealed_days SET revision = 2, rollup_ids = ?').bind(ids).run();
    expect(await lake.sealed()).toMatchObject({ revision: 2, rollupIds: ['r1'], hours: null });
    expect(await lake.all('SELECT path FROM garbage')).toContainEqual({ path: file });
  });
});

/** Rewrites the cells as a release from before did: rows by rollup and grain with people. */
async function asOlderRelease(lake: TenantLake): Promise<void> {
  const rows = [];
  for (const { id, name } of lake.rollups) {
    for (const grain of ['hour', 'day'] as const) {
      const { cells } = await lake.range(DAY, grain, name);
      for (const [chunk, { cells: bytes }] of cells.entries())
        rows.push([id, grain, chunk, toBase64(pack(bytes))] as const);
    }
  }
  await lake.db.prepare('DELETE FROM sealed_cells').run();
  for (const row of rows) {
    await lake.db
      .prepare(
        `INSERT INTO sealed_cells (uid, rollup_id, day, grain, revision, chunk, overflowed, cells) VALUES ('${UID}', ?1, ${DAY}, ?2, 1, ?3, 0, ?4)`,
      )
      .bind(...row)
      .run();
  }
  const ids = JSON.stringify(lake.rollups.map(({ id }) => id));
  await lake.db.prepare('UPDATE sealed_days SET lake_cells = NULL, rollup_ids = ?').bind(ids).run();
  for (const key of hourFiles(lake)) lake.bucket.delete(key);
}
