// The salts of days: one for all isolates, made once, and gone two days later.

import { describe, expect, it, vi } from 'vitest';
import { dailySalts, dropOldSalts } from '../../../src/control/cookieless/daily-salts.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { fakeD1 } from '../../support/fake-d1.ts';

const NOON_MS = Date.UTC(2026, 4, 1, 12);
const random = (sizeBytes: number) => crypto.getRandomValues(new Uint8Array(sizeBytes));

describe('the salts', () => {
  it('are the same in all isolates, and differ by day', async () => {
    const { db } = fakeD1();
    const isolates = [dailySalts(db, random), dailySalts(db, random)];
    const [one, two] = await Promise.all(isolates.map((salts) => salts.read(NOON_MS)));
    expect(one).toEqual(two);
    const next = await isolates[0]!.read(NOON_MS + DAY_MS);
    expect([...next.values()]).toEqual([...one!.values(), expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(new Set(next.values()).size).toBe(2);
  });

  it('are deleted when the day after their own is over, and told no longer', async () => {
    const { db } = fakeD1();
    const salts = dailySalts(db, random);
    for (const days of [0, 1, 2]) await salts.read(NOON_MS + days * DAY_MS);
    await dropOldSalts(db, NOON_MS + 2 * DAY_MS);
    const left = await db.prepare('SELECT count(*) AS n FROM daily_salts').first<{ n: number }>();
    expect(left?.n).toBe(2);
    expect((await dailySalts(db, random).read(NOON_MS + 2 * DAY_MS)).size).toBe(2);
  });

  it('are read again after a failure', async () => {
    const { db, fake } = fakeD1();
    const salts = dailySalts(db, random);
    fake.hook = () => {
      throw new Error('no answer');
    };
    await expect(salts.read(NOON_MS)).rejects.toThrow('no answer');
    fake.hook = null;
    expect((await salts.read(NOON_MS)).size).toBe(1);
  });

  it('do not wait for a request that was cancelled while it read them', async () => {
    const { db } = fakeD1();
    const batches = vi.spyOn(db, 'batch').mockImplementationOnce(() => new Promise(() => {}));
    const salts = dailySalts(db, random);
    void salts.read(NOON_MS);
    expect((await salts.read(NOON_MS)).size).toBe(1);
    await salts.read(NOON_MS);
    expect(batches).toHaveBeenCalledTimes(2);
  });
});
