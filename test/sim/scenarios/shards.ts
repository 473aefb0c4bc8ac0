// Scenarios of one shard: commits, resets, full logs and lost alarms.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SimTenant } from '../clients.ts';
import { ask } from '../questions.ts';
import { NOON_MS, type Scenario, type Stage } from './stage.ts';

/** A retry arrives while the original waits for its commit, and the commit never comes. */
const dupRidesOnPendingCommit: Scenario = {
  name: 'dup-rides-on-pending-commit',
  async run(stage) {
    const tenant = stage.tenant();
    stage.send(tenant);
    await stage.pass();
    stage.world.commitLatencyMs = () => 4_000;
    const first = stage.send(tenant);
    await stage.pass(500);
    const again = stage.send(tenant, { again: first.events });
    await stage.pass(500);
    stage.must(stage.acked(tenant) === 10, 'neither the original nor its copy may be answered before the commit');
    stage.shard(tenant).reset('reset');
    stage.world.commitLatencyMs = null;
    await stage.pass(30_000);
    await Promise.all([first.answered, again.answered]);
    await Promise.all([stage.ask(tenant), stage.pass()]);
    await stage.rest();
  },
};

/** Each kind of write fails, once at its first and once at its second occurrence. */
const throwAfterDedupe: Scenario = {
  name: 'throw-after-dedupe',
  async run(stage) {
    const tenant = stage.tenant();
    const kinds = [
      /INTO log/,
      /INTO outbox/,
      /INTO dedupe_run|UPDATE dedupe_run|INTO ids/,
      /UPDATE meta SET stored_seq/,
      /DELETE FROM outbox/,
      /watermark_ms = \?$/,
    ];
    for (const kind of kinds) {
      for (const nth of [1, 2]) {
        let left = nth;
        stage.world.failsWrite = (_, sql) => kind.test(sql) && --left === 0;
        const { answered } = stage.send(tenant);
        await stage.pass(20_000);
        await stage.store(tenant);
        await stage.pass(2 * MINUTE_MS);
        await answered;
        await Promise.all([stage.ask(tenant), stage.pass()]);
        await stage.pass(2 * MINUTE_MS);
      }
    }
    stage.world.failsWrite = null;
    await stage.rest();
  },
};

/**
 * The sinks are dead until the log is full. The shard refuses requests, restarts with a full log, and recovers by
 * itself.
 */
const oldCheckpointFullLog: Scenario = {
  name: 'old-checkpoint-full-log',
  async run(stage) {
    const tenant = stage.tenant();
    const sink = stage.hold('before', /^r2 put/);
    const flood: Promise<void>[] = [];
    for (let i = 0; i < 60; i++) {
      flood.push(stage.send(tenant, { count: 30, ageMs: i * 1_000 }).answered);
      await stage.pass(2_000);
    }
    stage.must((stage.world.reached.get('append-overloaded') ?? 0) > 0, 'a shard with a full log must refuse requests');
    stage.shard(tenant).reset('reset');
    await Promise.all([stage.ask(tenant), stage.pass()]);
    stage.world.network.open(sink);
    await stage.pass(HOUR_MS);
    await Promise.all(flood);
    await Promise.all([stage.ask(tenant), stage.pass()]);
    await stage.rest();
  },
};

/** All alarms and messages are lost and no further event arrives: the cron alone must get every row stored. */
const silentForever: Scenario = {
  name: 'silent-forever',
  async run(stage) {
    const tenant = stage.tenant({ shardCount: 2 });
    stage.send(tenant, { count: 30 });
    await stage.pass();
    const queue = stage.hold('before', /^queue tidemark-flush/);
    await stage.store(tenant);
    queue.isOpen = true;
    for (const { release } of queue.held.splice(0)) release(new Error('the queue did not answer'));
    stage.send(tenant, { count: 3 });
    await stage.pass();
    for (const object of stage.world.objects.values()) object.loseAlarm();
    stage.world.flushQueue.wipe();
    stage.cron(NOON_MS + HOUR_MS);
    await stage.passUntil(NOON_MS + HOUR_MS);
    const held = stage.world.objects.get('shard t1/weur/0')!.storage.handle(() => true).sql;
    const { n } = held.exec('SELECT COUNT(*) AS n FROM log, meta WHERE log.seq >= meta.stored_seq').one() as {
      n: number;
    };
    stage.must(n === 0, `all rows must be stored after an hour; ${n} are not`);
    await stage.rest();
  },
};

/** A drained shard rests, and is listed in the directory again before its next acknowledgement. */
const sleepsAndWakes: Scenario = {
  name: 'rests-and-wakes',
  async run(stage) {
    const tenant = stage.tenant();
    stage.send(tenant);
    await stage.pass();
    stage.cron(NOON_MS + 4 * HOUR_MS);
    await stage.passUntil(NOON_MS + 4 * HOUR_MS);
    const list = stage.hold('before', /^fetch directory .* from shard/);
    const { answered } = stage.send(tenant);
    await stage.passUntilHeld(list);
    stage.must(stage.acked(tenant) === 10, 'a shard that the directory notes as resting must acknowledge nothing');
    stage.world.network.open(list);
    await stage.pass();
    await answered;
    await Promise.all([stage.ask(tenant), stage.pass()]);
    await stage.rest();
  },
};

/**
 * A resting shard is not asked: the directory answers for it. What was told as its watermark holds for the events that it takes
 * when it wakes.
 */
const sleepsThroughQuestions: Scenario = {
  name: 'rests-through-questions',
  async run(stage) {
    const tenant = stage.tenant({ regions: ['weur', 'enam'] });
    for (const region of tenant.regions) stage.send(tenant, { region });
    await stage.pass();
    const untilMs = NOON_MS + 4 * HOUR_MS;
    stage.cron(untilMs);
    await stage.passUntil(untilMs);
    const calls = stage.hold('before', /^(live|readTail) shard/);
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    stage.must(calls.held.length === 0, 'shards that rest must not be asked');
    stage.world.network.open(calls);
    const toldMs = await asOfMs(stage, tenant);
    stage.must(
      toldMs >= untilMs - HOUR_MS,
      `the answer must be as of now, not as of ${new Date(toldMs).toISOString()}`,
    );
    stage.send(tenant, { ageMs: 30 * MINUTE_MS });
    await stage.pass();
    await Promise.all([stage.ask(tenant), stage.pass()]);
    stage.must(
      (await asOfMs(stage, tenant)) >= toldMs,
      'what an answer was told to be complete up to must not go back',
    );
    await stage.rest();
  },
};

/** What an answer says that it is complete up to. */
async function asOfMs(stage: Stage, tenant: SimTenant): Promise<number> {
  const today = Math.floor(stage.world.nowMs / DAY_MS) * DAY_MS;
  const answering = ask(stage.world, tenant, { measure: 'count', startMs: today, endMs: today + DAY_MS });
  await stage.pass();
  return Date.parse((await answering).meta.asOf);
}

/**
 * Two instances of a shard share one storage, and both receive requests. The older one knows ids whose rows never
 * became durable, and does not know the ids that the younger one accepted. It may answer from rows that were stored
 * before, and must acknowledge nothing else.
 */
const twoRuntimes: Scenario = {
  name: 'two-runtimes-one-state',
  async run(stage) {
    const tenant = stage.tenant();
    stage.send(tenant);
    await stage.pass();
    stage.world.commitLatencyMs = () => 4_000;
    const pending = stage.send(tenant);
    await stage.pass(500);
    const shard = stage.shard(tenant);
    shard.reset('superseded');
    stage.world.commitLatencyMs = null;
    let rerouted = 0;
    shard.routesToSuperseded = (method) => method === 'append' && ++rerouted > 0;
    const again = stage.send(tenant, { again: pending.events });
    const fresh = stage.send(tenant);
    await stage.pass(MINUTE_MS);
    stage.must(rerouted >= 3, 'requests must reach the older instance');
    stage.must(stage.acked(tenant) === 10, 'the older instance must acknowledge nothing that is not stored');
    let turn = 0;
    shard.routesToSuperseded = (method) => method === 'append' && ++turn % 2 === 1;
    await stage.pass(HOUR_MS);
    await Promise.all([pending.answered, again.answered, fresh.answered]);
    const copies = stage.send(tenant, { again: [...pending.events, ...fresh.events] });
    await stage.pass(HOUR_MS);
    await copies.answered;
    await stage.store(tenant);
    shard.routesToSuperseded = null;
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

/**
 * A shard is sent more ids than it may remember. It takes all of them, forgets the oldest, and a copy of a forgotten event is
 * pending until its day is sealed; a restart changes nothing of it.
 */
function dedupeFull(restarts: boolean): Scenario {
  return {
    name: `dedupe-full, ${restarts ? 'with restarts' : 'without a restart'}`,
    async run(stage) {
      const tenant = stage.tenant();
      const first = stage.send(tenant, { count: 30 });
      await stage.pass(2 * HOUR_MS);
      for (let request = 0; request < 52; request++) {
        const { answered } = stage.send(tenant, { count: 60 });
        await stage.pass(2 * MINUTE_MS);
        await answered;
        if (request % 2 === 1) await stage.store(tenant);
        if (restarts && request % 10 === 9) stage.shard(tenant).reset('reset');
      }
      await stage.pass(2 * HOUR_MS);
      const acked = stage.acked(tenant);
      const again = stage.send(tenant, { again: first.events });
      const late = stage.send(tenant, { count: 5, ageMs: 5 * HOUR_MS });
      const now = stage.send(tenant, { count: 5 });
      await stage.pass(MINUTE_MS);
      await Promise.all([again.answered, late.answered, now.answered]);
      stage.must(stage.acked(tenant) === acked + 10, 'a full memory of ids refuses nothing');
      await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
      await stage.store(tenant);
      await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
      if (restarts) stage.shard(tenant).reset('reset');
      stage.send(tenant, { again: [...again.events, ...late.events, ...now.events] });
      await stage.pass(MINUTE_MS);
      await Promise.all([stage.ask(tenant), stage.pass()]);
      await stage.rest();
    },
  };
}

export const shardScenarios: readonly Scenario[] = [
  dupRidesOnPendingCommit,
  throwAfterDedupe,
  oldCheckpointFullLog,
  silentForever,
  sleepsAndWakes,
  sleepsThroughQuestions,
  twoRuntimes,
  dedupeFull(false),
  dedupeFull(true),
];
