// Expiry over the real engine, sink, manifest and seal: each drop is on record, and dropped events never count again.

import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import type { SealMessage } from '../../../src/core/shard/rpc.ts';
import { dayText } from '../../../src/core/std/day.ts';
import { expirySchema, expiryTargets } from '../../../src/core/tenant/expiry.ts';
import { lakeImporter } from '../../../src/lake/import/import.ts';
import { collectGarbage } from '../../../src/lake/manifest/garbage.ts';
import { scheduleSeals } from '../../../src/lake/seal/schedule.ts';
import { enforceExpiry, readDropped, scheduleExpiry, storePolicy } from '../../../src/lake/upkeep/expiry.ts';
import { wireDropped } from '../../../src/operate/expiry-routes.ts';
import { listEvents } from '../../../src/query/events/list-events.ts';
import { dayOf, UID, World } from '../../query/support/world.ts';
import { record, testHasher } from '../../support/events.ts';
import { expectLog } from '../../support/expect-log.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12, 0, 30);
const TODAY = dayOf(NOW_MS);
const KEEP_ALL = { hourDays: null, dayYears: null, lakeMonths: null };
const COUNT = { measure: 'count', from: '2025-12-01', to: '2026-03-10' };

let world: World;
let queued: SealMessage[];

beforeEach(() => {
  world = new World({ nowMs: NOW_MS });
  queued = [];
});

const text = (daysAgo: number) => dayText(TODAY - daysAgo);
const services = () => ({
  db: world.db,
  lake: world.bucket.binding,
  sealQueue: {
    sendBatch: async (messages: Iterable<{ body: SealMessage }>) =>
      void queued.push(...[...messages].map(({ body }) => body)),
  },
});

/** Appends, stores and seals three events of the day, one of them a heartbeat. */
async function aDay(daysAgo: number, prefix = 'e', options: { seal?: boolean } = {}): Promise<void> {
  const atMs = (TODAY - daysAgo) * DAY_MS + 3_600_000;
  world.append(0, [
    record({ id: `${prefix}-${daysAgo}-0`, atMs, event: 'Bought', user_id: 'a', properties: { price: 5 } }),
    record({ id: `${prefix}-${daysAgo}-1`, atMs, event: 'Bought', user_id: 'b', properties: { price: 7 } }),
    record({ id: `${prefix}-${daysAgo}-2`, atMs, event: 'Heartbeat', user_id: 'c' }),
  ]);
  await world.store(0);
  if (options.seal !== false) await world.seal(TODAY - daysAgo);
}

async function keep(policy: unknown): Promise<void> {
  await storePolicy(world.db, UID, expirySchema.parse(policy), world.nowMs);
  await enforceExpiry(services(), UID, world.nowMs);
}

const droppedNow = async () => wireDropped(await readDropped(world.db, UID));
async function total(question: object, options?: Parameters<World['ask']>[1]) {
  const { series, meta } = await world.ask(question, options);
  return { total: series[0]?.total, complete: meta.complete, dropped: meta.dropped, meta };
}
const rows = (sql: string) => world.fakeDb.select(sql, []) as Record<string, number>[];

describe('a policy', () => {
  it('has defaults for what it does not say, and keeps what is null', () => {
    const nowMs = Date.UTC(2026, 4, 31);
    const day = (iso: string) => Date.parse(`${iso}T00:00:00Z`) / DAY_MS;
    const targets = expiryTargets(
      expirySchema.parse({ dayYears: null, events: { Heartbeat: { lakeDays: 30 } } }),
      nowMs,
    );
    expect(targets).toEqual({
      hour: day('2026-03-02'),
      day: null,
      // 25 months before 31 May is April 2024, which has no 31st.
      lake: day('2024-05-01'),
      events: new Map([['Heartbeat', day('2026-05-01')]]),
    });
  });

  it.each([
    { hourDays: 7 },
    { lakeMonths: 0 },
    { dayYears: 1.5 },
    { events: { a: {} } },
    { events: { a: { lakeDays: 1 } } },
    { events: { '': { lakeDays: 30 } } },
    { lakeDays: 30 },
  ])('is not %j', (policy) => expect(expirySchema.safeParse(policy).success).toBe(false));

  it('that was never set drops nothing', async () => {
    await aDay(2_000);
    await scheduleExpiry(services(), world.nowMs);
    expect(await droppedNow()).toEqual([]);
    expect((await total({ ...COUNT, from: '2020-01-01', to: '2021-01-01' })).total).toBe(3);
  });
});

describe('the names of a policy', () => {
  it('are bounded', () => {
    const events = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`e${i}`, { lakeDays: 30 }]));
    expect(expirySchema.safeParse({ events }).success).toBe(false);
  });
});

describe('hours', () => {
  it('go, days stay, and the lake answers what needs an hour', async () => {
    await aDay(40);
    await aDay(20);
    await keep({ ...KEEP_ALL, hourDays: 30 });
    expect(rows("SELECT count(*) AS n FROM sealed_cells WHERE grain LIKE 'hour%' AND day < 20493")[0]!.n).toBe(0);
    const kept =
      rows(`SELECT c.day, c.sections ->> '$.hour' <> '{}' AS counts, length(c.cells) > c.sections ->> '$.hourFrom' AS bytes,
      d.lake_cells ->> '$.hours' IS NOT NULL AS people
      FROM sealed_cells c JOIN sealed_days d ON d.uid = c.uid AND d.day = c.day WHERE c.grain = '*' ORDER BY c.day`);
    expect(kept.map(({ day: _, ...row }) => row)).toEqual([
      { counts: 0, bytes: 0, people: 0 },
      { counts: 1, bytes: 1, people: 1 },
    ]);
    const files = () => world.bucket.keys().filter((path) => path.includes('/hours/'));
    expect(files()).toHaveLength(2);
    await collectGarbage(world.db, world.bucket.binding, world.nowMs + HOUR_MS);
    expect(files()).toHaveLength(1);
    expect(await droppedNow()).toEqual([{ tier: 'hour', from: text(40), before: text(30) }]);
    const byDay = await total({ ...COUNT, from: text(41), to: text(10) });
    expect(byDay).toMatchObject({ total: 6, complete: true, dropped: undefined });
    expect(byDay.meta.sources.lake).toBeNull();
    const byHour = await total({ ...COUNT, from: `${text(40)}T01:00:00Z`, to: `${text(40)}T02:00:00Z` });
    expect(byHour).toMatchObject({ total: 3, complete: true });
    expect(byHour.meta.sources.lake).not.toBeNull();
  });
});

describe('the lake', () => {
  it('goes with its files; cells by the day go on answering', async () => {
    await aDay(70);
    await aDay(20);
    const before = world.bucket.keys().filter((path) => path.endsWith('.parquet'));
    await keep({ ...KEEP_ALL, lakeMonths: 1 });
    expect(await droppedNow()).toEqual([{ tier: 'lake', from: text(70), before: '2026-02-10' }]);
    // Files are deleted an hour later, because scans that had begun may read them.
    expect(world.bucket.keys().filter((path) => path.endsWith('.parquet'))).toEqual(before);
    await scheduleSeals(services(), world.nowMs + 2 * 3_600_000);
    expect(world.bucket.keys().filter((path) => path.endsWith('.parquet'))).toHaveLength(2);
    expect(rows('SELECT count(*) AS n FROM segments')[0]!.n).toBe(2);
    const current = JSON.parse(await (await world.bucket.get(`lake/v1/${UID}/current.json`))!.text());
    expect(current.files.map(({ days }: { days: string[] }) => days)).toEqual([[text(20)]]);

    expect(await total(COUNT)).toMatchObject({ total: 6, complete: true, dropped: undefined });
    const sum = await total({ ...COUNT, measure: { sum: 'price' } });
    expect(sum).toMatchObject({ total: 12, complete: false, dropped: [{ from: text(70), before: '2026-02-10' }] });
    // A range that touches nothing dropped is whole.
    const recent = await total({ ...COUNT, measure: { sum: 'price' }, from: '2026-02-10' });
    expect(recent).toMatchObject({ total: 12, complete: true, dropped: undefined });
  });

  it('does not go where something is not sealed', async () => {
    await aDay(90);
    await aDay(80, 'unsealed', { seal: false });
    await aDay(70);
    await keep({ ...KEEP_ALL, lakeMonths: 1 });
    expect(await droppedNow()).toEqual([{ tier: 'lake', from: text(90), before: text(80) }]);
    await world.seal(TODAY - 80);
    await enforceExpiry(services(), UID, world.nowMs);
    expect(await droppedNow()).toEqual([{ tier: 'lake', from: text(90), before: '2026-02-10' }]);
  });

  it('stays gone: what comes later for a dropped day, and rows that come back, do not count', async () => {
    await aDay(70);
    const kept = rows('SELECT * FROM segments') as unknown as Record<string, string | number>[];
    const keptDays = rows('SELECT * FROM segment_days') as unknown as Record<string, string | number>[];
    await keep({ ...KEEP_ALL, lakeMonths: 1 });
    const sums = { ...COUNT, measure: { sum: 'price' } };
    expect(await total(sums)).toMatchObject({ total: 0 });
    // A redelivery writes the deleted rows again.
    for (const [table, list] of [
      ['segments', kept],
      ['segment_days', keptDays],
    ] as const) {
      for (const row of list) {
        const names = Object.keys(row);
        await world.db
          .prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`)
          .bind(...names.map((name) => row[name]))
          .run();
      }
    }
    expect(await total(sums)).toMatchObject({ total: 0 });
    expect(await total(COUNT)).toMatchObject({ total: 3, complete: true });
    // New events of the dropped day are in the tail, then stored. No seal is due, and a seal leaves the kept cells as
    // they are.
    await world.store(0);
    world.append(0, [record({ id: 'very-late', atMs: (TODAY - 70) * DAY_MS, properties: { price: 100 } })]);
    expect(await total(sums)).toMatchObject({ total: 0 });
    await world.store(0);
    expect(await total(sums)).toMatchObject({ total: 0 });
    expect(await total(COUNT)).toMatchObject({ total: 3, complete: true });
    expect(rows('SELECT day FROM dirty_days')).toEqual([]);
    await world.seal(TODAY - 70);
    expect(await total(COUNT)).toMatchObject({ total: 3, complete: true });
    await enforceExpiry(services(), UID, world.nowMs);
    expect(rows('SELECT count(*) AS n FROM segments')[0]!.n).toBe(0);
    expect(rows('SELECT count(*) AS n FROM segment_days')[0]!.n).toBe(0);
  });

  it('does not come back with a longer policy', async () => {
    await aDay(70);
    await keep({ ...KEEP_ALL, lakeMonths: 1 });
    await keep(KEEP_ALL);
    await keep({ ...KEEP_ALL, lakeMonths: 12 });
    expect(await droppedNow()).toEqual([{ tier: 'lake', from: text(70), before: '2026-02-10' }]);
  });
});

describe('cells by the day', () => {
  it('go, and the answer says what it lacks', async () => {
    await aDay(500);
    await aDay(20);
    await keep({ ...KEEP_ALL, dayYears: 1 });
    const lacking = await total({ ...COUNT, from: '2025-03-05', to: '2026-03-10' });
    expect(lacking).toMatchObject({ total: 3, complete: true, dropped: undefined });
    const answer = await total({ ...COUNT, from: '2024-10-01', to: '2025-05-01' });
    expect(answer).toMatchObject({ total: 0, complete: false, dropped: [{ from: text(500), before: '2025-03-10' }] });
  });
});

describe('events of a name', () => {
  const POLICY = { ...KEEP_ALL, events: { Heartbeat: { lakeDays: 30 } } };

  it('are left out at once, and the days sealed anew without them, their drift explained', async () => {
    await aDay(40);
    await aDay(20);
    await keep(POLICY);
    expect(await droppedNow()).toEqual([{ tier: 'event', event: 'Heartbeat', from: text(40), before: text(30) }]);
    const dropped = [{ from: text(40), before: text(30), events: ['Heartbeat'] }];
    // Cells still count the heartbeats, so the lake answers without them.
    const early = await total(COUNT);
    expect(early).toMatchObject({ total: 5, complete: false, dropped });
    expect(early.meta.sources.lake).not.toBeNull();
    expect(queued).toEqual([{ uid: UID, day: TODAY - 40, cause: 'schedule' }]);

    await world.seal(TODAY - 40);
    const late = await total(COUNT);
    expect(late).toMatchObject({ total: 5, complete: false, dropped });
    expect(late.meta.sources.lake).toBeNull();
    expect(await total({ ...COUNT, groupBy: ['event'] }, { rollups: [] })).toMatchObject({ total: 4 });
    const [day] = (await world.db.prepare('SELECT drift FROM sealed_days WHERE revision = 2').all<{ drift: string }>())
      .results;
    expect(JSON.parse(day!.drift)).toMatchObject({ sealed: 2, expired: 1, rest: 0 });
    queued = [];
    await enforceExpiry(services(), UID, world.nowMs);
    expect(queued).toEqual([]);
  });

  it('are not listed either, in segments and in tails', async () => {
    await aDay(40);
    await keep(POLICY);
    world.append(0, [record({ id: 'tail', atMs: (TODAY - 40) * DAY_MS, event: 'Heartbeat' })]);
    const request = { startMs: (TODAY - 60) * DAY_MS, endMs: NOW_MS, limit: 10 };
    const listed = async () => {
      const list = await listEvents(await world.asking(), request);
      return list.ok ? list.value.events.map(({ strings }) => strings.event) : list.error;
    };
    expect(await listed()).toEqual(['Bought', 'Bought']);
    await world.store(0);
    expect(await listed()).toEqual(['Bought', 'Bought']);
  });

  it('do not come back with a later event of the day', async () => {
    await aDay(40);
    await keep(POLICY);
    await world.seal(TODAY - 40);
    await aDay(40, 'again', { seal: false });
    expect(await total(COUNT, { rollups: [] })).toMatchObject({ total: 4 });
    await world.seal(TODAY - 40);
    expect(await total(COUNT)).toMatchObject({ total: 4 });
    expect(await total(COUNT, { rollups: [] })).toMatchObject({ total: 4 });
  });
});

describe('the schedule', () => {
  it('goes on with the others when one tenant fails, and not more often than it should', async () => {
    await aDay(70);
    await world.db.exec(
      "INSERT INTO tenants (uid, id, name, regions, timezone, hash_key, created_at_ms) VALUES ('bad', 'b', 'b', '[]', 'UTC', '', 0), " +
        `('${UID}', 's', 's', '[]', 'UTC', '', 0)`,
    );
    await world.db.exec("INSERT INTO retention (uid, policy, updated_at_ms) VALUES ('bad', 'no json', 0)");
    await storePolicy(world.db, UID, expirySchema.parse({ ...KEEP_ALL, lakeMonths: 1 }), world.nowMs);
    await scheduleExpiry(services(), world.nowMs);
    expect(await droppedNow()).toHaveLength(1);
    const calls = world.fakeDb.callCount;
    await scheduleExpiry(services(), world.nowMs + 60_000);
    // The cursor of a round, and the claim of the next one.
    expect(world.fakeDb.callCount).toBe(calls + 2);
    expectLog('retention', { uid: 'bad', cause: { name: 'SyntaxError' } });
  });
});

describe('an import that is taken back', () => {
  const importer = () => lakeImporter({ ...services(), lake: world.bucket.binding, now: () => world.nowMs });

  /** One more event of each day, in seals. */
  async function imported(...daysAgo: readonly number[]): Promise<void> {
    const records = daysAgo.map((ago) => {
      const atMs = (TODAY - ago) * DAY_MS + 3_600_000;
      return record({ id: `import-${ago}`, atMs, event: 'Bought', user_id: 'x', sender: 'import' });
    });
    const chunk = { uid: UID, importId: 'a', version: 1, chunk: 0, contentHash: 'hash' };
    const account = {
      received: daysAgo.length,
      madeIds: new Set<string>(),
      errors: [],
      unlisted: [],
      notes: [],
      noted: 0,
    };
    await importer().start(chunk);
    await importer().store(chunk, records, testHasher, account);
    await importer().finish(UID, 'a', testHasher, { version: 1, chunks: 1 });
    for (const ago of daysAgo) await world.seal(TODAY - ago);
  }

  it('leaves the counts of days whose events had expired: nothing is left to count anew', async () => {
    await aDay(95);
    await imported(95, 5);
    await keep({ ...KEEP_ALL, lakeMonths: 1 });
    expect(await total(COUNT)).toMatchObject({ total: 5 });
    await importer().undo(UID, 'a');
    for (const ago of [95, 5]) await world.seal(TODAY - ago);
    expect(await total(COUNT)).toMatchObject({ total: 4 });
  });

  it('is counted out before the events of its days expire', async () => {
    await aDay(95);
    await imported(95);
    await importer().undo(UID, 'a');
    await keep({ ...KEEP_ALL, lakeMonths: 1 });
    expect(await droppedNow()).toEqual([]);
    await world.seal(TODAY - 95);
    await keep({ ...KEEP_ALL, lakeMonths: 1 });
    expect(await droppedNow()).toMatchObject([{ tier: 'lake' }]);
    expect(await total(COUNT)).toMatchObject({ total: 3 });
  });
});
