// Dirty days: which days are due, and how they are shared out between tenants.

import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SealQueueMessage } from '../../../src/core/shard/rpc.ts';
import { askForDays, takeDue, takeDueOf } from '../../../src/lake/seal/dirty-days.ts';
import { queueImported, queueNow, scheduleSeals } from '../../../src/lake/seal/schedule.ts';
import { DAY, DAY_START_MS, row, TenantLake, UID } from './tenant-lake.ts';

/** Writes segments of many days of a tenant. */
async function dirty(lake: TenantLake, uid: string, days: number): Promise<void> {
  await lake.db
    .prepare(
      `INSERT INTO segment_days (uid, day, manifest_seq, row_count, uncounted)
       SELECT ?1, ?2 - value, 1000, 1, 0 FROM json_each(?3)`,
    )
    .bind(uid, DAY, JSON.stringify(Array.from({ length: days }, (_, index) => index)))
    .run();
}

function servicesOf(lake: TenantLake) {
  const sent: SealQueueMessage[] = [];
  const sendBatch = async (messages: Iterable<{ body: SealQueueMessage }>) => {
    for (const { body } of messages) sent.push(body);
  };
  return { sent, services: { db: lake.db, lake: lake.bucket.binding, sealQueue: { sendBatch } } };
}

const rowsOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => row(`${from + index}`, { at: DAY_START_MS + index }));

describe('the queue of dirty days', () => {
  it('takes a few days of each tenant at a time, youngest first', async () => {
    const lake = new TenantLake();
    await dirty(lake, 'many', 13_000);
    await dirty(lake, 'few', 3);
    await dirty(lake, 'one', 1);
    const { sent, services } = servicesOf(lake);
    await scheduleSeals(services, lake.nowMs);
    const daysOf = (uid: string) => sent.flatMap((body) => (body.uid === uid && 'day' in body ? [body.day] : []));
    expect(daysOf('few').sort()).toEqual([DAY - 2, DAY - 1, DAY]);
    expect(daysOf('one')).toEqual([DAY]);
    expect(daysOf('many').sort().at(0)).toBe(DAY - LIMITS.sealDaysAtOnce + 1);
    expect(daysOf('many')).toHaveLength(LIMITS.sealDaysAtOnce);
  });

  it('takes no more of a tenant while these are in the queue, and takes them again when they are lost', async () => {
    const lake = new TenantLake();
    await dirty(lake, UID, 100);
    const taken = await takeDueOf(lake.db, UID, lake.nowMs);
    expect(await takeDueOf(lake.db, UID, lake.nowMs + MINUTE_MS)).toEqual([]);
    expect(await takeDue(lake.db, lake.nowMs + MINUTE_MS)).toEqual([]);
    const again = await takeDue(lake.db, lake.nowMs + LIMITS.sealClaimMs);
    expect(new Set(again.map(({ day }) => day))).toEqual(new Set(taken.map(({ day }) => day)));
  });

  it('takes another day for each that is done', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 1, rowsOf(1));
    await dirty(lake, UID, 100);
    const before = await takeDueOf(lake.db, UID, lake.nowMs);
    expect(before.map(({ day }) => day)).toContain(DAY);
    await lake.db.prepare('DELETE FROM segment_days WHERE manifest_seq = 1000').run();
    await lake.db.prepare('UPDATE dirty_days SET manifest_seq = 1 WHERE day = ?').bind(DAY).run();
    await lake.seal();
    expect((await takeDueOf(lake.db, UID, lake.nowMs)).map(({ day }) => day)).toEqual([DAY - LIMITS.sealDaysAtOnce]);
  });

  it('keeps a day for which a segment came after the plan, and for a command at once', async () => {
    for (const isAsked of [false, true]) {
      const lake = new TenantLake();
      await lake.flush('a', 0, 10, rowsOf(10));
      await takeDueOf(lake.db, UID, lake.nowMs);
      const put = lake.bucket.put.bind(lake.bucket);
      let isLate = false;
      lake.bucket.put = async (...call: Parameters<typeof put>) => {
        if (!isLate && call[0].includes('/date=')) {
          isLate = true;
          await lake.flush('a', 10, 11, [row('late')]);
          if (isAsked) await askForDays(lake.db, { uid: UID, days: [DAY], cause: 'command' }, lake.nowMs);
        }
        return put(...call);
      };
      await lake.seal();
      expect(await lake.sealed()).toMatchObject({ events: 10 });
      expect(await takeDueOf(lake.db, UID, lake.nowMs)).toHaveLength(isAsked ? 1 : 0);
      if (!isAsked) expect(await takeDueOf(lake.db, UID, lake.nowMs + HOUR_MS)).toHaveLength(1);
    }
  });

  it('has no day that was dropped, nor one that a seal covers', async () => {
    const lake = new TenantLake();
    await lake.db
      .prepare(`INSERT INTO dropped VALUES (?, 'lake', '', 0, ?, 1)`)
      .bind(UID, DAY - 1)
      .run();
    await dirty(lake, UID, 5);
    expect(await lake.all('SELECT day FROM dirty_days ORDER BY day')).toEqual([{ day: DAY - 1 }, { day: DAY }]);
  });

  it('counts a flush once that is stored twice', async () => {
    const lake = new TenantLake();
    for (let again = 0; again < 3; again++) await lake.flush('a', 0, 3, rowsOf(3));
    expect(await lake.all('SELECT day, row_count FROM dirty_days')).toEqual([{ day: DAY, row_count: 3 }]);
  });
});

describe('the next seal of a day', () => {
  /** A day of 1,000 events, sealed two hours after its end. */
  async function sealedDay(): Promise<TenantLake> {
    const lake = new TenantLake();
    lake.nowMs = DAY_START_MS + DAY_MS + 2 * HOUR_MS;
    await lake.flush('a', 0, 1_000, rowsOf(1_000));
    await lake.seal();
    return lake;
  }

  it('waits until the age of the day has grown eightfold while few rows come', async () => {
    const lake = await sealedDay();
    const seals: number[] = [];
    for (let hour = 3; hour < 9 * 24; hour++) {
      lake.nowMs = DAY_START_MS + DAY_MS + hour * HOUR_MS;
      if (hour % 2 === 0) await lake.flush('a', 1_000 + hour, 1_001 + hour, [row(`late ${hour}`)]);
      if ((await takeDueOf(lake.db, UID, lake.nowMs)).length === 0) continue;
      await lake.seal();
      seals.push(hour);
    }
    expect(seals).toEqual([16, 128]);
  });

  it('comes an hour later when a tenth of the day has come, in one flush or in many', async () => {
    for (const flushes of [1, 10]) {
      const lake = await sealedDay();
      for (let index = 0; index < flushes; index++) {
        const from = 1_000 + (index * 100) / flushes;
        await lake.flush('a', from, from + 100 / flushes, rowsOf(100 / flushes, from));
      }
      expect(await takeDueOf(lake.db, UID, lake.nowMs + HOUR_MS - 1)).toEqual([]);
      expect(await takeDueOf(lake.db, UID, lake.nowMs + HOUR_MS)).toHaveLength(1);
    }
  });

  it('is made by a command at once, however few rows came', async () => {
    const lake = await sealedDay();
    await lake.flush('a', 1_000, 1_001, [row('late')]);
    const { sent, services } = servicesOf(lake);
    expect(await queueNow(services, { uid: UID, days: [DAY], rollupIds: [] }, lake.nowMs)).toEqual([DAY]);
    expect(sent).toHaveLength(1);
  });

  it('is spaced for imports by the size of the day, less what came', async () => {
    for (const { rows, pauseMs } of [
      { rows: 1, pauseMs: 990 },
      { rows: 50, pauseMs: 500 },
      { rows: 100, pauseMs: 0 },
      { rows: 300, pauseMs: 0 },
    ]) {
      const lake = await sealedDay();
      await lake.import(rowsOf(rows, 5_000));
      const { sent, services } = servicesOf(lake);
      if (pauseMs > 0) await queueImported(services, UID, [DAY], lake.nowMs + pauseMs - 1);
      expect(sent).toHaveLength(0);
      await queueImported(services, UID, [DAY], lake.nowMs + pauseMs);
      expect(sent).toHaveLength(1);
    }
  });

  it('is made a few times for 20 imports of one row into a big day', async () => {
    const lake = await sealedDay();
    await lake.db.prepare('UPDATE sealed_days SET events = 200000').run();
    const { services } = servicesOf(lake);
    let seals = 0;
    for (let index = 0; index < 20; index++) {
      lake.nowMs += 3_300;
      await lake.import([row(`one ${index}`)]);
      await queueImported(services, UID, [DAY], lake.nowMs);
      if (
        (await lake.all<{ n: number }>('SELECT count(*) AS n FROM dirty_days WHERE claimed_until_ms > 0'))[0]!.n > 0
      ) {
        await lake.seal();
        await lake.db.prepare('UPDATE sealed_days SET events = 200000').run();
        seals++;
      }
    }
    expect(seals).toBe(0);
    expect(await takeDueOf(lake.db, UID, lake.nowMs + LIMITS.sealImportPauseMsMax)).toHaveLength(1);
  });
});
