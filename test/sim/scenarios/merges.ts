// Scenarios of merged parts: two merges of the same parts, parts that come back after a merge or a seal, a question that was
// asked before a merge, and a merge beside a plan.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SimTenant } from '../clients.ts';
import { ask } from '../questions.ts';
import type { Scenario, Sending, Stage } from './stage.ts';

const MIDNIGHT_MS = Date.UTC(2026, 2, 11);
const SEALED_MS = MIDNIGHT_MS + 4 * HOUR_MS;
const FLUSHES = 3;

interface PartRow {
  readonly seq_from: number;
  readonly seq_to: number;
}

/** Sends events and has them stored as a flush of their own. */
export async function storeFlush(stage: Stage, tenant: SimTenant, sending: Sending = {}): Promise<void> {
  stage.send(tenant, { count: 25, ...sending });
  await stage.pass();
  await stage.store(tenant);
}

/**
 * Lets the hour pass and has the parts of its flushes merged: the sink merges when it stores a flush, and not before the shard
 * has said to an earlier one that it knows the others to be stored.
 */
export async function passHourAndMerge(stage: Stage, tenant: SimTenant): Promise<void> {
  await stage.passUntil(Math.ceil((stage.world.nowMs + 1) / HOUR_MS) * HOUR_MS + MINUTE_MS);
  for (let i = 0; i < 3; i++) await storeFlush(stage, tenant);
}

function partsOf(stage: Stage, { uid }: SimTenant): PartRow[] {
  return stage.world.database.select('SELECT * FROM parts WHERE uid = ? ORDER BY seq_from', [uid]) as PartRow[];
}

/** The parts that are of no single flush. */
export function mergedParts(stage: Stage, { uid }: SimTenant): PartRow[] {
  return stage.world.database.select(
    `SELECT p.* FROM parts p WHERE p.uid = ? AND NOT EXISTS (SELECT 1 FROM flushes f WHERE f.uid = p.uid
       AND f.incarnation = p.incarnation AND f.seq_from = p.seq_from AND f.seq_to = p.seq_to)`,
    [uid],
  ) as PartRow[];
}

function bringBack(stage: Stage, rows: readonly PartRow[]): void {
  for (const row of rows) {
    const names = Object.keys(row);
    const sql = `INSERT OR IGNORE INTO parts (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    stage.world.database.select(sql, Object.values(row));
  }
}

/** Asks as the oracle does, and must be answered from cells. */
async function askCells(stage: Stage, tenant: SimTenant): Promise<void> {
  await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
  const today = Math.floor(stage.world.nowMs / DAY_MS) * DAY_MS;
  const question = { measure: 'count', groupBy: ['event'], startMs: today - DAY_MS, endMs: today + DAY_MS } as const;
  const answering = ask(stage.world, tenant, question);
  await stage.pass();
  const { meta } = await answering;
  stage.must(meta.sources.rollups !== null, 'merged parts must answer what they hold');
}

/** A merge is under way when its cursor is lost, and another run merges the same parts. */
const mergedTwice: Scenario = {
  name: 'part-merged-twice',
  async run(stage) {
    const tenant = stage.tenant();
    for (let i = 0; i < FLUSHES; i++) await storeFlush(stage, tenant);
    const batches = stage.hold('before', /^d1 .*DELETE leases ?$/);
    await passHourAndMerge(stage, tenant);
    stage.must(batches.held.length > 0, 'a merge must be under way');
    batches.isOpen = true;
    stage.world.database.select("DELETE FROM leases WHERE name LIKE 'merge/%'", []);
    for (let i = 0; i < FLUSHES; i++) await storeFlush(stage, tenant);
    const merged = mergedParts(stage, tenant);
    stage.must(merged.length > 0, 'the other run must merge the parts');
    stage.world.network.open(batches);
    await stage.pass(MINUTE_MS);
    stage.must(mergedParts(stage, tenant).length === merged.length, 'the first run must leave the merged parts alone');
    await askCells(stage, tenant);
    await stage.rest();
  },
};

/** Flushes of different people are merged: the merged part has the people of all of them. */
const mergedPeople: Scenario = {
  name: 'merged-part-has-its-people',
  async run(stage) {
    const tenant = stage.tenant();
    for (let i = 0; i < FLUSHES; i++) await storeFlush(stage, tenant, { count: 2 });
    await passHourAndMerge(stage, tenant);
    stage.must(mergedParts(stage, tenant).length > 0, 'the parts must be merged');
    const startMs = Math.floor(stage.world.nowMs / DAY_MS) * DAY_MS;
    // The hour of the merged flushes alone: later ones have everybody.
    const question = { measure: 'users', startMs, endMs: Math.floor(stage.world.nowMs / HOUR_MS) * HOUR_MS } as const;
    const asked = [ask(stage.world, tenant, question), ask(stage.world, tenant, { ...question, fromLake: true })];
    await stage.pass();
    const [cells, lake] = await Promise.all(asked);
    const [people, known] = [cells!.series[0]?.total, lake!.series[0]?.total];
    stage.must(people === known, `the merged part has ${people} people, and its events ${known}`);
    await stage.rest();
  },
};

/** The parts of a merged flush come back, as by a redelivery after the flush's row was collected. */
const zombieFlush: Scenario = {
  name: 'zombie-flush-after-its-row',
  async run(stage) {
    const tenant = stage.tenant();
    for (let i = 0; i < FLUSHES; i++) await storeFlush(stage, tenant);
    const before = partsOf(stage, tenant);
    await passHourAndMerge(stage, tenant);
    const [merged] = mergedParts(stage, tenant);
    stage.must(merged !== undefined, 'the parts must be merged');
    const inside = before.filter(({ seq_from }) => seq_from > merged!.seq_from);
    bringBack(stage, inside);
    stage.must(
      partsOf(stage, tenant).some(({ seq_from }) => seq_from > merged!.seq_from),
      'a part must have come back',
    );
    await askCells(stage, tenant);
    await stage.rest();
  },
};

/** The parts of a flush come back after the seal of their day. */
const zombieBelowSeal: Scenario = {
  name: 'covered-part-comes-back',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    await storeFlush(stage, tenant);
    const before = partsOf(stage, tenant);
    stage.cron(SEALED_MS);
    await stage.passUntil(SEALED_MS);
    stage.must(before.length > 0 && partsOf(stage, tenant).length === 0, 'the seal must delete the parts');
    bringBack(stage, before);
    await askCells(stage, tenant);
    await stage.rest();
  },
};

/** A shard has answered a question before it learned that a flush is stored; then the flush is merged, and D1 is read. */
const mergeAhead: Scenario = {
  name: 'merge-ahead-of-confirm',
  async run(stage) {
    const tenant = stage.tenant();
    await storeFlush(stage, tenant);
    stage.send(tenant, { count: 25 });
    await stage.pass();
    const live = stage.hold('after', /^live shard/);
    const answer = stage.ask(tenant);
    await stage.passUntilHeld(live);
    live.isOpen = true;
    await stage.store(tenant);
    await storeFlush(stage, tenant);
    await passHourAndMerge(stage, tenant);
    stage.must(mergedParts(stage, tenant).length > 0, 'the parts must be merged');
    stage.world.network.open(live);
    await stage.pass(MINUTE_MS);
    await answer;
    await askCells(stage, tenant);
    await stage.rest();
  },
};

/** A bound of a question lies inside of a quarter of an hour whose minutes were merged. */
const mergedPartCut: Scenario = {
  name: 'merged-part-cut-by-a-bound',
  async run(stage) {
    const tenant = stage.tenant();
    const startMs = stage.world.nowMs;
    for (let i = 0; i < FLUSHES; i++) await storeFlush(stage, tenant);
    await passHourAndMerge(stage, tenant);
    stage.must(mergedParts(stage, tenant).length > 0, 'the parts must be merged');
    for (let minute = 1; minute <= 2; minute++) {
      await Promise.all([stage.ask(tenant, { startMs: startMs + minute * MINUTE_MS }), stage.pass()]);
      await Promise.all([stage.ask(tenant, { endMs: startMs + minute * MINUTE_MS }), stage.pass()]);
    }
    await stage.rest();
  },
};

/** Begins the seal of yesterday and holds it at a call; returns how to let it go on. */
async function holdSeal(stage: Stage, tenant: SimTenant, site: RegExp): Promise<() => Promise<void>> {
  const { world } = stage;
  const sealer = world.isolates[0]!;
  const hold = stage.hold('before', site, ({ caller }) => caller === sealer);
  const day = MIDNIGHT_MS / DAY_MS - 1;
  const message = { body: { uid: tenant.uid, day, cause: 'command' }, attempts: 1, ack: () => {}, retry: () => {} };
  const seal = sealer.run((on) => on.consume({ queue: 'tidemark-seal', messages: [message] })).catch(() => {});
  await world.scheduler.runUntil(world.nowMs + MINUTE_MS, () => hold.held.length > 0);
  stage.must(hold.held.length > 0, 'the seal must reach the place where it is held');
  hold.isOpen = true;
  return async () => {
    world.network.open(hold);
    await stage.pass(3 * MINUTE_MS);
    await seal;
  };
}

/** Flushes with rows of yesterday are stored before and after a seal has read its vector, and age while it is held. */
function mergeMeetsPlan(name: string, site: RegExp): Scenario {
  return {
    name,
    startMs: MIDNIGHT_MS - HOUR_MS,
    async run(stage) {
      const tenant = stage.tenant();
      const late = { ageMs: 4 * HOUR_MS };
      await storeFlush(stage, tenant);
      await stage.passUntil(MIDNIGHT_MS + 2 * HOUR_MS + MINUTE_MS);
      await storeFlush(stage, tenant, late);
      const goOn = await holdSeal(stage, tenant, site);
      await storeFlush(stage, tenant, late);
      await passHourAndMerge(stage, tenant);
      await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
      await goOn();
      await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
      const astride = stage.world.database.select(
        `SELECT 1 FROM parts p JOIN sealed_days d ON d.uid = p.uid AND d.day BETWEEN p.day_min AND p.day_max
         JOIN json_each(d.vector) v ON v.key = p.incarnation WHERE p.seq_from < v.value AND p.seq_to > v.value`,
        [],
      );
      stage.must(astride.length === 0, 'no part may lie astride the vector of a seal of its day');
      await stage.rest();
    },
  };
}

export const mergeScenarios: readonly Scenario[] = [
  mergedTwice,
  mergedPeople,
  zombieFlush,
  zombieBelowSeal,
  mergeAhead,
  mergedPartCut,
  mergeMeetsPlan('merge-meets-plan, before the plan', /^d1 .*SELECT parts/),
  mergeMeetsPlan('merge-meets-plan, after the plan', /^d1 .*DELETE leases/),
];
