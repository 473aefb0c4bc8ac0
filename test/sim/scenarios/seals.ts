// Scenarios of stored data: seals, redeliveries, imports, two releases.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SimTenant } from '../clients.ts';
import { select } from '../oracle.ts';
import type { Isolate } from '../world/isolate.ts';
import type { Scenario, Stage } from './stage.ts';

const MIDNIGHT_MS = Date.UTC(2026, 2, 11);
const SEALED_MS = MIDNIGHT_MS + 3 * HOUR_MS;
/** Within it a held flip ends, and no seal that it asks for begins. */
const FLIP_MS = 100;
/** The day that ends at midnight, as days since the epoch. */
const DAY_BEFORE = MIDNIGHT_MS / DAY_MS - 1;

/** The calls at which a scenario can hold a seal up. */
const SEAL_STEPS: readonly { readonly phase: 'before' | 'after'; readonly site: RegExp }[] = [
  { phase: 'before', site: /^cut shard/ },
  { phase: 'after', site: /^cut shard/ },
  { phase: 'before', site: /^d1 .*SELECT segments/ },
  { phase: 'before', site: /^d1 .*SELECT parts/ },
  { phase: 'after', site: /^d1 .*SELECT parts/ },
  { phase: 'before', site: /^r2 put .*date=/ },
  { phase: 'after', site: /^r2 put .*date=/ },
  { phase: 'before', site: /^d1 .*DELETE leases/ },
  { phase: 'after', site: /^d1 .*DELETE leases/ },
];

/**
 * A correction, its flush and an import arrive at each step of a seal. Then the seal goes on, or its isolate dies and
 * another resumes it, or another seal of the day overtakes it.
 */
function lateDuringSeal(fate: 'goes on' | 'dies' | 'is overtaken'): Scenario {
  return {
    name: `late-during-seal, which ${fate}`,
    startMs: MIDNIGHT_MS - HOUR_MS,
    async run(stage) {
      const tenant = stage.tenant();
      stage.send(tenant, { count: 60 });
      await stage.pass();
      await stage.store(tenant);
      await stage.passUntil(MIDNIGHT_MS + 2 * HOUR_MS);
      for (const [number, { phase, site }] of SEAL_STEPS.entries()) {
        await interruptSeal(stage, number, phase, site, fate);
      }
      await stage.rest();
    },
  };
}

async function interruptSeal(
  stage: Stage,
  number: number,
  phase: 'before' | 'after',
  site: RegExp,
  fate: string,
): Promise<void> {
  const { world } = stage;
  const tenant = stage.tenants[0]!;
  const sealer = world.isolates[0]!;
  const hold = stage.hold(phase, site, ({ caller }) => caller === sealer);
  stage.send(tenant, { count: 5, ageMs: 4 * HOUR_MS });
  await stage.pass();
  const sealed = seal(tenant, DAY_BEFORE, sealer);
  await world.scheduler.runUntil(world.nowMs + MINUTE_MS, () => hold.held.length > 0);
  if (hold.held.length === 0) world.reach(`seal passed step ${number}`);
  hold.isOpen = true;
  stage.send(tenant, { count: 5, ageMs: 4 * HOUR_MS });
  stage.startImport(tenant, `late-${number}`, 3);
  await stage.pass();
  await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
  await stage.store(tenant);
  if (fate === 'dies') world.killIsolate(sealer);
  if (fate === 'is overtaken') {
    await stage.pass(2 * MINUTE_MS);
    void seal(tenant, DAY_BEFORE, world.isolates[1]!);
    await stage.pass(MINUTE_MS);
  }
  await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
  world.network.open(hold);
  await stage.pass(3 * MINUTE_MS);
  if (fate === 'goes on') await sealed;
  await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
}

/** Has an isolate seal a day of the tenant. A failure is the scenario's to expect. */
function seal({ uid }: SimTenant, day: number, isolate: Isolate): Promise<unknown> {
  const message = { body: { uid, day, cause: 'command' }, attempts: 1, ack: () => {}, retry: () => {} };
  return isolate.run((on) => on.consume({ queue: 'tidemark-seal', messages: [message] })).catch(() => {});
}

/**
 * Two days are sealed to the same position. One of them is sealed again, and before its flip the next flush arrives, with late
 * events of both: its part goes on counting.
 */
const partRightAfterSeals: Scenario = {
  name: 'part-right-after-seals',
  startMs: MIDNIGHT_MS + HOUR_MS,
  async run(stage) {
    const { world } = stage;
    const tenant = stage.tenant();
    const sendBoth = async () => {
      for (const ageMs of [0, 2 * HOUR_MS]) stage.send(tenant, { count: 20, ageMs });
      await stage.pass();
    };
    await sendBoth();
    await stage.store(tenant);
    for (const day of [DAY_BEFORE, DAY_BEFORE + 1]) void seal(tenant, day, world.isolates[0]!);
    await stage.pass(MINUTE_MS);
    const flip = stage.hold('before', /^d1 .*DELETE leases t/);
    // Its end asks for seals, and it leaves the shard where it is.
    stage.startImport(tenant, 'history', 3);
    await stage.passUntilHeld(flip);
    flip.isOpen = true;
    await stage.pass(MINUTE_MS);
    await sendBoth();
    await stage.store(tenant);
    const parts = () => world.database.select('SELECT DISTINCT day_min FROM parts WHERE uid = ?', [tenant.uid]);
    stage.must(parts().length === 2, 'the flush must have parts of both days');
    world.network.open(flip);
    // The day is dirty, and a seal that covers the flush follows within seconds.
    await stage.pass(FLIP_MS);
    stage.must(parts().length === 2, 'a part that no seal covers must stay');
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

/** Every message is delivered again, after the seal and after slots of the log were reused. */
const zombieMessage: Scenario = {
  name: 'zombie-message',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    for (let i = 0; i < 6; i++) {
      stage.send(tenant, { count: 25 });
      await stage.pass();
      await stage.store(tenant);
    }
    stage.cron(SEALED_MS);
    await stage.passUntil(SEALED_MS);
    stage.world.flushQueue.redeliverAll();
    stage.world.sealQueue.redeliverAll();
    stage.send(tenant, { count: 25 });
    await stage.pass(MINUTE_MS);
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

/** A flush reaches D1 twice, the second time after its day was sealed and its parts were deleted. */
const lateBatch: Scenario = {
  name: 'flush-stored-again-after-seal',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    const d1 = stage.hold('before', /^d1 .*INSERT flushes/);
    stage.send(tenant, { count: 25 });
    await stage.pass();
    const stored = stage.store(tenant);
    await stage.passUntilHeld(d1);
    d1.isOpen = true;
    await stored;
    for (const isolate of [...stage.world.isolates]) stage.world.killIsolate(isolate);
    stage.cron(SEALED_MS);
    await stage.passUntil(SEALED_MS);
    stage.world.network.open(d1);
    await stage.pass(MINUTE_MS);
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

/** An import repeats live, stored and sealed events; they are counted once from the seal on. */
const importOverLive: Scenario = {
  name: 'import-over-live',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    stage.send(tenant, { count: 25 });
    await stage.pass();
    stage.startImport(tenant, 'first', 10);
    await stage.pass(MINUTE_MS);
    await stage.store(tenant);
    stage.startImport(tenant, 'second', 10);
    await stage.pass(MINUTE_MS);
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    stage.cron(SEALED_MS);
    await stage.passUntil(SEALED_MS);
    stage.startImport(tenant, 'third', 10);
    await stage.pass(10 * MINUTE_MS);
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

/** The writer of an object dies after the put, and another release with another encoder resumes the work. */
const encoderUpgrade: Scenario = {
  name: 'encoder-upgrade-mid-put',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    for (const [site, step] of [
      [/^r2 put .*\/l0\//, () => stage.store(tenant)],
      [/^r2 put .*date=/, () => stage.passUntil(SEALED_MS)],
    ] as const) {
      stage.world.useRelease(0);
      stage.send(tenant, { count: 25 });
      await stage.pass();
      if (site.source.includes('date=')) stage.cron(SEALED_MS);
      const put = stage.hold('after', site);
      const begun = step();
      await begun;
      stage.must(put.held.length > 0, `a call must reach ${site}`);
      put.held.length = 0;
      put.isOpen = true;
      stage.world.useRelease(1);
      await stage.pass(10 * MINUTE_MS);
    }
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

/** The calls at which a task of a big seal dies; its call takes effect much later, when others have done the task. */
const TASK_STEPS: readonly { readonly phase: 'before' | 'after'; readonly site: RegExp }[] = [
  { phase: 'after', site: /^r2 get .*\/l0\// },
  { phase: 'before', site: /^r2 put .*\/spread-0/ },
  { phase: 'after', site: /^r2 put .*\/spread-1/ },
  { phase: 'after', site: /^r2 get .*\/spread-0/ },
  { phase: 'before', site: /^r2 put .*\/dropped-0/ },
  { phase: 'after', site: /^r2 put .*\/dropped-1/ },
  { phase: 'before', site: /^r2 put .*date=/ },
  { phase: 'after', site: /^r2 put .*\/cells-/ },
  { phase: 'after', site: /^r2 put .*\/hours\// },
];

/** A day of several ranges, with copies of an import, is sealed by tasks, and dies at each of their steps. */
const bigDayInTasks: Scenario = {
  name: 'big-day-in-tasks',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    for (let i = 0; i < 14; i++) {
      stage.send(tenant, { count: 50 });
      await stage.pass();
    }
    await stage.store(tenant);
    stage.cron(SEALED_MS + 12 * HOUR_MS);
    const holds = TASK_STEPS.map(({ phase, site }) => stage.hold(phase, site));
    // Its end asks for a seal.
    stage.startImport(tenant, 'again', 15);
    for (const hold of holds) {
      await stage.passUntilHeld(hold);
      hold.isOpen = true;
      for (const isolate of [...stage.world.isolates]) stage.world.killIsolate(isolate);
      await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    }
    await stage.pass(10 * MINUTE_MS);
    for (const hold of holds) stage.world.network.open(hold);
    await stage.pass(10 * MINUTE_MS);
    const files = select(stage.world, "SELECT path FROM segments WHERE source = 'seal'");
    stage.must(files.length > 1, 'the day must have several ranges');
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

export const sealScenarios: readonly Scenario[] = [
  lateDuringSeal('goes on'),
  lateDuringSeal('dies'),
  lateDuringSeal('is overtaken'),
  partRightAfterSeals,
  zombieMessage,
  lateBatch,
  importOverLive,
  encoderUpgrade,
  bigDayInTasks,
];
