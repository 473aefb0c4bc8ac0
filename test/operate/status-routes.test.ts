import { describe, expect, it } from 'vitest';
import type { ShardRpc, ShardStatusReply } from '../../src/core/shard/rpc.ts';
import type { ShardAddress } from '../../src/core/shard/shard-map.ts';
import { expectLog } from '../support/expect-log.ts';
import { listingOf } from '../support/fake-directory.ts';
import { fakeApp, START_MS } from '../support/fake-services.ts';

const DAY = Math.floor(START_MS / 86_400_000);
const at = (ms: number) => new Date(ms).toISOString();

function live(values: Partial<ShardStatusReply>): ShardStatusReply {
  return {
    incarnation: 'i',
    storedSeq: 0,
    cutSeq: 0,
    headSeq: 0,
    watermarkMs: null,
    tailEvents: 0,
    pendingEvents: 0,
    waitingFlushes: 0,
    oldestFlushAttempts: 0,
    oldestFlushAgeMs: 0,
    logSizeBytes: 0,
    rememberedIds: 0,
    rowsWritten: 0,
    ...values,
  };
}

function appWith(replies: Record<string, ShardStatusReply | Error>) {
  return fakeApp({
    shardOf: (address: ShardAddress) =>
      ({
        status: async () => {
          const reply = replies[`${address.region}/${address.index}`];
          if (!reply || reply instanceof Error) throw reply ?? new Error('unknown shard');
          return reply;
        },
      }) as unknown as ShardRpc,
  });
}

const register = (stack: ReturnType<typeof fakeApp>, uid: string, region: string, index: number) =>
  stack.services
    .directoryOf(uid)
    .register({ region, index, incarnation: `${region}${index}`, registeredAtMs: START_MS });

describe('the status of a tenant', () => {
  it('without events says so', async () => {
    const stack = appWith({});
    const { keys } = await stack.createTenant('acme');
    const { status, body } = await stack.call('GET', '/v1/status', { key: keys.read });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      tenant: 'acme',
      complete: true,
      asOf: null,
      lagMs: null,
      tailEvents: 0,
      pending: 0,
      shards: [],
    });
    expect(body.stored).toMatchObject({ flushes: 0, events: 0, latestAt: null });
    expect(body.sealed).toMatchObject({ days: 0, dirtyDays: 0, events: 0, firstDay: null, lastDay: null });
    expect(body.drift).toEqual({});
  });

  it('is as of the least watermark, and adds up what is not stored', async () => {
    const stack = appWith({
      'weur/0': live({ watermarkMs: START_MS - 5_000, headSeq: 7, storedSeq: 3, tailEvents: 40, pendingEvents: 2 }),
      'enam/0': live({ watermarkMs: START_MS - 90_000, tailEvents: 2 }),
      'oc/0': live({}),
    });
    const { uid, keys } = await stack.createTenant('acme');
    for (const region of ['weur', 'enam', 'oc']) await register(stack, uid, region, 0);
    const { body } = await stack.call('GET', '/v1/status', { key: keys.read });
    expect(body).toMatchObject({
      complete: true,
      asOf: at(START_MS - 90_000),
      lagMs: 90_000,
      tailEvents: 42,
      pending: 2,
    });
    expect(body.shards[0]).toMatchObject({ region: 'weur', storedSeq: 3, headSeq: 7, reachable: true });
  });

  it('is not complete when a shard does not answer', async () => {
    const stack = appWith({ 'weur/0': live({ watermarkMs: START_MS }), 'weur/1': new Error('overloaded') });
    const { uid, keys } = await stack.createTenant('acme');
    await register(stack, uid, 'weur', 0);
    await register(stack, uid, 'weur', 1);
    const { body } = await stack.call('GET', '/v1/status', { key: keys.read });
    expect(body.complete).toBe(false);
    expect(body.shards[1]).toMatchObject({ index: 1, reachable: false, tailEvents: null });
    expectLog('operate.status', { message: 'Error: overloaded', address: { uid, region: 'weur', index: 1 } });
  });

  it("sums up flushes, seals, dirty days and drift, of this tenant's alone", async () => {
    const stack = appWith({});
    const { uid, keys } = await stack.createTenant('acme');
    const other = await stack.createTenant('other');
    const { db } = stack.services;
    for (const owner of [uid, other.uid]) {
      const factor = owner === uid ? 1 : 1_000;
      await db.batch([
        db
          .prepare("INSERT INTO flushes VALUES (?, 'i', 0, 5, 'x', 10, ?, 0, 0, 0, 0, ?, 0)")
          .bind(owner, 10 * factor, START_MS),
        db
          .prepare(
            "INSERT INTO sealed_days VALUES (?, ?, 1, 4, '{}', '[]', ?, 3, ?, ?, '[]', 0, 0, 0, 0, 0, NULL, NULL)",
          )
          .bind(owner, DAY - 2, 8 * factor, JSON.stringify({ duplicates: 2 * factor, unexplained: 0 }), START_MS),
        db
          .prepare(
            "INSERT INTO sealed_days VALUES (?, ?, 2, 6, '{}', '[]', ?, 3, ?, ?, '[]', 0, 0, 0, 0, 0, NULL, NULL)",
          )
          .bind(owner, DAY - 1, 5 * factor, JSON.stringify({ duplicates: factor }), START_MS + 1),
        // The first segment is covered by its day's seal, the second came after it, and the third is of a day that was
        // never sealed.
        db.prepare('INSERT INTO segment_days VALUES (?, ?, 4, 8, 0, 0)').bind(owner, DAY - 2),
        db.prepare('INSERT INTO segment_days VALUES (?, ?, 7, 1, 0, 0)').bind(owner, DAY - 1),
        db.prepare('INSERT INTO segment_days VALUES (?, ?, 8, 1, 0, 0)').bind(owner, DAY),
      ]);
    }
    const { body } = await stack.call('GET', '/v1/status', { key: keys.read });
    expect(body.stored).toMatchObject({ flushes: 1, events: 10, latestAt: at(START_MS) });
    expect(body.sealed).toEqual({
      days: 2,
      dirtyDays: 2,
      events: 13,
      firstDay: '2026-01-13',
      lastDay: '2026-01-14',
      latestAt: at(START_MS + 1),
    });
    expect(body.drift).toEqual({ duplicates: 3, unexplained: 0 });
  });

  it('adds up the accounts of the flushes, and counts those that do not follow one another', async () => {
    const stack = appWith({});
    const { uid, keys } = await stack.createTenant('acme');
    const { db } = stack.services;
    const ranges = [
      ['i', 0, 5],
      ['i', 5, 9],
      ['j', 0, 4],
      ['j', 6, 8],
      ['k', 1, 2],
    ] as const;
    await db.batch(
      ranges.map(([incarnation, seqFrom, seqTo]) =>
        db
          .prepare("INSERT INTO flushes VALUES (?, ?, ?, ?, 'x', 10, 6, 2, 1, 1, 0, ?, 3)")
          .bind(uid, incarnation, seqFrom, seqTo, START_MS),
      ),
    );
    const { body } = await stack.call('GET', '/v1/status', { key: keys.read });
    expect(body.stored.tally).toEqual({
      received: 50,
      accepted: 30,
      duplicate: 10,
      quarantined: 5,
      rejected: 5,
      clamped: 15,
    });
    expect(body.stored.gaps).toBe(2);
  });

  it('counts no clamped event in flushes stored before they were counted', async () => {
    const stack = appWith({});
    const { uid, keys } = await stack.createTenant('acme');
    await stack.services.db
      .prepare(
        `INSERT INTO flushes (uid, incarnation, seq_from, seq_to, checksum, received, accepted, duplicate, quarantined,
           rejected, corrections, stored_at_ms) VALUES (?, 'i', 0, 5, 'x', 10, 6, 2, 1, 1, 0, ?)`,
      )
      .bind(uid, START_MS)
      .run();
    const { body } = await stack.call('GET', '/v1/status', { key: keys.read });
    expect(body.stored.tally).toMatchObject({ accepted: 6, clamped: 0 });
  });

  it('needs a read key', async () => {
    const stack = appWith({});
    const { keys } = await stack.createTenant('acme');
    expect((await stack.call('GET', '/v1/status', { key: keys.write })).body.code).toBe('key-scope');
    expect((await stack.call('GET', '/v1/status', { key: keys.admin })).status).toBe(200);
  });
});

it('the status is a 503 when the list of shards cannot be read', async () => {
  const stack = fakeApp({
    directoryOf: listingOf(async () => {
      throw new Error('gone');
    }),
  });
  const { keys } = await stack.createTenant('acme');
  const { status, headers, body } = await stack.call('GET', '/v1/status', { key: keys.read });
  expect([status, headers.get('retry-after'), body.code]).toEqual([503, '1', 'directory-unavailable']);
  expectLog('http.problem', { code: 'directory-unavailable', cause: { cause: { message: 'gone' } } });
});
