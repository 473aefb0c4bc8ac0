import { describe, expect, it } from 'vitest';
import { LATE_BEYOND } from '../../../src/core/event/columns.ts';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { makeRollup } from '../../../src/core/rollup/rollup.ts';
import { collectSealed } from '../../../src/lake/collect/collect.ts';
import { collectGarbage } from '../../../src/lake/manifest/garbage.ts';
import { readScanPlan } from '../../../src/lake/manifest/segments.ts';
import { planSeal, type SealPlan } from '../../../src/lake/seal/plan.ts';
import { adoptPlan, readDayState } from '../../../src/lake/seal/plan-store.ts';
import { DAY, DAY_START_MS, row, TenantLake, UID } from '../seal/tenant-lake.ts';

const WHOLE = { uid: UID, dayFrom: DAY - 2, dayTo: DAY + 2 };

/** Runs the cron's two duties of tidying up, some time after the latest seal. */
async function collect(lake: TenantLake): Promise<void> {
  lake.nowMs += LIMITS.collectAfterMs + MINUTE_MS;
  await collectSealed(lake.db, lake.nowMs);
  lake.nowMs += HOUR_MS + MINUTE_MS;
  await collectGarbage(lake.db, lake.bucket.binding, lake.nowMs);
}

function keys(lake: TenantLake, folder: string): string[] {
  return lake.bucket.keys().filter((key) => key.includes(folder));
}

/** The sources of what counts. */
async function counting(lake: TenantLake): Promise<string[]> {
  const { segments } = await readScanPlan(lake.db, WHOLE);
  return segments.map(({ source }) => source);
}

async function drift(
  lake: TenantLake,
): Promise<{ rest: number; duplicates: number; imported: number; beyond: number }> {
  const [sealed] = await lake.all<{ drift: string }>('SELECT drift FROM sealed_days');
  return JSON.parse(sealed!.drift);
}

async function sealedLake(): Promise<TenantLake> {
  const lake = new TenantLake();
  await lake.flush('a', 0, 3, [row('1'), row('2', { event: 'Bought' })]);
  await lake.flush('a', 3, 5, [row('3')]);
  await lake.seal();
  return lake;
}

describe('what a seal covers', () => {
  it('goes some time after it: rows first, objects an hour later', async () => {
    const lake = await sealedLake();
    lake.nowMs += LIMITS.collectAfterMs - 1;
    expect(await collectSealed(lake.db, lake.nowMs)).toBe(0);
    lake.nowMs += 1;
    expect(await collectSealed(lake.db, lake.nowMs)).toBe(2);
    expect(await lake.all("SELECT path FROM segments WHERE source <> 'seal'")).toEqual([]);
    expect(await lake.all('SELECT day FROM segment_days')).toEqual([]);
    expect(await lake.all('SELECT seq_from FROM flushes')).toEqual([]);
    expect(await lake.all('SELECT day FROM collections')).toEqual([]);
    expect(keys(lake, '/l0/')).toHaveLength(2);
    await collectGarbage(lake.db, lake.bucket.binding, lake.nowMs + HOUR_MS - 1);
    expect(keys(lake, '/l0/')).toHaveLength(2);
    await collectGarbage(lake.db, lake.bucket.binding, lake.nowMs + HOUR_MS);
    expect(keys(lake, '/l0/')).toEqual([]);
    expect(await counting(lake)).toEqual(['seal']);
    expect(
      Object.values(await lake.counts())
        .map(({ count }) => count)
        .sort(),
    ).toEqual([1, 2]);
  });

  it('is read from the files of the ground by the seals that follow, with the accounts of all of it', async () => {
    const lake = await sealedLake();
    await collect(lake);
    await lake.flush('a', 5, 8, [row('3'), row('4'), row('5', { late: LATE_BEYOND })]);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 2, events: 5, rest: 0 });
    await collect(lake);
    await lake.import([row('1'), row('6')]);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 3, events: 6, rest: 0 });
    expect(await drift(lake)).toMatchObject({ duplicates: 2, imported: 2, beyond: 1 });
  });

  it('stays while a later seal fails, and that seal ends as if nothing had been collected', async () => {
    const lake = await sealedLake();
    await lake.flush('a', 5, 6, [row('4')]);
    lake.fake.fake.hook = ({ sql, phase }) => {
      if (phase === 'before' && sql.some((text) => text.includes('INTO sealed_days'))) throw new Error('killed');
    };
    await expect(lake.seal()).rejects.toThrow('killed');
    lake.fake.fake.hook = null;
    await collect(lake);
    expect(await lake.all('SELECT ground_revision FROM sealed_days')).toEqual([{ ground_revision: 0 }]);
    expect(keys(lake, '/l0/')).toHaveLength(3);
    lake.nowMs += LIMITS.sealLeaseMs;
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 2, events: 4, rest: 0 });
  });

  it('stays while a day of the same file is not sealed', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 2, [row('1'), row('2', { at: DAY_START_MS + DAY_MS })]);
    await lake.seal();
    await collect(lake);
    expect(keys(lake, '/l0/')).toHaveLength(1);
    expect(await lake.seal(DAY + 1)).toMatchObject({ events: 1 });
    await collect(lake);
    expect(keys(lake, '/l0/')).toEqual([]);
    expect(await lake.all('SELECT day FROM segment_days')).toEqual([]);
  });

  it('stays where a file of the seal may lack a column', async () => {
    const lake = await sealedLake();
    lake.fake.fake.select("UPDATE segments SET columns_hash = 'older' WHERE source = 'seal'", []);
    await collect(lake);
    expect(keys(lake, '/l0/')).toHaveLength(2);
  });

  it('stays until every destination has got it', async () => {
    const lake = await sealedLake();
    lake.fake.fake.select("INSERT INTO cursors VALUES (?, 'elsewhere', 1)", [UID]);
    await collect(lake);
    expect(await lake.all("SELECT manifest_seq FROM segments WHERE source = 'flush'")).toEqual([{ manifest_seq: 2 }]);
    lake.fake.fake.select('UPDATE cursors SET position = 2', []);
    lake.nowMs += DAY_MS;
    await collect(lake);
    expect(keys(lake, '/l0/')).toEqual([]);
    expect(await lake.all('SELECT day FROM collections')).toEqual([]);
  });

  it('is no ground for a seal once its day has expired, of which only cells are left', async () => {
    const lake = await sealedLake();
    await collect(lake);
    const before = await lake.counts();
    lake.fake.fake.select("INSERT INTO dropped VALUES (?, 'lake', '', ?, ?, 0)", [UID, DAY, DAY + 1]);
    lake.fake.fake.select('DELETE FROM segments', []);
    lake.rollups = [...lake.rollups, makeRollup('by url', { dimensions: ['url'] })];
    expect(await lake.seal()).toEqual({ status: 'empty' });
    expect(await lake.counts()).toEqual(before);
  });

  it('goes in a run that was killed anywhere and is run again', async () => {
    for (let calls = 0; ; calls++) {
      const lake = await sealedLake();
      await lake.flush('a', 5, 6, [row('4')]);
      await lake.seal();
      let left = calls;
      lake.fake.fake.hook = ({ phase }) => {
        if (phase === 'after' && left-- === 0) throw new Error('killed');
      };
      lake.nowMs += LIMITS.collectAfterMs;
      const isKilled = await collectSealed(lake.db, lake.nowMs).then(
        () => false,
        () => true,
      );
      lake.fake.fake.hook = null;
      await collect(lake);
      expect(keys(lake, '/l0/')).toEqual([]);
      expect(await lake.all('SELECT seq_to, flushes, accepted FROM flush_heads')).toEqual([
        { seq_to: 6, flushes: 3, accepted: 4 },
      ]);
      await lake.flush('a', 6, 7, [row('5')]);
      expect(await lake.seal()).toMatchObject({ events: 5, rest: 0 });
      if (!isKilled) return;
    }
  });
});

describe('an import that may be taken back', () => {
  it('keeps what its day has, and its undo is exact although the rest was collected', async () => {
    const lake = await sealedLake();
    await collect(lake);
    await lake.flush('b', 0, 1, [row('9', { sender: 'browser' })]);
    await lake.import([row('9'), row('10')], 'imp');
    await lake.seal();
    await collect(lake);
    expect(keys(lake, '/l0/')).toHaveLength(2);
    expect(keys(lake, '/date=')).toHaveLength(2);
    expect(await lake.all('SELECT ground_revision, revision FROM sealed_days')).toEqual([
      { ground_revision: 1, revision: 2 },
    ]);
    expect(await lake.all('SELECT day FROM collections')).toEqual([]);
    await lake.undo('imp');
    expect(await counting(lake)).toEqual(['seal', 'flush']);
    expect((await readDayState(lake.db, UID, DAY)).inputs.map(({ source }) => source).sort()).toEqual([
      'flush',
      'seal',
    ]);
    expect(await lake.seal()).toMatchObject({ revision: 3, events: 4, rest: 0 });
    await collect(lake);
    expect(keys(lake, '/l0/')).toEqual([]);
    expect(keys(lake, '/date=')).toHaveLength(1);
    expect(await lake.all('SELECT ground_revision FROM sealed_days')).toEqual([{ ground_revision: 3 }]);
  });

  it('is collected once it was taken back, from a day that was never sealed too', async () => {
    const lake = new TenantLake();
    await lake.import([row('1')], 'imp');
    await lake.undo('imp');
    await collect(lake);
    expect(keys(lake, '/l0/')).toEqual([]);
    expect(await lake.all('SELECT path FROM segments')).toEqual([]);
  });

  it('taken back between a plan and its flip stays until another plan is flipped', async () => {
    const lake = new TenantLake();
    await lake.import([row('1')], 'imp');
    await lake.flush('a', 0, 1, [row('2')]);
    lake.fake.fake.hook = ({ sql, phase }) => {
      if (phase === 'before' && sql.some((text) => text.includes('INTO sealed_days'))) throw new Error('killed');
    };
    await expect(lake.seal()).rejects.toThrow('killed');
    lake.fake.fake.hook = null;
    await lake.undo('imp');
    await collect(lake);
    expect(keys(lake, '/l0/')).toHaveLength(2);
    expect(await lake.seal()).toMatchObject({ revision: 1, events: 2 });
    expect(await lake.seal()).toMatchObject({ revision: 2, events: 1, rest: 0 });
    await collect(lake);
    expect(keys(lake, '/l0/')).toEqual([]);
  });
});

describe('a plan', () => {
  it('whose only import was taken back before its flip goes on, and the next one lets the import go', async () => {
    const lake = new TenantLake();
    await lake.import([row('1')], 'imp');
    lake.fake.fake.hook = ({ sql, phase }) => {
      if (phase === 'before' && sql.some((text) => text.includes('INTO sealed_days'))) throw new Error('killed');
    };
    await expect(lake.seal()).rejects.toThrow('killed');
    lake.fake.fake.hook = null;
    await lake.undo('imp');
    lake.nowMs += LIMITS.sealLeaseMs;
    expect(await lake.seal()).toMatchObject({ revision: 1, events: 1 });
    expect(await lake.seal()).toMatchObject({ revision: 2, events: 0, rest: 0 });
    expect(await lake.seal()).toEqual({ status: 'empty' });
    await collect(lake);
    expect(keys(lake, '/l0/')).toEqual([]);
  });

  it('that was made upon the ground before, or names what was collected since, is not written', async () => {
    const lake = await sealedLake();
    await lake.flush('a', 5, 6, [row('4')]);
    const plan = planSeal(UID, DAY, await readDayState(lake.db, UID, DAY), lake.rollups) as SealPlan;
    lake.nowMs += LIMITS.collectAfterMs;
    await collectSealed(lake.db, lake.nowMs);
    const options = { holder: 'late', nowMs: lake.nowMs, peopleRollupId: lake.rollups[0]!.id };
    expect(await adoptPlan(lake.db, plan, options)).toBeNull();
    expect(await lake.all('SELECT revision FROM seal_plans')).toEqual([]);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 2, events: 4, rest: 0 });
  });

  it('of a release that knows no ground is not written', async () => {
    const lake = await sealedLake();
    await collect(lake);
    const insert = (plan: string) =>
      lake.fake.fake.select("INSERT INTO seal_plans VALUES (?, ?, 2, 'h', 9, ?, 0)", [UID, DAY, plan]);
    insert('{"inputs":[]}');
    expect(await lake.all('SELECT revision FROM seal_plans')).toEqual([]);
    insert('{"inputs":[],"ground":{"revision":1}}');
    expect(await lake.all('SELECT revision FROM seal_plans')).toEqual([{ revision: 2 }]);
  });
});

describe('a flush whose row was collected', () => {
  it('does nothing when it comes again, and its object goes', async () => {
    const lake = await sealedLake();
    await collect(lake);
    await lake.flush('a', 0, 3, [row('1'), row('2', { event: 'Bought' })]);
    expect(await lake.all('SELECT seq_from FROM flushes')).toEqual([]);
    expect(await lake.all("SELECT path FROM segments WHERE source = 'flush'")).toEqual([]);
    expect(await lake.all('SELECT seq_from FROM parts')).toEqual([]);
    await collectGarbage(lake.db, lake.bucket.binding, lake.nowMs + HOUR_MS);
    expect(keys(lake, '/l0/')).toEqual([]);
  });

  it('leaves its end to the vector of the next seal', async () => {
    const lake = await sealedLake();
    await collect(lake);
    expect((await readDayState(lake.db, UID, DAY)).vector).toEqual({ a: 5 });
    await lake.flush('a', 5, 6, [row('4')]);
    expect((await readDayState(lake.db, UID, DAY)).vector).toEqual({ a: 6 });
  });

  it('is not folded beyond a flush that is missing, which would then be lost', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    await lake.flush('a', 5, 6, [row('3')]);
    await lake.seal();
    await collect(lake);
    expect(await lake.all('SELECT seq_to FROM flush_heads')).toEqual([{ seq_to: 3 }]);
    expect(await lake.all('SELECT seq_from FROM flushes')).toEqual([{ seq_from: 5 }]);
    await lake.flush('a', 5, 6, [row('3')]);
    await collectGarbage(lake.db, lake.bucket.binding, lake.nowMs + HOUR_MS);
    expect(keys(lake, '/l0/')).toEqual([]);
    await lake.flush('a', 3, 5, [row('2')]);
    expect(await lake.all('SELECT seq_from FROM flushes ORDER BY 1')).toEqual([{ seq_from: 3 }, { seq_from: 5 }]);
  });
});
