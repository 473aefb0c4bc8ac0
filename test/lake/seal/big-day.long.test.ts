// A day too big for one invocation is sealed by tasks: killed at each of them, repeated, with copies across buckets.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { SealMessage, SealTaskName, ShardRpc } from '../../../src/core/shard/rpc.ts';
import { consumeSeals } from '../../../src/lake/seal/consume.ts';
import { takeDueOf } from '../../../src/lake/seal/dirty-days.ts';
import { scheduleSeals } from '../../../src/lake/seal/schedule.ts';
import { root } from '../../../src/local/paths.ts';
import type { SealReport } from '../../bench/lake/lake-seal.ts';
import { DAY, DAY_START_MS, HASH_KEY, row, TenantLake, UID } from './tenant-lake.ts';

// Small buckets keep the tests fast; the rules are the same.
const limits = LIMITS as { sealBucketRowsMax: number; sealSpreadRowsMax: number; sealIdsMax: number };
const { sealBucketRowsMax, sealSpreadRowsMax, sealIdsMax } = limits;
beforeEach(() => {
  limits.sealBucketRowsMax = 100;
  limits.sealSpreadRowsMax = 200;
  limits.sealIdsMax = 150;
});
afterEach(() => {
  limits.sealBucketRowsMax = sealBucketRowsMax;
  limits.sealSpreadRowsMax = sealSpreadRowsMax;
  limits.sealIdsMax = sealIdsMax;
});

const person = (i: number) => BigInt.asIntN(64, BigInt(i % 60) * 0x9e3779b97f4a7c15n);

/**
 * A day of 420 rows and 300 events. Some copies, from other shards, name another person; some events have no person.
 */
async function bigDay(): Promise<TenantLake> {
  const lake = new TenantLake();
  const events = Array.from({ length: 300 }, (_, i) =>
    row(`${i}`, {
      person: person(i),
      keyHash: BigInt(i % 7) - 3n,
      at: DAY_START_MS + ((i * 7_919) % 86_000_000),
      receivedAt: DAY_START_MS + 90_000_000 + i,
      event: `e${i % 5}`,
    }),
  );
  await lake.flush('a', 0, 1, events.slice(0, 150));
  await lake.flush('b', 0, 1, events.slice(150));
  const copies = events.slice(90, 210).map((copy, i) => ({
    ...copy,
    receivedAt: copy.receivedAt! + (i % 2 === 0 ? 50 : -50),
    person: i % 3 === 0 ? person(i + 31) : copy.person!,
    event: 'copy',
  }));
  await lake.flush('c', 0, 1, copies);
  return lake;
}

async function state(lake: TenantLake) {
  return {
    sealed: await lake.all('SELECT day, revision, vector, events, people, drift FROM sealed_days'),
    cells: await lake.all('SELECT * FROM sealed_cells ORDER BY rollup_id, grain, chunk'),
    segments: await lake.all(
      `SELECT source, path, incarnation, row_count, size_bytes, content_hash, footer FROM segments ORDER BY path`,
    ),
    tasks: await lake.all('SELECT * FROM seal_tasks'),
    files: lake.bucket.keys().filter((key) => !key.includes('/work/')),
  };
}

/** Kills the seal at every `step`-th call, each time on a new day, and runs it again. */
async function killEverywhere(build: () => Promise<TenantLake>, step: number): Promise<void> {
  const undisturbed = await build();
  await undisturbed.seal();
  const wanted = await state(undisturbed);
  for (let kill = 1; ; kill += step) {
    const lake = await build();
    const calls = { left: kill };
    const count = () => {
      if (--calls.left === 0) throw new Error('killed');
    };
    // Every other kill strikes after the effect, so that only the answer is lost.
    lake.fake.fake.hook = ({ phase }) => (phase === (kill % 2 === 0 ? 'before' : 'after') ? count() : undefined);
    lake.bucket[kill % 2 === 0 ? 'before' : 'after'] = count;
    const died = await lake.seal().then(
      () => false,
      () => true,
    );
    lake.fake.fake.hook = null;
    lake.bucket.before = lake.bucket.after = () => {};
    lake.nowMs += LIMITS.sealLeaseMs + 1;
    await lake.seal();
    expect(await state(lake)).toEqual(wanted);
    if (!died) break;
  }
}

describe('a day of several buckets', () => {
  it('does no task that its plan does not name, and asks for the day again', async () => {
    const lake = await bigDay();
    const before = await lake.sealStep();
    if (before.status !== 'tasks') throw new Error(before.status);
    const { revision } = before.tasks[0]!;
    const files = lake.bucket.keys();
    for (const task of ['ids-0', 'copies-0', 'bucket-0', 'compare-3', 'range-99', 'spread-', 'range-00']) {
      expect(await lake.task({ revision, task })).toEqual([]);
    }
    expect(lake.bucket.keys()).toEqual(files);
    expect(await lake.sealStep()).toEqual(before);
  });

  it('counts as one bucket would: events, people, copies under two people', async () => {
    const lake = await bigDay();
    const before = await lake.sealStep();
    expect(before).toMatchObject({
      status: 'tasks',
      tasks: [{ task: 'spread-0' }, { task: 'spread-1' }, { task: 'spread-2' }],
    });
    await lake.seal();
    const whole = await bigDay();
    limits.sealBucketRowsMax = sealBucketRowsMax;
    await whole.seal();
    expect((await lake.sealed())!.drift).toEqual((await whole.sealed())!.drift);
    expect((await lake.sealed())!.drift).toMatchObject({ sealed: 300, duplicates: 120, rest: 0 });
    expect((await lake.sealed())!.people).toBe((await whole.sealed())!.people);
    expect(await lake.counts()).toEqual(await whole.counts());
    expect(await lake.counts(DAY, 'people')).toEqual(await whole.counts(DAY, 'people'));
    expect(lake.bucket.keys().filter((key) => key.includes('/date='))).toHaveLength(6);
    const rows = await lake.all<{ rows: number }>(`SELECT SUM(row_count) AS rows FROM segments WHERE source = 'seal'`);
    expect(rows).toEqual([{ rows: 300 }]);
  });

  it('killed at any call to the database or the lake, and run again, ends as if it had not been', async () => {
    await killEverywhere(bigDay, 3);
  }, 60_000);

  it('is not changed by tasks done twice, late, or after the flip', async () => {
    const lake = await bigDay();
    const done: SealTaskName[] = [];
    for (let step = await lake.sealStep(); step.status === 'tasks'; step = await lake.sealStep()) {
      const { tasks } = step;
      await Promise.all([...tasks, ...tasks].map((task) => lake.task(task)));
      for (const task of [...done, ...tasks]) expect(await lake.task(task)).toEqual([]);
      done.push(...tasks);
    }
    expect(done).toHaveLength(3 + 3 + 6);
    const sealed = await state(lake);
    for (const task of done) expect(await lake.task(task)).toBeNull();
    expect(await state(lake)).toEqual(sealed);
  });

  it('forgets what the tasks left', async () => {
    const lake = await bigDay();
    await lake.seal();
    expect(lake.bucket.keys().some((key) => key.includes('/work/'))).toBe(true);
    lake.nowMs += 3_600_000;
    await scheduleSeals(
      { db: lake.db, lake: lake.bucket.binding, sealQueue: { sendBatch: async () => {} } },
      lake.nowMs,
    );
    expect(lake.bucket.keys().some((key) => key.includes('/work/'))).toBe(false);
  });

  it('goes through the queue, a message a task', async () => {
    const lake = await bigDay();
    const seen: string[] = [];
    let queue: SealMessage[] = await takeDueOf(lake.db, UID, lake.nowMs);
    for (let batch = 1; queue.length > 0; batch++) {
      expect(batch).toBeLessThan(10);
      const bodies = queue;
      queue = [];
      seen.push(...bodies.map(({ task }) => task?.task ?? 'day'));
      const messages = bodies.map((body) => ({
        body,
        attempts: 1,
        ack: () => {},
        retry: () => {
          throw new Error('retried');
        },
      }));
      await consumeSeals({ messages, queue: 'tidemark-seal' } as unknown as MessageBatch<SealMessage>, {
        db: lake.db,
        lake: lake.bucket.binding,
        shardOf: () => ({}) as ShardRpc,
        directoryOf: () => ({ list: async () => [] }) as never,
        sealQueue: {
          sendBatch: async (sent) => {
            queue.push(...[...sent].map(({ body }) => body as SealMessage));
          },
        },
        tenantOf: async () => ({ rollups: lake.rollups, hashKey: HASH_KEY }),
        now: () => lake.nowMs,
      });
    }
    expect(await lake.sealed()).toMatchObject({ revision: 1, events: 300 });
    expect(seen).toEqual([
      'day',
      ...[0, 1, 2].map((i) => `spread-${i}`),
      'day',
      ...[0, 1, 2].map((i) => `compare-${i}`),
      'day',
      ...[0, 1, 2, 3, 4, 5].map((i) => `range-${i}`),
      'day',
    ]);
  });
});

describe('a person of more events than may be held', () => {
  const loud = [person(7), person(21)];

  /**
   * A day of 900 rows and 840 events: most of two people, some without a person on one device, with copies and an
   * import.
   */
  async function loudDay(): Promise<TenantLake> {
    const lake = new TenantLake();
    const personAt = (i: number) => {
      if (i % 12 < 5) return loud[0]!;
      if (i % 7 === 0) return loud[1]!;
      return i % 11 === 0 ? 0n : person(i);
    };
    const events = Array.from({ length: 840 }, (_, i) =>
      row(`${i}`, {
        person: personAt(i),
        keyHash: i % 3 === 0 ? 5n : BigInt(i),
        type: i % 10 === 0 ? 'identify' : 'track',
        at: DAY_START_MS + ((i * 7_919) % 86_000_000),
        receivedAt: DAY_START_MS + 90_000_000 + i,
        event: `e${i % 5}`,
      }),
    );
    for (let at = 0; at < 720; at += 240) await lake.flush('a', at, at + 240, events.slice(at, at + 240));
    await lake.import(events.slice(720));
    await lake.flush(
      'b',
      0,
      1,
      // Every other copy names a person without other events.
      events.slice(300, 360).map((copy, i) => ({
        ...copy,
        receivedAt: copy.receivedAt! + 50,
        ...(i % 2 === 0 && { person: copy.person! ^ 0x5a5a_5a5a_0000_0000n }),
      })),
    );
    return lake;
  }

  const answers = async (lake: TenantLake) => ({
    sealed: await lake.all('SELECT events, people, drift FROM sealed_days'),
    events: await lake.counts(),
    people: await lake.counts(DAY, 'people'),
  });

  it('is sealed in runs, each of no more than that, and counted as one', async () => {
    const lake = await loudDay();
    await lake.seal();
    const whole = await loudDay();
    limits.sealBucketRowsMax = sealBucketRowsMax;
    await whole.seal();
    expect(await answers(lake)).toEqual(await answers(whole));
    const files = await lake.all<{ path: string; rows: number; traits: number }>(
      `SELECT path, row_count AS rows, traits_rows AS traits FROM segments WHERE source = 'seal' ORDER BY path`,
    );
    expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(840);
    expect(files.reduce((sum, { traits }) => sum + traits, 0)).toBe(84);
    expect(Math.max(...files.map(({ rows }) => rows))).toBeLessThanOrEqual(100);
    expect(files.filter(({ path }) => /\/\d+\.\d+-[0-9a-f]{16}\.parquet$/.test(path)).length).toBeGreaterThan(5);
    expect(lake.bucket.keys().filter((key) => key.includes('/date=') && !key.includes('traits'))).toEqual(
      files.map(({ path }) => path),
    );
  });

  it('has its files replaced by the next revision as others are', async () => {
    const lake = await loudDay();
    await lake.seal();
    const before = await state(lake);
    lake.nowMs += 3_600_000;
    await lake.flush('b', 1, 2, [row('late', { person: loud[0]!, receivedAt: DAY_START_MS + 99_000_000 })]);
    await lake.seal();
    expect(await lake.sealed()).toMatchObject({ revision: 2, events: 841 });
    lake.nowMs += 3_700_000;
    await scheduleSeals(
      { db: lake.db, lake: lake.bucket.binding, sealQueue: { sendBatch: async () => {} } },
      lake.nowMs,
    );
    const { segments, files } = await state(lake);
    const sealed = (rows: typeof segments) => rows.filter((each) => (each as { source: string }).source === 'seal');
    expect(sealed(segments).length).toBeGreaterThan(5);
    const paths = (rows: typeof segments) => sealed(rows).map((each) => (each as { path: string }).path);
    expect(files.filter((key) => paths(before.segments).includes(key))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(paths(segments)));
  });

  it('killed at any call to the database or the lake, and run again, ends as if it had not been', async () => {
    await killEverywhere(loudDay, 11);
  }, 60_000);
});

it.each([undefined, 1])(
  'seals 200,000 events in a process that may hold 100 MB (people: %s)',
  { timeout: 120_000 },
  async (peopleCount) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-seal-'));
    try {
      const script = join(root, 'test/bench/lake/lake-seal.ts');
      const order = JSON.stringify({ folder, flushes: 20, rows: 10_000, people: peopleCount });
      const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=100', script, order]);
      const report = JSON.parse(stdout) as SealReport;
      expect(report).toMatchObject({ events: 200_000, duplicates: 1_900, rest: 0 });
      expect(report.rowsMax).toBeLessThanOrEqual(sealBucketRowsMax);
      expect(report.bytesAnEvent).toBeLessThanOrEqual(40);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
