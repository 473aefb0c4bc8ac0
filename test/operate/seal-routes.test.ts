// Seal routes: which days a command queues while shards hold events that are not stored.

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { BOT_ROLLUPS } from '../../src/core/rollup/rollup.ts';
import { dayOf, dayText } from '../../src/core/std/day.ts';
import type { Services } from '../../src/services.ts';
import { fakeApp } from '../support/fake-services.ts';

/** A tenant without a stored event, whose only shard has stored its events up to `storedSeq` of 5. */
async function start(storedSeq: number) {
  const made = fakeApp({
    directoryOf: (() => ({ list: async () => [{ region: 'weur', index: 0 }] })) as unknown as Services['directoryOf'],
    shardOf: (() => ({ cut: async () => ({ storedSeq, cutSeq: 5 }) })) as unknown as Services['shardOf'],
  });
  const { keys } = await made.createTenant('acme');
  const command = async (from: string, to: string) =>
    (await made.call('POST', '/v1/seal', { key: keys.admin, body: { from, to } })).body.queued.length;
  const { services } = made;
  const { uid } = (await services.db.prepare('SELECT uid FROM tenants').first<{ uid: string }>())!;
  /** Writes a segment of the day, and a seal that covers it when it has rollups. */
  const sealed = async (day: string, rollupIds: readonly string[] | null, expired: readonly string[] = []) => {
    const number = dayOf(Date.parse(day));
    const run = (sql: string, ...values: (string | number)[]) =>
      services.db
        .prepare(sql)
        .bind(...values)
        .run();
    if (rollupIds === null) return run('INSERT INTO segment_days VALUES (?, ?, 1, 1, 0, 0)', uid, number);
    return run(
      `INSERT INTO sealed_days (uid, day, revision, covered_seq, vector, rollup_ids, events, people, drift, sealed_at_ms, expired)
       VALUES (?, ?, 1, 1, '{}', ?, 1, 1, '{}', 1, ?)`,
      ...[uid, number, JSON.stringify(rollupIds), JSON.stringify(expired)],
    );
  };
  const dropName = (name: string, before: string) =>
    services.db
      .prepare(`INSERT INTO dropped VALUES (?, 'event', ?, 0, ?, 1)`)
      .bind(uid, name, dayOf(Date.parse(before)))
      .run();
  return { ...made, command, sealed, dropName };
}

const BUILT_IN = BOT_ROLLUPS.map(({ id }) => id);

describe('a command to seal', () => {
  it('sends one message while a shard holds events, and answers with all days', async () => {
    const { command, sent } = await start(4);
    expect(await command('2000-01-01', '2000-01-03')).toBe(3);
    const days = [0, 1, 2].map((index) => dayOf(Date.UTC(2000, 0, 1)) + index);
    expect(sent).toEqual([{ uid: expect.any(String), days, cause: 'command' }]);
  });

  it('sends a message a call, however many days it names', async () => {
    const { command, sent } = await start(4);
    for (let again = 0; again < 25; again++) expect(await command('2000-01-01', '2010-12-13')).toBe(4_000);
    expect(sent).toHaveLength(25);
    expect(JSON.stringify(sent[0]).length).toBeLessThan(128 * 1024);
  });

  it('sends few messages for 25 calls of 4,000 dirty days', async () => {
    const { command, sent, sealed, clock } = await start(5);
    for (let day = 0; day < 4_000; day++) {
      await sealed(dayText(dayOf(Date.UTC(2000, 0, 1)) + day), null);
    }
    for (let again = 0; again < 25; again++) {
      expect(await command('2000-01-01', '2010-12-13')).toBe(4_000);
      clock.nowMs += 400;
    }
    // Within ten seconds the claims of a tenant's days count as lost three times.
    expect(sent.length).toBeLessThanOrEqual(4 * LIMITS.sealDaysAtOnce);
  });

  it('queues days that a seal would change, and no others', async () => {
    const { command, sent, sealed, dropName } = await start(5);
    await sealed('2000-01-01', null);
    await sealed('2000-01-02', BUILT_IN);
    await sealed('2000-01-03', BUILT_IN.slice(1));
    await sealed('2000-01-04', BUILT_IN, ['Old']);
    await sealed('2000-01-05', BUILT_IN);
    await sealed('2000-01-06', BUILT_IN);
    await dropName('Old', '2000-01-06');
    await dropName('Older', '2000-01-02');
    expect(await command('2000-01-01', '2000-01-06')).toBe(4);
    const days = sent.map((message) => (message as { day: number }).day - dayOf(Date.UTC(2000, 0, 1)));
    expect(days.sort()).toEqual([0, 1, 2, 4]);
  });

  it('queues nothing when all is stored and no day is dirty', async () => {
    const { command, sent } = await start(5);
    expect(await command('2000-01-01', '2010-12-13')).toBe(0);
    expect(sent).toEqual([]);
  });
});
