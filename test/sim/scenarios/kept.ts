// Scenarios of answers that an isolate keeps: they hold every event that was acknowledged before they were asked for.

import { DAY_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import type { SimTenant } from '../clients.ts';
import type { Isolate } from '../world/isolate.ts';
import { mergedParts, passHourAndMerge, storeFlush } from './merges.ts';
import type { Scenario, Stage } from './stage.ts';

/** Asks for the count of the events of three days as the route does, always on one isolate. */
async function countOn(stage: Stage, isolate: Isolate, { uid }: SimTenant): Promise<number> {
  const today = Math.floor(stage.world.nowMs / DAY_MS) * DAY_MS;
  const [from, to] = [today - DAY_MS, today + 2 * DAY_MS].map((atMs) => new Date(atMs).toISOString());
  return isolate.run(async (on) => {
    const { product } = on;
    const { tenant } = (await on.tenants.byUid(uid))!;
    const ports = on.ports(stage.world);
    const report = product.mustReport({ measure: 'count', from, to }, tenant, ports.now());
    const answer = await product.answerReport(await product.beginAsking(ports, tenant, ports.now()), report);
    return 'series' in answer ? (answer.series[0]?.total ?? 0) : 0;
  });
}

async function mustCount(stage: Stage, tenant: SimTenant, isolate = stage.world.isolates[0]!): Promise<void> {
  const acked = stage.acked(tenant);
  const [counted] = await Promise.all([countOn(stage, isolate, tenant), stage.pass()]);
  stage.must(counted >= acked, `the answer counts ${counted}, but ${acked} were acknowledged before it was asked for`);
}

/** A question is asked again and again between acknowledgements, flushes, a seal and the collection after it. */
const afterAnAck: Scenario = {
  name: 'kept-answer-after-an-ack',
  async run(stage) {
    const tenant = stage.tenant();
    for (let round = 0; round < 4; round++) {
      stage.send(tenant, { count: 5 });
      await stage.pass();
      for (let time = 0; time < 3; time++) await mustCount(stage, tenant);
      if (round % 2 === 1) await stage.store(tenant);
    }
    // An event is acknowledged while the question is answered: the answer may lack it, and must not be kept.
    const versions = stage.hold('after', /^live shard/);
    const [isolate] = stage.world.isolates as [Isolate];
    stage.send(tenant, { count: 1 });
    await stage.pass();
    const asked = countOn(stage, isolate, tenant);
    await stage.passUntilHeld(versions);
    versions.isOpen = true;
    const answers = stage.hold('after', /^live shard/);
    stage.world.network.open(versions);
    await stage.passUntilHeld(answers);
    answers.isOpen = true;
    stage.send(tenant, { count: 5 });
    await stage.pass();
    stage.world.network.open(answers);
    await Promise.all([asked, stage.pass()]);
    for (let time = 0; time < 2; time++) await mustCount(stage, tenant);
    stage.startImport(tenant, 'kept', 3);
    await stage.pass(MINUTE_MS);
    await mustCount(stage, tenant);
    await stage.rest();
  },
};

/** The first event of another region reaches a shard that no question has known yet. */
const newRegion: Scenario = {
  name: 'kept-answer-new-region',
  async run(stage) {
    const tenant = stage.tenant({ regions: ['weur', 'enam'] });
    stage.send(tenant, { count: 5, region: 'weur' });
    await stage.pass();
    for (let time = 0; time < 3; time++) await mustCount(stage, tenant);
    stage.send(tenant, { count: 5, region: 'enam' });
    await stage.pass();
    for (let time = 0; time < 2; time++) await mustCount(stage, tenant);
    await stage.rest();
  },
};

/** Parts whose cells an isolate keeps are merged, some of them after a part that came since. */
const keptCellsMeetMerge: Scenario = {
  name: 'kept-cells-meet-a-merge',
  async run(stage) {
    const tenant = stage.tenant();
    const [isolate] = stage.world.isolates as [Isolate];
    const mustCountAll = async () => {
      const [counted] = await Promise.all([countOn(stage, isolate, tenant), stage.pass()]);
      const acked = stage.acked(tenant);
      stage.must(counted === acked, `the answer counts ${counted} of ${acked} events`);
    };
    for (let part = 0; part < 10; part++) {
      await storeFlush(stage, tenant, { count: 3 });
      await mustCountAll();
    }
    await passHourAndMerge(stage, tenant);
    stage.must(mergedParts(stage, tenant).length > 0, 'the parts must be merged');
    for (let part = 0; part < 3; part++) {
      await mustCountAll();
      await storeFlush(stage, tenant, { count: 3 });
    }
    await stage.rest();
  },
};

export const keptScenarios: readonly Scenario[] = [afterAnAck, newRegion, keptCellsMeetMerge];
