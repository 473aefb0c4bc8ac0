// Scenarios of routing: splits, regions, failed calls, and tenants that are created again.

import { HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import { NOON_MS, type Scenario } from './stage.ts';

/** A split while edges have old maps, replies are lost around its start, clocks are fast and timestamps are missing. */
const splitWithStaleEdge: Scenario = {
  name: 'split-with-stale-edge',
  async run(stage) {
    const { world } = stage;
    const tenant = stage.tenant();
    const fast = stage.client(tenant, { name: 'fast clock', skewMs: 4 * MINUTE_MS });
    const sendFast = () => {
      const events = Array.from({ length: 5 }, () => stage.event(tenant, -4 * MINUTE_MS));
      return fast.submit({ batch: events, events });
    };
    const answers = [stage.send(tenant).answered, sendFast()];
    await stage.pass();
    // One isolate knows the old map throughout the split.
    const [old] = world.isolates;
    void old!.tenants.byUid(tenant.uid);
    await stage.pass();
    const grown = world.isolates[1]!.run((isolate) => isolate.product.growShards(isolate.ports(world), tenant.uid, 4));
    for (let i = 0; i < 30; i++) {
      const lost = stage.hold('after', /^append shard/);
      lost.isOpen = i % 3 !== 0;
      answers.push(stage.send(tenant, { count: 8 }).answered, sendFast());
      if (i % 4 === 0) answers.push(stage.send(tenant, { count: 2, ageMs: HOUR_MS }).answered);
      await stage.pass(2_000);
      lost.isOpen = true;
      for (const { release } of lost.held.splice(0)) release(new Error('the reply was lost'));
      await stage.pass(40_000);
      if (i % 5 === 0) await Promise.all([stage.ask(tenant), stage.pass()]);
    }
    await grown;
    await stage.pass(10 * MINUTE_MS);
    await Promise.all(answers);
    const shards = [...world.objects.keys()].filter((name) => name.startsWith('shard'));
    stage.must(shards.length > 1, 'the later events must be spread over more shards');
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

/** A shard is unreachable: the request waits for it, and no other shard receives its events. */
const edgeFailsOver: Scenario = {
  name: 'edge-fails-over',
  async run(stage) {
    const tenant = stage.tenant({ regions: ['weur', 'enam'] });
    const down = stage.hold('before', /^append shard t1\/weur/);
    const { answered } = stage.send(tenant, { region: 'weur' });
    for (let i = 0; i < 20; i++) {
      await stage.pass(10_000);
      for (const { release } of down.held.splice(0)) release(new Error('no connection'));
    }
    stage.must(stage.acked(tenant) === 0, 'no event may be acknowledged while the shard is unreachable');
    stage.must(!stage.world.objects.has('shard t1/enam/0'), 'the edge must not try another region');
    stage.world.network.open(down);
    await stage.pass(10 * MINUTE_MS);
    await answered;
    await stage.rest();
  },
};

/** A device sends to one region and retries in another; both regions count its events until the seal. */
const regionFlap: Scenario = {
  name: 'region-flap',
  async run(stage) {
    const tenant = stage.tenant({ regions: ['weur', 'enam'] });
    const { events } = stage.send(tenant, { region: 'weur' });
    await stage.pass();
    stage.send(tenant, { region: 'enam', again: events });
    await stage.pass();
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
    stage.must((stage.world.reached.get('copies-found-by-seal') ?? 0) > 0, 'the seal must find the copies');
  },
};

/** A tenant is deleted and created again under its old id, while messages and calls of the first one are under way. */
const recreateTenant: Scenario = {
  name: 'recreate-tenant',
  async run(stage) {
    const first = stage.tenant({ uid: 't1', id: 'shop' });
    stage.send(first);
    await stage.pass();
    const put = stage.hold('before', /^r2 put/);
    const stored = stage.store(first);
    await stage.passUntilHeld(put);
    put.isOpen = true;
    stage.world.database.select('UPDATE tenants SET deleted_at_ms = ? WHERE uid = ?', [stage.world.nowMs, 't1']);
    const second = stage.tenant({ uid: 't2', id: 'shop' });
    stage.send(second);
    await stage.pass();
    stage.world.network.open(put);
    await stored;
    stage.world.flushQueue.redeliverAll();
    await stage.pass(MINUTE_MS);
    await stage.store(second);
    await Promise.all([stage.ask(second), stage.ask(second, { fromLake: true }), stage.pass()]);
    stage.tenants.shift();
    await stage.rest();
  },
};

/** The storage of a shard is wiped and a new incarnation starts at the same address: no stored name collides. */
const storageMadeAnew: Scenario = {
  name: 'storage-made-anew',
  async run(stage) {
    const tenant = stage.tenant();
    const lost = stage.send(tenant);
    await stage.pass();
    await stage.store(tenant);
    const shard = stage.shard(tenant);
    shard.reset('reset');
    shard.storage.release();
    stage.world.objects.delete(shard.name);
    stage.send(tenant, { count: 10 });
    await stage.pass();
    await stage.store(tenant);
    // Stored events stay. The new incarnation does not know their ids, so it accepts copies, which the seal finds.
    stage.send(tenant, { again: lost.events.slice(0, 3), region: 'weur' });
    for (const { id } of lost.events.slice(0, 3)) tenant.ledger.events.get(id)!.regions.add('weur, second life');
    await stage.pass();
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    stage.cron(NOON_MS + HOUR_MS);
    await stage.passUntil(NOON_MS + HOUR_MS);
    await stage.rest();
  },
};

/** A stranger with the key of the page sends the ids of orders before the shop does, and after. */
const browserIdBeforeOrder: Scenario = {
  name: 'browser-id-before-order',
  async run(stage) {
    const tenant = stage.tenant();
    const stranger = stage.client(tenant, { name: 'stranger', strangerTo: 'the shop' });
    const orders = Array.from({ length: 20 }, () => stage.event(tenant));
    const junk = orders.map((order) => ({
      ...order,
      event: 'Junk',
      anonymousId: 'stranger',
      sentAs: 'browser' as const,
    }));
    const sendJunk = (events: typeof junk) => stranger.submit({ batch: events, events }, tenant.regions[0]!);
    void sendJunk(junk.slice(0, 10));
    await stage.pass();
    stage.send(tenant, { again: orders });
    await stage.pass();
    void sendJunk(junk);
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.store(tenant);
    stage.send(tenant, { again: orders.slice(0, 5) });
    stage.cron(NOON_MS + HOUR_MS);
    await stage.passUntil(NOON_MS + HOUR_MS);
    await Promise.all([stage.ask(tenant), stage.ask(tenant, { fromLake: true }), stage.pass()]);
    await stage.rest();
  },
};

export const edgeScenarios: readonly Scenario[] = [
  browserIdBeforeOrder,
  splitWithStaleEdge,
  edgeFailsOver,
  regionFlap,
  recreateTenant,
  storageMadeAnew,
];
