// Scenarios of collection: what a seal covers goes beside questions, exports, seals, imports and redeliveries.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SimTenant } from '../clients.ts';
import type { Scenario, Stage } from './stage.ts';

const MIDNIGHT_MS = Date.UTC(2026, 2, 11);
const YESTERDAY = MIDNIGHT_MS / DAY_MS - 1;
const SEALED_MS = MIDNIGHT_MS + 2 * HOUR_MS + 10 * MINUTE_MS;
const COLLECTED_MS = SEALED_MS + 20 * MINUTE_MS;

function askBoth(stage: Stage, tenant: SimTenant): Promise<unknown> {
  return Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
}

async function storeDay(stage: Stage): Promise<SimTenant> {
  const tenant = stage.tenant();
  for (let flush = 0; flush < 3; flush++) {
    stage.send(tenant, { count: 20 });
    await stage.pass();
    await stage.store(tenant);
  }
  return tenant;
}

function flushRows(stage: Stage): unknown[] {
  return stage.world.database.select("SELECT path FROM segments WHERE source = 'flush'", []);
}

/** Readers that know the files of flushes go on reading them while a seal covers the files and they are collected. */
const collectedInMidScan: Scenario = {
  name: 'collected-in-mid-scan',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await storeDay(stage);
    const reads = stage.hold('before', /^r2 get .*\/l0\//);
    const question = stage.ask(tenant, { fromLake: true });
    const exported = stage.export(tenant);
    await stage.passUntilHeld(reads);
    // Whichever came first, both wait.
    await stage.pass();
    stage.must(reads.held.length >= 2, `both readers wait, not ${reads.held.length}`);
    reads.isOpen = true;
    stage.cron(COLLECTED_MS + 3 * HOUR_MS);
    await stage.passUntil(COLLECTED_MS);
    stage.must(
      flushRows(stage).length === 0,
      'the rows of the flushes are collected while readers wait for their files',
    );
    await askBoth(stage, tenant);
    await stage.pass(20 * MINUTE_MS);
    stage.world.network.open(reads);
    await Promise.all([question, stage.pass()]);
    const failure = await exported;
    stage.must(failure === null, `an export reads on, not ${failure instanceof Error ? failure.stack : failure}`);
    await stage.passUntil(COLLECTED_MS + 3 * HOUR_MS);
    const files = stage.world.bucket.keys().filter((key) => key.includes('/l0/'));
    stage.must(files.length === 0, `the files of the flushes go, not ${files}`);
    await askBoth(stage, tenant);
    await stage.rest();
  },
};

/** The batches of a collection: days are taken, grounds move, files and flushes go, days are settled. */
const COLLECTION_STEPS = [
  /^d1 .*UPDATE collections/,
  /^d1 3: DELETE segments/,
  /^d1 .*DELETE flushes/,
  /^d1 .*DELETE collections/,
];

/** The cron dies before and after each batch of a collection, beside late events and another seal of the day. */
const collectionDies: Scenario = {
  name: 'collection-dies',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await storeDay(stage);
    for (const phase of ['before', 'after'] as const) {
      for (const site of COLLECTION_STEPS) {
        stage.cron(stage.world.nowMs + 4 * HOUR_MS);
        stage.send(tenant, { count: 5, ageMs: stage.world.nowMs - MIDNIGHT_MS + HOUR_MS });
        await stage.pass();
        await stage.store(tenant);
        const hold = stage.hold(phase, site);
        await stage.world.scheduler.runUntil(stage.world.nowMs + 4 * HOUR_MS, () => hold.held.length > 0);
        stage.must(hold.held.length > 0, `a collection must reach ${phase} ${site.source}`);
        for (const isolate of [...stage.world.isolates]) stage.world.killIsolate(isolate);
        hold.held.length = 0;
        hold.isOpen = true;
        await askBoth(stage, tenant);
      }
    }
    await stage.rest();
  },
};

/** An import comes to a day of which everything was collected, and is taken back beside the next seal. */
const undoUponGround: Scenario = {
  name: 'undo-upon-a-ground',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await storeDay(stage);
    stage.cron(COLLECTED_MS + 10 * HOUR_MS);
    await stage.passUntil(COLLECTED_MS);
    stage.must(flushRows(stage).length === 0, 'the flushes are collected');
    stage.startImport(tenant, 'late', 15, {
      acts: ['send', 'undo', 'replace', 'undo', 'replace'],
      pauseMaxMs: 90 * MINUTE_MS,
      rowsAgeMs: DAY_MS,
    });
    for (let step = 0; step < 10; step++) {
      stage.send(tenant, { count: 3, ageMs: stage.world.nowMs - MIDNIGHT_MS + HOUR_MS });
      await stage.pass(40 * MINUTE_MS);
      await askBoth(stage, tenant);
    }
    await stage.rest();
  },
};

/** A flush reaches D1 a second time when its row and its file were collected. */
const zombieFlush: Scenario = {
  name: 'zombie-flush-collected',
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
    stage.cron(COLLECTED_MS);
    await stage.passUntil(COLLECTED_MS);
    const rows = stage.world.database.select('SELECT seq_from FROM flushes', []);
    stage.must(rows.length === 0, 'the row of the flush is collected');
    stage.world.network.open(d1);
    await stage.pass(MINUTE_MS);
    await askBoth(stage, tenant);
    await stage.rest();
  },
};

/** A seal is held at a step while another one overtakes it and what it read is collected. */
function overtaken(site: RegExp): Scenario {
  return {
    name: `collected-beside-a-seal, ${site.source}`,
    startMs: MIDNIGHT_MS - HOUR_MS,
    async run(stage) {
      const tenant = await storeDay(stage);
      await stage.passUntil(MIDNIGHT_MS + 2 * HOUR_MS);
      const sealer = stage.world.isolates[0]!;
      const hold = stage.hold('before', site, ({ caller }) => caller === sealer);
      const message = {
        body: { uid: tenant.uid, day: YESTERDAY, cause: 'command' },
        attempts: 1,
        ack: () => {},
        retry: () => {},
      };
      const sealed = sealer.run((on) => on.consume({ queue: 'tidemark-seal', messages: [message] })).catch(() => {});
      await stage.world.scheduler.runUntil(stage.world.nowMs + MINUTE_MS, () => hold.held.length > 0);
      stage.must(hold.held.length > 0, 'the seal reaches the place where it is held');
      hold.isOpen = true;
      stage.cron(COLLECTED_MS);
      await stage.passUntil(COLLECTED_MS);
      await askBoth(stage, tenant);
      stage.world.network.open(hold);
      await stage.pass(3 * MINUTE_MS);
      await sealed;
      await askBoth(stage, tenant);
      await stage.rest();
    },
  };
}

export const collectionScenarios: readonly Scenario[] = [
  collectedInMidScan,
  collectionDies,
  undoUponGround,
  zombieFlush,
  overtaken(/^d1 .*SELECT parts/),
  overtaken(/^r2 put .*date=/),
  overtaken(/^d1 .*DELETE leases/),
];
