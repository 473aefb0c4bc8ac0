// Scenarios of the versions of imports: finishes and undos beside seals, questions and exports.

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SimTenant } from '../clients.ts';
import type { Scenario, Stage } from './stage.ts';

const MIDNIGHT_MS = Date.UTC(2026, 2, 11);
const DAY = Math.floor(MIDNIGHT_MS / DAY_MS) - 1;
/** The batches of a finish and of an undo, which also draws its version. */
const FINISH = /^d1 13: UPDATE import_versions/;
const UNDO = /^d1 14: UPDATE import_versions/;
/** The steps of a seal beside which an import is finished or taken back. */
const SEAL_STEPS: readonly { readonly phase: 'before' | 'after'; readonly site: RegExp }[] = [
  { phase: 'after', site: /^cut shard/ },
  { phase: 'before', site: /^d1 .*SELECT parts/ },
  { phase: 'after', site: /^d1 .*SELECT parts/ },
  { phase: 'before', site: /^r2 put .*date=/ },
  { phase: 'before', site: /^d1 .*DELETE leases/ },
  { phase: 'after', site: /^d1 .*DELETE leases/ },
];

function ask(stage: Stage, tenant: SimTenant): Promise<unknown> {
  return Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
}

function seal(stage: Stage, isolate = stage.world.isolates[0]!): Promise<void> {
  const { uid } = stage.tenants[0]!;
  const message = { body: { uid, day: DAY, cause: 'command' }, attempts: 1, ack: () => {}, retry: () => {} };
  return isolate.run((on) => on.consume({ queue: 'tidemark-seal', messages: [message] })).catch(() => {});
}

async function liveDay(stage: Stage): Promise<SimTenant> {
  const tenant = stage.tenant();
  stage.send(tenant, { count: 30 });
  await stage.pass();
  await stage.store(tenant);
  return tenant;
}

/** A day is sealed after the chunks of a version came and before its finish: the seal must not cover what nobody reads. */
const sealBetween: Scenario = {
  name: 'seal-between-chunks-and-finish',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await liveDay(stage);
    const finish = stage.hold('before', FINISH);
    stage.startImport(tenant, 'between', 5);
    await stage.passUntilHeld(finish);
    await stage.passUntil(MIDNIGHT_MS + 2 * HOUR_MS);
    const sealed = seal(stage);
    await stage.pass(MINUTE_MS);
    await sealed;
    await ask(stage, tenant);
    stage.world.network.open(finish);
    await stage.pass(MINUTE_MS);
    await ask(stage, tenant);
    await stage.rest();
  },
};

/** An import is taken back beside each step of a seal that holds it; the seal goes on, or dies and is resumed. */
function undoBeside(fate: 'goes on' | 'dies'): Scenario {
  return {
    name: `${fate === 'dies' ? 'void-plan' : 'undo-beside-a-seal'}, which ${fate}`,
    startMs: MIDNIGHT_MS - HOUR_MS,
    async run(stage) {
      const tenant = await liveDay(stage);
      for (const [number, { phase, site }] of SEAL_STEPS.entries()) {
        const sealer = stage.world.isolates[0]!;
        stage.startImport(tenant, `undone-${number}`, 5, {
          acts: ['send', 'undo'],
          pauseMaxMs: 1,
          rowsAgeMs: DAY_MS,
          asks: false,
        });
        const undo = stage.hold('before', UNDO);
        await stage.passUntilHeld(undo);
        const hold = stage.hold(phase, site, ({ caller }) => caller === sealer);
        const sealed = seal(stage, sealer);
        await stage.world.scheduler.runUntil(stage.world.nowMs + MINUTE_MS, () => hold.held.length > 0);
        hold.isOpen = true;
        stage.world.network.open(undo);
        await stage.pass(MINUTE_MS);
        await ask(stage, tenant);
        if (fate === 'dies') stage.world.killIsolate(sealer);
        stage.world.network.open(hold);
        await stage.pass(MINUTE_MS);
        if (fate === 'goes on') await sealed;
        await ask(stage, tenant);
      }
      await stage.rest();
    },
  };
}

/** Two imports have rows in common; one is taken back, before and after the seal, and the common rows stay. */
const undoOfOne: Scenario = {
  name: 'undo-of-one-of-two-imports',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    stage.startImport(tenant, 'kept', 0, { acts: ['send'] });
    await stage.pass(MINUTE_MS);
    stage.startImport(tenant, 'undone', 15, { acts: ['send', 'undo'], pauseMaxMs: 1 });
    await stage.pass(MINUTE_MS);
    await ask(stage, tenant);
    stage.cron(MIDNIGHT_MS + 3 * HOUR_MS);
    await stage.passUntil(MIDNIGHT_MS + 3 * HOUR_MS);
    stage.startImport(tenant, 'late', 15, { acts: ['send', 'undo', 'replace', 'undo'], pauseMaxMs: HOUR_MS });
    await stage.pass(4 * HOUR_MS);
    await ask(stage, tenant);
    await stage.rest();
  },
};

/** The finish of a version comes after the import was taken back: it is refused, and nothing of it counts. */
const finishAfterUndo: Scenario = {
  name: 'finish-of-v2-after-undo',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await liveDay(stage);
    const sent = stage.startImport(tenant, 'late', 5, { acts: ['send', 'abandon', 'undo'], pauseMaxMs: 1 });
    await stage.pass(5 * MINUTE_MS);
    stage.must(sent.isDone, 'the import is taken back');
    await ask(stage, tenant);
    const [refused] = await Promise.all([sent.finish(2), stage.pass()]);
    stage.must(refused.includes('import-superseded'), `the finish of version 2 is refused, not answered ${refused}`);
    await ask(stage, tenant);
    await stage.rest();
  },
};

/** An import is taken back while an export is read: the file would have some of its days, so it gets no receipt. */
const exportSpansFlip: Scenario = {
  name: 'export-spans-a-flip',
  startMs: MIDNIGHT_MS - HOUR_MS,
  async run(stage) {
    const tenant = await liveDay(stage);
    for (let age = 1; age <= 12; age++) stage.startImport(tenant, `day-${age}`, 0, { rowsAgeMs: age * DAY_MS });
    await stage.pass(MINUTE_MS);
    const whole = stage.export(tenant);
    await stage.pass(MINUTE_MS);
    stage.must((await whole) === null, `an export beside nothing ends: ${await whole}`);
    // Other isolates have no file in memory.
    for (const isolate of [...stage.world.isolates]) stage.world.killIsolate(isolate);
    const read = stage.hold('before', /^r2 get .*date=/);
    const broken = stage.export(tenant);
    await stage.passUntilHeld(read);
    const undone = stage.startImport(tenant, 'flip', 0, {
      acts: ['send', 'undo'],
      pauseMaxMs: 1,
      rowsAgeMs: DAY_MS,
      asks: false,
    });
    await stage.world.scheduler.runUntil(stage.world.nowMs + MINUTE_MS, () => undone.isDone);
    stage.must(undone.isDone, 'the import is taken back');
    stage.world.network.open(read);
    await stage.pass(MINUTE_MS);
    stage.must(/import/.test(`${await broken}`), `the export ends without a receipt, not with ${await broken}`);
    await stage.rest();
  },
};

export const importScenarios: readonly Scenario[] = [
  sealBetween,
  undoBeside('goes on'),
  undoBeside('dies'),
  undoOfOne,
  finishAfterUndo,
  exportSpansFlip,
];
