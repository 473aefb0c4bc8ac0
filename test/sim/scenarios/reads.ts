// Scenarios of reading: the sources of an answer change while they are read.

import { HOUR_MS } from '../../../src/core/limits.ts';
import { ask } from '../questions.ts';
import { NetworkError } from '../world/network.ts';
import { NOON_MS, type Scenario, type Stage } from './stage.ts';

/** Between the shards' replies and the reading of D1, every event is stored and confirmed, and new events arrive. */
const closeBetweenReads: Scenario = {
  name: 'close-between-reads',
  async run(stage) {
    const tenant = stage.tenant();
    stage.send(tenant);
    await stage.pass();
    const d1 = stage.hold('before', /^d1 .*SELECT (parts|segment_days|segments)/, ({ caller }) =>
      /isolate/.test(caller.name),
    );
    const answer = stage.ask(tenant);
    await stage.passUntilHeld(d1);
    d1.isOpen = true;
    await stage.store(tenant);
    stage.send(tenant);
    await stage.pass();
    stage.world.network.open(d1);
    await stage.pass();
    await answer;
    await heldAtTheShard(stage);
    await stage.rest();
  },
};

/** The opposite order: the reply of the shard is old when D1 is read. */
async function heldAtTheShard(stage: Stage): Promise<void> {
  const [tenant] = stage.tenants;
  const live = stage.hold('after', /^(live|readTail) shard/);
  for (const fromLake of [false, true]) {
    live.isOpen = false;
    const answer = stage.ask(tenant!, { fromLake });
    await stage.passUntilHeld(live);
    live.isOpen = true;
    await stage.store(tenant!);
    await stage.pass(HOUR_MS / 4);
    stage.world.network.open(live);
    await stage.pass();
    await answer;
  }
}

/** A shard moves to another place; the replies of its old instance must not pass for the present state. */
const staleInstance: Scenario = {
  name: 'stale-instance-answers-live',
  async run(stage) {
    const tenant = stage.tenant();
    stage.send(tenant);
    await stage.pass();
    const live = stage.hold('after', /^(live|readTail) shard/);
    const before = stage.ask(tenant);
    await stage.passUntilHeld(live);
    live.isOpen = true;
    stage.shard(tenant).reset('superseded');
    stage.send(tenant);
    await stage.pass();
    stage.must(stage.acked(tenant) === 20, 'both requests must be answered');
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    stage.world.network.open(live);
    await stage.pass();
    await before;
    // An instance that is superseded with a row under way does not acknowledge that row.
    stage.world.commitLatencyMs = () => 4_000;
    const { answered } = stage.send(tenant);
    await stage.pass(1_000);
    stage.shard(tenant).reset('superseded');
    stage.world.commitLatencyMs = null;
    await stage.pass(30_000);
    await answered;
    await Promise.all([stage.ask(tenant), stage.pass()]);
    await stage.rest();
  },
};

/** Some events of one minute and one flush come before the rollup is created, some after. */
const rollupAdded: Scenario = {
  name: 'rollup-added-mid-window',
  async run(stage) {
    const tenant = stage.tenant();
    const [product] = stage.world.products;
    const slots = product.makeRollup('slots', { dimensions: ['slot'], numbers: ['amount'] });
    const question = { groupBy: ['slot'] };
    stage.send(tenant);
    await stage.pass();
    await product.createRollup(stage.world.database as never, tenant.uid, slots, stage.world.nowMs);
    for (const isolate of [...stage.world.isolates]) stage.world.killIsolate(isolate);
    stage.send(tenant);
    await stage.pass();
    await Promise.all([stage.ask(tenant, question), stage.pass()]);
    await stage.store(tenant);
    await Promise.all([stage.ask(tenant, question), stage.pass()]);
    stage.send(tenant);
    await stage.pass();
    await Promise.all([stage.ask(tenant, question), stage.pass()]);
    stage.cron(NOON_MS + 16 * HOUR_MS);
    await stage.passUntil(NOON_MS + 16 * HOUR_MS);
    await Promise.all([stage.ask(tenant, question), stage.pass()]);
    await stage.rest();
  },
};

/** The first event of a new region is acknowledged only once a query can find its shard. */
const firstEventNewRegion: Scenario = {
  name: 'first-event-new-region',
  async run(stage) {
    const tenant = stage.tenant({ regions: ['weur', 'enam'] });
    stage.send(tenant);
    await stage.pass();
    const register = stage.hold('before', /^fetch directory .* from shard .*enam/);
    const { answered } = stage.send(tenant, { region: 'enam' });
    await stage.passUntilHeld(register);
    stage.must(stage.acked(tenant) === 10, 'a shard that is not in the directory must acknowledge nothing');
    await Promise.all([stage.ask(tenant), stage.pass()]);
    register.isOpen = true;
    for (const { release } of register.held.splice(0)) release(new NetworkError('the directory did not answer'));
    await stage.pass(30_000);
    await answered;
    await Promise.all([stage.ask(tenant), stage.pass()]);
    await stage.rest();
  },
};

/** A seal replaces the segments that a reading is about to read. */
const sealDuringRead: Scenario = {
  name: 'seal-during-read',
  startMs: NOON_MS + 11 * HOUR_MS,
  async run(stage) {
    const tenant = stage.tenant();
    stage.send(tenant);
    await stage.pass();
    await stage.store(tenant);
    const live = stage.hold('after', /^(live|readTail) shard/);
    const answers = [stage.ask(tenant), stage.ask(tenant, { fromLake: true })];
    await stage.pass();
    live.isOpen = true;
    const sealedMs = NOON_MS + 15 * HOUR_MS;
    stage.cron(sealedMs);
    await stage.passUntil(sealedMs);
    stage.world.network.open(live);
    await stage.pass();
    await Promise.all(answers);
    const { meta } = (
      await Promise.all([
        ask(stage.world, tenant, { measure: 'count', startMs: NOON_MS - 12 * HOUR_MS, endMs: NOON_MS + 12 * HOUR_MS }),
        stage.pass(),
      ])
    )[0];
    stage.must(meta.sources.rollups?.sealedDays === 1, 'the day must be sealed');
    await stage.rest();
  },
};

export const readScenarios: readonly Scenario[] = [
  closeBetweenReads,
  staleInstance,
  rollupAdded,
  firstEventNewRegion,
  sealDuringRead,
];
