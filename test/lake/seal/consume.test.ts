import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import type { CutReply, SealMessage, ShardRpc } from '../../../src/core/shard/rpc.ts';
import { dayText } from '../../../src/core/std/day.ts';
import { consumeSeals } from '../../../src/lake/seal/consume.ts';
import { Room } from '../../../src/lake/std/room.ts';
import { expectLog } from '../../support/expect-log.ts';
import { listingOf } from '../../support/fake-directory.ts';
import { DAY, DAY_START_MS, HASH_KEY, row, TenantLake, UID } from './tenant-lake.ts';

/** Runs one batch over the days. Returns the outcome of each message and the number of cuts asked for. */
async function consume(
  lake: TenantLake,
  days: readonly number[],
  options: { attempts?: number; cause?: SealMessage['cause']; cut?: () => Promise<CutReply> } = {},
) {
  const {
    attempts = 1,
    cause = 'command',
    cut = async () => ({ incarnation: 'a', storedSeq: 3, cutSeq: 3 }),
  } = options;
  const outcomes: string[] = [];
  const queued: SealMessage[] = [];
  let cuts = 0;
  const messages = days.map((day, index) => ({
    body: { uid: UID, day, cause } as SealMessage,
    attempts,
    ack: () => {
      outcomes[index] = 'ack';
    },
    retry: () => {
      outcomes[index] = 'retry';
    },
  }));
  await consumeSeals({ messages, queue: 'tidemark-seal' } as unknown as MessageBatch<SealMessage>, {
    db: lake.db,
    lake: lake.bucket.binding,
    shardOf: () => {
      cuts++;
      return { cut } as unknown as ShardRpc;
    },
    directoryOf: listingOf(async () => [{ region: 'weur', index: 0, incarnation: 'a', registeredAtMs: 0 }]),
    sealQueue: {
      sendBatch: async (sent) => {
        for (const { body } of sent) queued.push(body as SealMessage);
      },
    },
    tenantOf: async (uid) => (uid === UID ? { rollups: lake.rollups, hashKey: HASH_KEY } : null),
    now: () => lake.nowMs,
  });
  return { outcomes, cuts, queued };
}

async function threeDays() {
  const lake = new TenantLake();
  for (const index of [0, 1, 2]) {
    await lake.flush('a', index, index + 1, [row(`${index}`, { at: DAY_START_MS + index * DAY_MS })]);
  }
  lake.nowMs = DAY_START_MS + 4 * DAY_MS;
  return lake;
}

describe('the seal consumer', () => {
  it('seals the days of a batch, asks the shards once, publishes once', async () => {
    const lake = await threeDays();
    const { outcomes, cuts } = await consume(lake, [DAY, DAY + 1, DAY + 2, DAY]);
    expect(outcomes).toEqual(['ack', 'ack', 'ack', 'ack']);
    expect(cuts).toBe(1);
    expect(await lake.all('SELECT revision, events FROM sealed_days')).toEqual([
      { revision: 1, events: 1 },
      { revision: 1, events: 1 },
      { revision: 1, events: 1 },
    ]);
    expect(lake.bucket.calls.filter(({ op, key }) => op === 'put' && key.endsWith('current.json'))).toHaveLength(1);
  });

  it('waits for what the shards cut, but not for ever', async () => {
    const lake = await threeDays();
    const cut = async () => ({ incarnation: 'a', storedSeq: 3, cutSeq: 5 });
    expect((await consume(lake, [DAY], { cut })).outcomes).toEqual(['retry']);
    expect(await lake.sealed()).toBeUndefined();
    expect((await consume(lake, [DAY], { cut, attempts: 4 })).outcomes).toEqual(['ack']);
    expect(await lake.sealed()).toBeDefined();
  });

  it('seals without a shard that cannot be reached', async () => {
    const lake = await threeDays();
    const cut = () => Promise.reject(new Error('unreachable'));
    expect((await consume(lake, [DAY], { cut })).outcomes).toEqual(['ack']);
    expect(await lake.sealed()).toMatchObject({ vector: { a: 3 } });
    expectLog('seal.settle', { message: 'Error: unreachable' });
  });

  it.each(['schedule', 'import'] as const)('asks no shard about old days for the %s', async (cause) => {
    const lake = await threeDays();
    lake.nowMs = DAY_START_MS + 20 * DAY_MS;
    expect((await consume(lake, [DAY], { cause })).cuts).toBe(0);
  });

  it('waits for the late events of an old day that a command asks for', async () => {
    const lake = await threeDays();
    lake.nowMs = DAY_START_MS + 20 * DAY_MS;
    const cut = async () => ({ incarnation: 'a', storedSeq: 3, cutSeq: 4 });
    expect(await consume(lake, [DAY], { cut })).toMatchObject({ outcomes: ['retry'], cuts: 1 });
    await lake.flush('a', 3, 4, [row('late', { at: DAY_START_MS + 1 })]);
    expect((await consume(lake, [DAY], { attempts: 2 })).outcomes).toEqual(['ack']);
    expect(await lake.sealed()).toMatchObject({ events: 2, vector: { a: 4 } });
  });

  it('retries one day without its neighbours', async () => {
    const lake = await threeDays();
    lake.bucket.before = ({ op, key }) => {
      if (op === 'put' && key.includes('date=2022-01-09')) throw new Error('lost');
    };
    expect((await consume(lake, [DAY, DAY + 1, DAY + 2])).outcomes).toEqual(['ack', 'retry', 'ack']);
    lake.bucket.before = () => {};
    expect((await consume(lake, [DAY + 1], { attempts: 2 })).outcomes).toEqual(['retry']);
    lake.nowMs += 100_000;
    expect((await consume(lake, [DAY + 1], { attempts: 3 })).outcomes).toEqual(['ack']);
    expectLog('seal.consume', { message: 'Error: lost', day: DAY + 1, attempt: 1 });
  });

  it('is done again when the list could not be published', async () => {
    const lake = await threeDays();
    lake.bucket.before = ({ op, key }) => {
      if (op === 'put' && key.endsWith('current.json')) throw new Error('lost');
    };
    expect((await consume(lake, [DAY])).outcomes).toEqual(['retry']);
    lake.bucket.before = () => {};
    expect((await consume(lake, [DAY], { attempts: 2 })).outcomes).toEqual(['ack']);
    expect(lake.bucket.keys()).toContain(`lake/v1/${UID}/current.json`);
    expectLog('seal.publish', { message: 'Error: lost' });
  });

  describe('with room for 100 rows', () => {
    const limits = LIMITS as { sealBucketRowsMax: number };
    const { sealBucketRowsMax } = limits;
    beforeEach(() => {
      limits.sealBucketRowsMax = 100;
    });
    afterEach(() => {
      limits.sealBucketRowsMax = sealBucketRowsMax;
    });

    /** Returns the most rows, and the most days, that were being built at the same time. */
    async function mostAtOnce(rowsOfDays: readonly number[]) {
      const lake = new TenantLake();
      for (const [index, rows] of rowsOfDays.entries()) {
        const at = DAY_START_MS + index * DAY_MS;
        await lake.flush(
          'a',
          index,
          index + 1,
          Array.from({ length: rows }, (_, i) => row(`${index}-${i}`, { at })),
        );
      }
      lake.nowMs = DAY_START_MS + 30 * DAY_MS;
      const work = new Map<string, number>();
      const most = { rows: 0, days: 0 };
      // A day is in work from the first reading of its segment to its file.
      lake.bucket.before = ({ op, key }) => {
        const read = op === 'get' ? /l0\/a-(\d+)-/.exec(key)?.[1] : undefined;
        if (read !== undefined) work.set(dayText(DAY + Number(read)), rowsOfDays[Number(read)]!);
        const written = op === 'put' ? /date=([\d-]+)\//.exec(key)?.[1] : undefined;
        most.rows = Math.max(
          most.rows,
          [...work.values()].reduce((sum, rows) => sum + rows, 0),
        );
        most.days = Math.max(most.days, work.size);
        if (written !== undefined) work.delete(written);
      };
      const { outcomes } = await consume(
        lake,
        rowsOfDays.map((_, index) => DAY + index),
      );
      expect(outcomes).toEqual(rowsOfDays.map(() => 'ack'));
      expect(await lake.all('SELECT events FROM sealed_days ORDER BY day')).toEqual(
        rowsOfDays.map((events) => ({ events })),
      );
      return most;
    }

    it('holds no more rows at once than one bucket may have', async () => {
      expect(await mostAtOnce([90, 90, 60, 40, 90, 70, 30, 100])).toEqual({ rows: 100, days: 2 });
    });

    it('builds small days side by side', async () => {
      expect(await mostAtOnce(Array(12).fill(10))).toEqual({ rows: 40, days: 4 });
    });

    it('does a task alone', async () => {
      const room = new Room(LIMITS.sealBucketRowsMax);
      const inside: string[] = [];
      const log: string[] = [];
      const work = (name: string, rows: number) =>
        room.run(rows, async () => {
          inside.push(name);
          log.push(inside.join(' '));
          await new Promise((resolve) => setTimeout(resolve, 1));
          inside.splice(inside.indexOf(name), 1);
          if (name === 'fails') throw new Error(name);
        });
      await Promise.allSettled([work('a', 50), work('fails', 50), work('task', 5_000), work('b', 10), work('c', 10)]);
      expect(log).toEqual(['a', 'a fails', 'task', 'b', 'b c']);
    });

    it('looks again at a day that had to wait', async () => {
      const lake = new TenantLake();
      for (const index of [0, 1]) {
        const rows = Array.from({ length: 80 }, (_, i) => row(`${index}-${i}`, { at: DAY_START_MS + index * DAY_MS }));
        await lake.flush('a', index, index + 1, rows);
      }
      lake.nowMs = DAY_START_MS + 30 * DAY_MS;
      let isFirst = true;
      let meanwhile: Promise<unknown> = Promise.resolve();
      lake.bucket.before = ({ op, key }) => {
        if (op !== 'get' || !key.includes('l0/a-0-') || !isFirst) return;
        isFirst = false;
        meanwhile = lake.seal(DAY + 1);
      };
      await consume(lake, [DAY, DAY + 1]);
      await meanwhile;
      const files = lake.bucket.calls.filter(({ op, key }) => op === 'put' && key.includes(`date=${dayText(DAY + 1)}`));
      expect(files).toHaveLength(1);
    });
  });
});
