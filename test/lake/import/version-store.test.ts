import { describe, expect, it } from 'vitest';
import { readImport } from '../../../src/lake/import/status-store.ts';
import { dropVersion, findIdleVersions } from '../../../src/lake/import/version-store.ts';
import { publishCurrent } from '../../../src/lake/manifest/current.ts';
import { currentPath } from '../../../src/lake/manifest/paths.ts';
import { readScanPlan } from '../../../src/lake/manifest/segments.ts';
import { takeDue } from '../../../src/lake/seal/dirty-days.ts';
import { DAY, DAY_START_MS, type Row, TenantLake, UID } from '../seal/tenant-lake.ts';

const row = (id: string, given: Partial<Row> = {}): Row => ({
  at: DAY_START_MS + 3_600_000,
  receivedAt: DAY_START_MS + 3_600_000,
  person: 1n,
  keyHash: 1n,
  id,
  event: 'Buy',
  ...given,
});

/** The events of the day by name, from sealed cells, or from the files when the seal does not count. */
async function counted(lake: TenantLake): Promise<number> {
  const { segments } = await readScanPlan(lake.db, { uid: UID, dayFrom: DAY, dayTo: DAY });
  return segments.flatMap(({ days }) => days).reduce((sum, { rowCount }) => sum + rowCount, 0);
}

async function state(lake: TenantLake, importId = 'a') {
  const known = await readImport(lake.db, { uid: UID, importId });
  return known!.status;
}

describe('a version of an import', () => {
  it('counts from its finish on, and never from a chunk', async () => {
    const lake = new TenantLake();
    await lake.flush('s', 0, 1, [row('live')]);
    await lake.seal();
    await lake.import([row('1'), row('2')], 'a', { finishes: false });
    expect(await counted(lake)).toBe(1);
    expect((await lake.range()).waitingRows).toBe(2);
    expect(await lake.seal()).toEqual({ status: 'clean' });
    await lake.import([row('3')], 'a', { chunk: 1 });
    expect(await counted(lake)).toBe(4);
    expect((await lake.range()).waitingRows).toBe(0);
    await lake.seal();
    expect(await lake.sealed()).toMatchObject({ events: 4, drift: { imported: 3, rest: 0 } });
    expect(await state(lake)).toMatchObject({ state: 'finished', rows: 3, sealed: 1, of: 1 });
  });

  it('takes the place of the one before, on a sealed day too', async () => {
    const lake = new TenantLake();
    await lake.flush('s', 0, 1, [row('live')]);
    await lake.import([row('1'), row('2')], 'a');
    await lake.seal();
    await lake.import([row('1', { event: 'Refund' })], 'a', { version: 2, draws: true });
    // The seal holds rows that count no more: the day is read as if it were not sealed.
    expect(await lake.sealed()).toBeUndefined();
    expect([...(await lake.range()).voidDays]).toEqual([DAY]);
    expect(await counted(lake)).toBe(2);
    expect(await takeDue(lake.db, lake.nowMs + 3_600_000)).toMatchObject([{ uid: UID, day: DAY }]);
    expect(await state(lake)).toMatchObject({ version: 2, rows: 1, sealed: 0, of: 1 });
    await lake.seal();
    expect(await lake.sealed()).toMatchObject({ revision: 2, events: 2, drift: { live: 1, imported: 1, rest: 0 } });
    expect(await lake.counts()).toEqual({ Buy: { count: 1, people: 1 }, Refund: { count: 1, people: 1 } });
    expect(await takeDue(lake.db, lake.nowMs + 7_200_000)).toEqual([]);
  });

  it('is taken back, and leaves a day without events sealed and clean', async () => {
    const lake = new TenantLake();
    await lake.import([row('1'), row('2')], 'a');
    await lake.seal();
    expect(await lake.undo('a')).toBe(true);
    expect(await lake.undo('a')).toBe(false);
    expect(await counted(lake)).toBe(0);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', events: 0, rest: 0 });
    expect(await lake.seal()).toEqual({ status: 'empty' });
    expect(await takeDue(lake.db, lake.nowMs + 7_200_000)).toEqual([]);
    expect(await state(lake)).toMatchObject({ undone: true, rows: 0, sealed: 0, of: 0 });
  });

  it('of two imports with a common row leaves the row of the other, when one is taken back', async () => {
    const lake = new TenantLake();
    await lake.import([row('1'), row('same', { event: 'A' })], 'a');
    await lake.import([row('same', { event: 'B' }), row('3')], 'b');
    await lake.seal();
    expect(await lake.sealed()).toMatchObject({ events: 3, drift: { duplicates: 1 } });
    await lake.undo('a');
    await lake.seal();
    expect(await lake.counts()).toEqual({ B: { count: 1, people: 1 }, Buy: { count: 1, people: 1 } });
  });

  it('that is overtaken while a seal works leaves the day dirty, and the seal without effect', async () => {
    const lake = new TenantLake();
    await lake.import([row('1'), row('2')], 'a');
    await lake.flush('s', 0, 1, [row('live')]);
    let undone: Promise<boolean> | undefined;
    lake.fake.fake.hook = ({ sql, phase }) => {
      if (phase === 'after' && sql.some((text) => text.includes('INSERT OR IGNORE INTO seal_plans'))) {
        lake.fake.fake.hook = null;
        undone = lake.undo('a');
      }
    };
    await lake.seal();
    expect(await undone).toBe(true);
    expect(await lake.all('SELECT events FROM sealed_days')).toEqual([{ events: 3 }]);
    expect(await lake.sealed()).toBeUndefined();
    expect(await counted(lake)).toBe(1);
    await lake.seal();
    expect(await counted(lake)).toBe(1);
    expect(await lake.sealed()).toMatchObject({ events: 1 });
  });

  it('that is finished late does not bring back what a greater one has replaced', async () => {
    const lake = new TenantLake();
    await lake.import([row('1')], 'a', { finishes: false });
    await lake.import([row('2')], 'a', { version: 2, draws: true });
    await expect(lake.finish('a', 1, 1)).resolves.toBe(false);
    expect(await counted(lake)).toBe(1);
    expect((await state(lake)).versions.map(({ version, state: each, counts }) => [version, each, counts])).toEqual([
      [2, 'finished', true],
      [1, 'dropped', false],
    ]);
    await lake.undo('a');
    await lake.draw('a', 4);
    await lake.undo('a');
    await expect(lake.finish('a', 4, 0)).resolves.toBe(false);
    expect(await counted(lake)).toBe(0);
  });

  it('that nobody finishes is dropped after a week, with its file', async () => {
    const lake = new TenantLake();
    await lake.import([row('1')], 'a', { finishes: false });
    const [idle] = await findIdleVersions(lake.db, lake.nowMs + 1, 10);
    expect(await dropVersion(lake.db, idle!, lake.nowMs)).toBe(true);
    expect(await dropVersion(lake.db, idle!, lake.nowMs)).toBe(false);
    expect((await lake.range()).waitingRows).toBe(0);
    expect(await lake.all('SELECT path FROM garbage')).toHaveLength(1);
    expect(await state(lake)).toMatchObject({ state: 'dropped' });
    await expect(lake.finish('a', 1, 1)).resolves.toBe(false);
  });

  it('is in current.json with the version that counts alone', async () => {
    const lake = new TenantLake();
    await lake.import([row('1')], 'a');
    await lake.import([row('2'), row('3')], 'a', { version: 2, draws: true });
    await publishCurrent(lake.db, lake.bucket.binding, UID, lake.nowMs);
    const { files } = JSON.parse(await (await lake.bucket.binding.get(currentPath(UID)))!.text());
    expect(files).toMatchObject([{ source: 'import', rows: 2 }]);
  });
});
