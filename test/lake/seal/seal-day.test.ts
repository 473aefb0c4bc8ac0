import { describe, expect, it } from 'vitest';
import { LATE_BEYOND } from '../../../src/core/event/columns.ts';
import { HOUR_MS, LIMITS } from '../../../src/core/limits.ts';
import { decodeRollupCells } from '../../../src/core/rollup/cell-codec.ts';
import { DEFAULT_ROLLUPS, makeRollup } from '../../../src/core/rollup/rollup.ts';
import type { SealQueueMessage } from '../../../src/core/shard/rpc.ts';
import { publishCurrent } from '../../../src/lake/manifest/current.ts';
import { askForDays, takeDueOf } from '../../../src/lake/seal/dirty-days.ts';
import { scheduleSeals } from '../../../src/lake/seal/schedule.ts';
import { freeLostSeals } from '../../../src/local/lost-work.ts';
import { DAY, DAY_START_MS, row, TenantLake, UID } from './tenant-lake.ts';

const NO_DRIFT = { live: 0, sealed: 0, duplicates: 0, beyond: 0, imported: 0, rest: 0 };

describe('a seal', () => {
  it('has nothing to do for a day without segments', async () => {
    expect(await new TenantLake().seal()).toEqual({ status: 'empty' });
  });

  it('counts an unsealed day, hour by hour, and covers its flushes', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1', { event: 'x' }), row('2', { event: 'y', person: 8n })]);
    await lake.flush('b', 4, 9, [row('3', { event: 'x', at: DAY_START_MS + 5 * HOUR_MS, person: 0n })]);
    const before = await lake.counts();
    expect(await lake.seal()).toEqual({ status: 'sealed', revision: 1, events: 3, rest: 0 });
    expect(await lake.counts()).toEqual(before);
    expect(await lake.counts()).toEqual({ x: { count: 2, people: 1 }, y: { count: 1, people: 1 } });
    expect(await lake.counts(DAY, 'people')).toEqual({ '': { count: 3, people: 2 } });
    expect(await lake.sealed()).toMatchObject({
      revision: 1,
      vector: { a: 3, b: 9 },
      events: 3,
      people: 2,
      drift: { ...NO_DRIFT, live: 3, sealed: 3 },
    });
    const { cells } = await lake.range(DAY, 'hour');
    const hours = cells.flatMap((chunk) => [...decodeRollupCells(chunk.cells).windows.keys()]);
    expect(hours.map((startMs) => (startMs - DAY_START_MS) / HOUR_MS)).toEqual([1, 5]);
  });

  it('is not repeated for a clean day', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row()]);
    await lake.seal();
    const before = lake.fake.fake.callCount;
    expect(await lake.seal()).toEqual({ status: 'clean' });
    expect(lake.fake.fake.callCount - before).toBe(1);
  });

  it('takes at most three calls to the database and two writes to the lake: events, and people by the hour', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row()]);
    const [calls, puts] = [lake.fake.fake.callCount, lake.bucket.count('put')];
    await lake.seal();
    expect(lake.fake.fake.callCount - calls).toBe(3);
    expect(lake.bucket.count('put') - puts).toBe(2);
  });

  it('counts a copy once and says so in the drift', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('same', { receivedAt: DAY_START_MS + 9, event: 'second' })]);
    await lake.flush('b', 0, 3, [row('same', { receivedAt: DAY_START_MS + 5, event: 'first' })]);
    await lake.import([row('same', { event: 'third' }), row('new', { event: 'new' }), row('new', { event: 'new' })]);
    await lake.seal();
    expect(await lake.counts()).toEqual({ first: { count: 1, people: 1 }, new: { count: 1, people: 1 } });
    const drift = { live: 2, sealed: 2, duplicates: 3, beyond: 0, imported: 3, rest: 0 };
    expect((await lake.sealed())?.drift).toEqual(drift);
  });

  it('keeps events of one id but different devices', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('same', { keyHash: 1n }), row('same', { keyHash: 2n })]);
    await lake.seal();
    expect((await lake.sealed())?.events).toBe(2);
  });

  it('counts what was beyond the allowed lateness', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1'), row('2', { late: LATE_BEYOND })]);
    await lake.seal();
    expect((await lake.sealed())?.drift).toEqual({ ...NO_DRIFT, live: 1, sealed: 2, beyond: 1 });
  });

  it('is done again when a late import makes the day dirty', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    await lake.seal();
    await lake.import([row('2')]);
    expect((await lake.range()).uncovered).toHaveLength(1);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 2, events: 2 });
    expect((await lake.range()).uncovered).toHaveLength(0);
    expect((await lake.sealed())?.drift).toEqual({ ...NO_DRIFT, live: 1, sealed: 2, imported: 1 });
  });

  it('knows what was live although the parts of the first seal are gone', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1'), row('2')]);
    await lake.seal();
    expect(await lake.all('SELECT * FROM parts')).toEqual([]);
    await lake.flush('a', 3, 5, [row('3')]);
    expect(await lake.counts()).toEqual({ e: { count: 3, people: 1 } });
    await lake.seal();
    expect((await lake.sealed())?.drift).toEqual({ ...NO_DRIFT, live: 3, sealed: 3 });
  });

  it('leaves a part alone that another day still needs', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1'), row('2', { at: DAY_START_MS + 86_400_000 })]);
    await lake.seal();
    expect(await lake.counts()).toEqual({ e: { count: 1, people: 1 } });
    expect(await lake.counts(DAY + 1)).toEqual({ e: { count: 1, people: 1 } });
    await lake.seal(DAY + 1);
    expect(await lake.counts(DAY + 1)).toEqual({ e: { count: 1, people: 1 } });
    expect(await lake.all('SELECT * FROM parts')).toEqual([]);
  });

  it('is done again for a rollup it lacks, also a filtered one over properties', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1'), row('2', { event: 'x' })]);
    await lake.seal();
    const own = makeRollup('own', {
      where: { property: 'event', op: 'eq', value: 'x' },
      dimensions: ['properties.plan'],
      numbers: ['price'],
    });
    lake.rollups = [...DEFAULT_ROLLUPS, own];
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 2 });
    expect(await lake.counts(DAY, 'own')).toEqual({ '': { count: 1, people: 1 } });
  });

  it('counts people exactly, beyond what a sketch can', async () => {
    const lake = new TenantLake();
    const rows = Array.from({ length: 3_000 }, (_, i) =>
      row(`${i}`, { person: BigInt(i % 1_234) * 0x9e3779b97f4a7c1n + 1n }),
    );
    await lake.flush('a', 0, 3, rows);
    await lake.seal();
    expect((await lake.sealed())?.people).toBe(1_234);
    expect(await lake.counts(DAY, 'people')).toEqual({ '': { count: 3_000, people: 1_234 } });
  });

  it('seals a day too big for one bucket, copies across buckets of time and person counted once', {
    timeout: 30_000,
  }, async () => {
    const lake = new TenantLake();
    const perFlush = 10_000;
    const flushes = Math.ceil(LIMITS.sealBucketRowsMax / perFlush) + 1;
    const person = (i: number) => BigInt.asIntN(64, BigInt(i % 5_000) * 0x9e3779b97f4a7c15n + 1n);
    for (let flush = 0; flush < flushes; flush++) {
      // The first thousand events of each flush are copies of the thousand before them.
      const first = flush * (perFlush - 1_000);
      await lake.flush(
        'a',
        flush,
        flush + 1,
        Array.from({ length: perFlush }, (_, i) => row(`${first + i}`, { person: person(first + i) })),
      );
    }
    const events = flushes * (perFlush - 1_000) + 1_000;
    expect(await lake.seal()).toEqual({ status: 'sealed', revision: 1, events, rest: 0 });
    expect(await lake.sealed()).toMatchObject({ people: 5_000, drift: { duplicates: (flushes - 1) * 1_000 } });
    expect(lake.bucket.keys().filter((key) => key.includes('/date='))).toHaveLength(2);
    expect(await lake.counts(DAY, 'people')).toEqual({ '': { count: events, people: 5_000 } });
  });
});

describe('several seals of one day', () => {
  it('wait for one that was killed until a local stack, which has lost it, starts again', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row()]);
    await askForDays(lake.db, { uid: UID, days: [DAY], cause: 'command' }, lake.nowMs);
    expect(await takeDueOf(lake.db, UID, lake.nowMs)).toHaveLength(1);
    lake.fake.fake.hook = ({ sql, phase }) => {
      if (phase === 'before' && sql.some((text) => text.includes('INTO sealed_days'))) throw new Error('killed');
    };
    await expect(lake.seal()).rejects.toThrow('killed');
    lake.fake.fake.hook = null;
    expect(await lake.seal()).toEqual({ status: 'busy' });
    expect(await takeDueOf(lake.db, UID, lake.nowMs)).toEqual([]);
    await freeLostSeals(lake.db);
    expect(await takeDueOf(lake.db, UID, lake.nowMs)).toHaveLength(1);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', events: 1 });
  });

  it('exclude each other by the lease', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row()]);
    const results = await Promise.all([lake.seal(), lake.seal(), lake.seal()]);
    expect(results.map(({ status }) => status).sort()).toEqual(['busy', 'busy', 'sealed']);
  });

  it('adopt one plan when the lease does not hold them apart', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    lake.fake.fake.hook = ({ sql, phase }) => {
      if (phase === 'before' && sql.some((text) => text.includes('INTO sealed_days'))) throw new Error('killed');
    };
    await expect(lake.seal()).rejects.toThrow('killed');
    lake.fake.fake.hook = null;
    const [firstPlan] = await lake.all('SELECT plan FROM seal_plans');
    await lake.import([row('2')]);
    lake.nowMs += LIMITS.sealLeaseMs + 1;
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 1, events: 1 });
    const [{ vector }] = (await lake.all('SELECT vector FROM sealed_days')) as [{ vector: string }];
    expect(JSON.parse(vector)).toEqual(JSON.parse((firstPlan as { plan: string }).plan).vector);
    expect(await lake.all('SELECT plan FROM seal_plans')).toEqual([]);
    expect((await lake.range()).uncovered).toHaveLength(1);
    expect(await lake.seal()).toMatchObject({ status: 'sealed', revision: 2, events: 2 });
  });

  it('cannot write once they were overtaken', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    let held: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      held = resolve;
    });
    // The first seal hangs in R2 while its lease runs out and another holder seals the day twice.
    const put = lake.bucket.put.bind(lake.bucket);
    lake.bucket.put = async (...given) => {
      lake.bucket.put = put;
      await gate;
      return put(...given);
    };
    const slow = lake.seal();
    await new Promise((resolve) => setTimeout(resolve, 50));
    lake.nowMs += LIMITS.sealLeaseMs + 1;
    expect(await lake.seal()).toMatchObject({ revision: 1 });
    await lake.import([row('2')]);
    expect(await lake.seal()).toMatchObject({ revision: 2 });
    const before = await lake.all('SELECT * FROM sealed_days');
    held?.();
    await slow;
    expect(await lake.all('SELECT * FROM sealed_days')).toEqual(before);
    expect(await lake.counts()).toEqual({ e: { count: 2, people: 1 } });
    expect(await lake.all(`SELECT revision FROM segments WHERE source = 'seal'`)).toEqual([{ revision: 2 }]);
  });
});

describe('a seal that is killed', () => {
  const steps = ['state', 'adopt', 'put', 'flip'] as const;
  for (const step of steps) {
    for (const phase of ['before', 'after'] as const) {
      it(`${phase} its step "${step}" and run again ends as if it had not been`, async () => {
        const undisturbed = await storedLake();
        await undisturbed.seal();
        const lake = await storedLake();
        kill(lake, step, phase);
        await expect(lake.seal()).rejects.toThrow('killed');
        lake.fake.fake.hook = null;
        lake.bucket.before = lake.bucket.after = () => {};
        lake.nowMs += LIMITS.sealLeaseMs + 1;
        await lake.seal();
        expect(await state(lake)).toEqual(await state(undisturbed));
      });
    }
  }

  async function storedLake() {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1'), row('2', { event: 'x' })]);
    await lake.import([row('2', { event: 'x' })], 'imp');
    return lake;
  }

  function kill(lake: TenantLake, step: (typeof steps)[number], phase: 'before' | 'after') {
    const die = () => {
      throw new Error('killed');
    };
    if (step === 'put') lake.bucket[phase] = (call) => call.op === 'put' && die();
    const start = lake.fake.fake.callCount;
    const number = start + 1 + ['state', 'adopt', 'flip'].indexOf(step);
    lake.fake.fake.hook = (call) => {
      if (step !== 'put' && call.number === number && call.phase === phase) die();
    };
  }

  async function state(lake: TenantLake) {
    return {
      sealed: await lake.all('SELECT day, revision, covered_seq, vector, events, people, drift FROM sealed_days'),
      cells: await lake.all('SELECT * FROM sealed_cells'),
      segments: await lake.all('SELECT * FROM segments'),
      parts: await lake.all('SELECT * FROM parts'),
      objects: lake.bucket.keys(),
    };
  }
});

describe('current.json', () => {
  async function read(lake: TenantLake) {
    await publishCurrent(lake.db, lake.bucket.binding, UID, lake.nowMs);
    const object = await lake.bucket.get(`lake/v1/${UID}/current.json`);
    return (await object!.json()) as { files: { path: string; source: string; rows: number; days: string[] }[] };
  }

  it('lists exactly the rows that count', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1'), row('2', { at: DAY_START_MS + 86_400_000 })]);
    expect((await read(lake)).files.map(({ source, rows, days }) => [source, rows, days.length])).toEqual([
      ['flush', 2, 2],
    ]);
    await lake.seal();
    expect((await read(lake)).files.map(({ source, rows, days }) => [source, rows, days])).toEqual([
      ['flush', 1, ['2022-01-09']],
      ['seal', 1, ['2022-01-08']],
    ]);
    await lake.import([row('3')]);
    await lake.seal();
    const { files } = await read(lake);
    expect(files.map(({ source, rows }) => [source, rows])).toEqual([
      ['flush', 1],
      ['seal', 2],
    ]);
    for (const { path } of files) expect(lake.bucket.keys()).toContain(path);
  });

  it('is not replaced by an older reading', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    let raced = false;
    lake.bucket.before = ({ op, key }) => {
      if (op !== 'head' || !key.endsWith('current.json') || raced) return;
      raced = true;
      void lake.bucket.put(`lake/v1/${UID}/current.json`, '{"files":[]}');
    };
    expect((await read(lake)).files).toHaveLength(1);
  });
});

describe('the schedule', () => {
  function queueOf() {
    const days: number[] = [];
    return {
      days,
      sealQueue: {
        sendBatch: async (all: Iterable<{ body: SealQueueMessage }>) =>
          days.push(...[...all].flatMap(({ body }) => ('day' in body ? [body.day] : []))),
      },
    };
  }

  it('queues a dirty day two hours after its end, once', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    const { days, sealQueue } = queueOf();
    const services = { db: lake.db, lake: lake.bucket.binding, sealQueue };
    await scheduleSeals(services, DAY_START_MS + 25.9 * HOUR_MS);
    expect(days).toEqual([]);
    await scheduleSeals(services, DAY_START_MS + 26.1 * HOUR_MS);
    await scheduleSeals(services, DAY_START_MS + 26.15 * HOUR_MS);
    await scheduleSeals(services, DAY_START_MS + 26.2 * HOUR_MS);
    expect(days).toEqual([DAY]);
    await scheduleSeals(services, DAY_START_MS + 27 * HOUR_MS);
    expect(days).toEqual([DAY, DAY]);
  });

  it('leaves clean days alone, and takes up a dirty one again after an hour', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    lake.nowMs = DAY_START_MS + 27 * HOUR_MS;
    await lake.seal();
    const { days, sealQueue } = queueOf();
    const services = { db: lake.db, lake: lake.bucket.binding, sealQueue };
    await scheduleSeals(services, lake.nowMs + HOUR_MS);
    await lake.flush('a', 3, 4, [row('2')]);
    expect(days).toEqual([]);
    await scheduleSeals(services, lake.nowMs + 1.5 * HOUR_MS);
    expect(days).toEqual([DAY]);
  });

  it('knows nothing of an import before its finish', async () => {
    const lake = new TenantLake();
    await lake.import([row('1')], 'a', { finishes: false });
    const { days, sealQueue } = queueOf();
    const services = { db: lake.db, lake: lake.bucket.binding, sealQueue };
    await scheduleSeals(services, lake.nowMs + 3_600_000);
    expect(days).toEqual([]);
    await lake.import([row('2')], 'a', { chunk: 1 });
    await scheduleSeals(services, lake.nowMs + 2 * 3_600_000);
    expect(days).toEqual([DAY]);
  });

  it('deletes files a seal replaced, an hour later', async () => {
    const lake = new TenantLake();
    await lake.flush('a', 0, 3, [row('1')]);
    await lake.seal();
    const [old] = lake.bucket.keys().filter((key) => key.includes('/date='));
    await lake.flush('a', 3, 4, [row('2')]);
    await lake.seal();
    const services = { db: lake.db, lake: lake.bucket.binding, sealQueue: queueOf().sealQueue };
    await scheduleSeals(services, lake.nowMs + 1);
    expect(lake.bucket.keys()).toContain(old);
    await scheduleSeals(services, lake.nowMs + HOUR_MS + 1);
    expect(lake.bucket.keys()).not.toContain(old);
    expect(lake.bucket.keys().filter((key) => key.includes('/date='))).toHaveLength(1);
  });
});
