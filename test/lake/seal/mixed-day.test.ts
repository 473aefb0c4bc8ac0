// A day with everything that a seal decides on, built in tasks and in one go: both must come to the same rows, cells and accounts.

import { afterEach, describe, expect, it } from 'vitest';
import { type EventColumns, LATE_BEYOND } from '../../../src/core/event/columns.ts';
import { STRING_COLUMNS } from '../../../src/core/event/event.ts';
import { DAY_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { collectSealed } from '../../../src/lake/collect/collect.ts';
import { readSegment } from '../../../src/lake/segment/segment-read.ts';
import { ALL_LAKE_COLUMNS } from '../../../src/lake/segment/segment-schema.ts';
import { r2Source } from '../../../src/lake/segment/source.ts';
import { randomFrom } from '../generate.ts';
import { DAY, DAY_START_MS, type Row, row, TenantLake, UID } from './tenant-lake.ts';

const limits = LIMITS as { sealBucketRowsMax: number; sealSpreadRowsMax: number; sealIdsMax: number };
const { sealBucketRowsMax, sealSpreadRowsMax, sealIdsMax } = limits;
const WHOLE = { sealBucketRowsMax, sealSpreadRowsMax, sealIdsMax };
const IN_TASKS = { sealBucketRowsMax: 100, sealSpreadRowsMax: 170, sealIdsMax: 240 };
afterEach(() => {
  Object.assign(limits, WHOLE);
});

const LOUD = 0x1234_5678_9abc_def0n;
const SENDERS = ['server', 'browser', 'import', null] as const;

/** Rows of some people, one of them with a third of the rows, and some without a person. Ids repeat over calls. */
function rowsOf(seed: number, count: number): Row[] {
  const random = randomFrom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const personOf = () => {
    if (random() < 0.35) return LOUD;
    return random() < 0.2 ? 0n : BigInt.asIntN(64, BigInt(below(70) + 1) * 0x9e3779b97f4a7c15n);
  };
  return Array.from({ length: count }, () =>
    row(`é${below(700)}`, {
      person: personOf(),
      keyHash: BigInt.asIntN(64, BigInt(below(5)) * 0xbf58476d1ce4e5b9n),
      type: random() < 0.1 ? 'identify' : 'track',
      event: random() < 0.1 ? 'Heartbeat' : `e${below(6)}`,
      sender: SENDERS[below(SENDERS.length)]!,
      at: DAY_START_MS + below(DAY_MS),
      // Receipts of the same moment are frequent: then the order of the files decides.
      receivedAt: DAY_START_MS + 2 * DAY_MS + below(9),
      late: random() < 0.05 ? LATE_BEYOND : 0,
    }),
  );
}

/** A day with a ground, flushes of two shards and an import beyond it, and a name that has expired. */
async function mixedDay(): Promise<TenantLake> {
  const lake = new TenantLake();
  Object.assign(limits, WHOLE);
  for (let seq = 0; seq < 3; seq++) await lake.flush('a', seq, seq + 1, rowsOf(seq, 120));
  await lake.seal();
  lake.nowMs += LIMITS.collectAfterMs + MINUTE_MS;
  await collectSealed(lake.db, lake.nowMs);
  for (let seq = 3; seq < 6; seq++) await lake.flush('a', seq, seq + 1, rowsOf(seq, 120));
  for (let seq = 0; seq < 3; seq++) await lake.flush('b', seq, seq + 1, rowsOf(10 + seq, 90));
  await lake.import(rowsOf(20, 80));
  await lake.db
    .prepare(
      `INSERT INTO dropped (uid, tier, name, day_from, day_before, updated_at_ms) VALUES (?1, 'event', 'Heartbeat', ?2, ?3, 0)`,
    )
    .bind(UID, DAY - 1, DAY + 1)
    .run();
  return lake;
}

async function answers(lake: TenantLake) {
  return {
    sealed: await lake.all('SELECT revision, events, people, drift, vector FROM sealed_days'),
    counts: await Promise.all(lake.rollups.map(({ name }) => lake.counts(DAY, name))),
    rows: (await sealedRows(lake)).sort(),
  };
}

/** All rows of the day's files, as texts. */
async function sealedRows(lake: TenantLake): Promise<string[]> {
  const files = await lake.all<{ path: string; size: number }>(
    `SELECT s.path, s.size_bytes AS size FROM segments s JOIN sealed_days d ON d.revision = s.revision WHERE s.source = 'seal'`,
  );
  const texts: string[] = [];
  for (const { path, size } of files) {
    for await (const columns of readSegment(r2Source(lake.bucket.binding, path, size), { columns: ALL_LAKE_COLUMNS })) {
      for (let at = 0; at < columns.rowCount; at++) texts.push(textOf(columns, at));
    }
  }
  return texts;
}

function textOf({ at, receivedAt, person, keyHash, late, strings }: EventColumns, row: number): string {
  const numbers = [at[row], receivedAt[row], person[row], keyHash[row], late[row]];
  return [...numbers, ...STRING_COLUMNS.map((column) => strings[column]?.[row])].join('|');
}

describe('a mixed day', () => {
  it('is the same in tasks as in one go, also with every task killed and done again', async () => {
    const whole = await mixedDay();
    expect(await whole.seal()).toMatchObject({ status: 'sealed', revision: 2, rest: 0 });
    const wanted = await answers(whole);
    const [{ drift }] = wanted.sealed as [{ drift: string }];
    const { duplicates, beyond, imported, expired } = JSON.parse(drift);
    expect(Math.min(duplicates, beyond, imported, expired)).toBeGreaterThan(0);

    const lake = await mixedDay();
    Object.assign(limits, IN_TASKS);
    const kinds = new Set<string>();
    for (let step = await lake.sealStep(); step.status === 'tasks'; step = await lake.sealStep()) {
      for (const task of step.tasks) {
        kinds.add(task.task.split('-')[0]!);
        await killed(lake, () => lake.task(task));
        await lake.task(task);
      }
    }
    expect([...kinds]).toEqual(['spread', 'compare', 'range']);
    expect(await answers(lake)).toEqual(wanted);
    expect(lake.bucket.keys().some((key) => /\/date=.*\/\d+\.\d+-/.test(key))).toBe(true);
  });

  it('is handed out anew when an earlier release has begun its plan', async () => {
    const whole = await mixedDay();
    await whole.seal();
    const lake = await mixedDay();
    Object.assign(limits, IN_TASKS);
    const first = await lake.sealStep();
    if (first.status !== 'tasks') throw new Error(first.status);
    // The plan of that release has no stretches, and some of its tasks are done.
    await lake.db.prepare(`UPDATE seal_plans SET plan = json_remove(plan, '$.stretches')`).run();
    for (const task of ['copies-0', 'copies-1', 'bucket-0']) {
      const { revision } = first.tasks[0]!;
      await lake.db
        .prepare(`INSERT INTO seal_tasks (uid, day, revision, task, result) VALUES (?1, ?2, ?3, ?4, '{}')`)
        .bind(UID, DAY, revision, task)
        .run();
      expect(await lake.task({ revision, task })).toEqual([]);
    }
    expect(await lake.sealStep()).toEqual(first);
    await lake.seal();
    expect(await answers(lake)).toEqual(await answers(whole));
  });

  it('is read once: a task visits a stretch of its files, or a section of what the stretches left', async () => {
    const lake = await mixedDay();
    Object.assign(limits, IN_TASKS);
    const reads = new Map<string, number>();
    lake.bucket.before = ({ op, key }) => {
      if (op === 'get') reads.set(key, (reads.get(key) ?? 0) + 1);
    };
    await lake.seal();
    const files = [...reads].filter(([key]) => /\/(l0|date=)/.test(key) && !key.includes('/work/'));
    expect(files.length).toBeGreaterThan(5);
    expect(files.some(([key]) => key.includes('/date='))).toBe(true);
    // Its footer and its rows.
    expect(Math.max(...files.map(([, count]) => count))).toBeLessThanOrEqual(2);
  });
});

/** Does the work until its third call to the lake or the database fails. */
async function killed(lake: TenantLake, work: () => Promise<unknown>): Promise<void> {
  let left = 3;
  const count = () => {
    if (--left === 0) throw new Error('killed');
  };
  lake.fake.fake.hook = ({ phase }) => (phase === 'before' ? count() : undefined);
  lake.bucket.after = count;
  await work().then(
    () => {},
    () => {},
  );
  lake.fake.fake.hook = null;
  lake.bucket.after = () => {};
}
