// Growing a tenant's shard map over fakes: the order of effects, the state after each failure, and the operator's
// command.

import { describe, expect, it } from 'vitest';
import { growShards } from '../../../src/control/shards/grow.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { CloseReply, CloseRequest, ShardRpc } from '../../../src/core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../../src/core/shard/shard-map.ts';
import { expectLog } from '../../support/expect-log.ts';
import { fakeApp, ROOT_KEY, START_MS } from '../../support/fake-services.ts';

/**
 * Starts a tenant with two shards that have events. Each close is recorded, and a test may answer it in another way.
 */
async function start() {
  const closes: string[] = [];
  const answer: { close: (request: CloseRequest) => CloseReply } = { close: () => ({ status: 'closed' }) };
  const stack = fakeApp({
    shardOf: (address: ShardAddress) =>
      ({
        close: async (request: CloseRequest) => {
          closes.push(`${address.region}/${address.index}@${request.next.startMs - START_MS}`);
          return answer.close(request);
        },
      }) as unknown as ShardRpc,
  });
  const { uid, keys } = await stack.createTenant('shop', { shards: 2 });
  const directory = stack.services.directoryOf(uid);
  for (const index of [0, 1]) {
    await directory.register({ region: 'weur', index, incarnation: `i${index}`, registeredAtMs: START_MS });
  }
  const grow = (count: number | null) => growShards(stack.services, uid, count);
  const loaded = async () => (await stack.otherIsolate().tenants.byUid(uid))?.tenant.shardMap;
  return { ...stack, uid, keys, directory, closes, answer, grow, loaded };
}
const LEAD = LIMITS.splitLeadMs;

describe('growing a shard map', () => {
  it('closes every registered shard, then publishes, then tells the edges', async () => {
    const { grow, closes, loaded, directory } = await start();
    const before = await loaded();
    expect(before).toEqual([{ epoch: 0, startMs: 0, shardCount: 2 }]);
    const map = await grow(4);
    expect(closes).toEqual([`weur/0@${LEAD}`, `weur/1@${LEAD}`]);
    expect(map).toEqual([...(before ?? []), { epoch: 1, startMs: START_MS + LEAD, shardCount: 4 }]);
    expect(await loaded()).toEqual(map);
    expect(await directory.map()).toEqual({ epochs: map, split: null });
  });

  it('moves the start up when a shard has seen more, and closes all of them again', async () => {
    const { grow, closes, answer } = await start();
    answer.close = ({ address, next }) =>
      address.index === 1 && next.startMs === START_MS + LEAD
        ? { status: 'seen', routingAtMsMax: START_MS + LEAD + 5_000 }
        : { status: 'closed' };
    const map = await grow(4);
    expect(map?.at(-1)?.startMs).toBe(START_MS + LEAD + 5_001);
    expect(closes.slice(2)).toEqual([`weur/0@${LEAD + 5_001}`, `weur/1@${LEAD + 5_001}`]);
  });

  it('publishes no map while a shard is unreachable, and resumes from there', async () => {
    const { grow, answer, loaded, directory, clock } = await start();
    answer.close = ({ address }) => {
      if (address.index === 1) throw new Error(`${shardName(address)} is gone`);
      return { status: 'closed' };
    };
    await expect(grow(4)).rejects.toThrow(/is gone/);
    expect(await loaded()).toHaveLength(1);
    expect((await directory.map()).split).not.toBeNull();
    answer.close = () => ({ status: 'closed' });
    clock.nowMs += 3_600_000;
    const map = await grow(1);
    expect(map?.at(-1)).toEqual({ epoch: 1, startMs: clock.nowMs + LEAD, shardCount: 4 });
    expect(await loaded()).toEqual(map);
  });

  it('does not publish a start that was postponed meanwhile', async () => {
    const { grow, answer, directory } = await start();
    let postponed = false;
    answer.close = () => {
      if (!postponed) void directory.postponeSplit({ epoch: 1, beyondMs: START_MS + 2 * LEAD, nowMs: START_MS });
      postponed = true;
      return { status: 'closed' };
    };
    expect((await grow(4))?.at(-1)?.startMs).toBe(START_MS + 2 * LEAD + 1);
  });

  it('writes a map that did not reach D1 with the next call, and never a shorter map over a longer one', async () => {
    const { grow, fake, loaded, services, uid } = await start();
    fake.hook = ({ sql }) => {
      if (sql.some((text) => text.includes('SET shard_map'))) throw new Error('D1 is gone');
    };
    await expect(grow(4)).rejects.toThrow(/D1 is gone/);
    expect(await loaded()).toHaveLength(1);
    fake.hook = null;
    const map = await grow(1);
    expect(await loaded()).toEqual(map);
    expect(map).toHaveLength(2);
    const { publishShardMap } = await import('../../../src/control/tenants/tenants.ts');
    await publishShardMap(services.db, uid, [{ epoch: 0, startMs: 0, shardCount: 2 }]);
    expect(await loaded()).toEqual(map);
  });

  it('does nothing for an unknown tenant', async () => {
    const { services } = await start();
    expect(await growShards(services, 'nobody', 4)).toBeNull();
  });
});

describe('POST /v1/tenants/:id/shards', () => {
  it('spreads the tenant for the root key alone, and answers the same when it is repeated', async () => {
    const { call, keys } = await start();
    const spread = (count: unknown, key = ROOT_KEY) =>
      call('POST', '/v1/tenants/shop/shards', { key, body: { count } });
    const first = await spread(4);
    expect([first.status, first.body]).toEqual([
      200,
      {
        tenant: 'shop',
        shards: 4,
        epochs: [
          { epoch: 0, start: '1970-01-01T00:00:00.000Z', shards: 2 },
          { epoch: 1, start: new Date(START_MS + LEAD).toISOString(), shards: 4 },
        ],
      },
    ]);
    expect((await spread(4)).body).toEqual(first.body);
    expect((await spread(3)).body).toMatchObject({ code: 'shards-shrink', limit: 4, met: 3 });
    expect((await spread(0)).status).toBe(400);
    expect((await spread(LIMITS.shardsMax + 1)).status).toBe(400);
    expect((await spread(8, keys.admin)).status).toBeGreaterThanOrEqual(401);
    expect((await call('POST', '/v1/tenants/none/shards', { key: ROOT_KEY, body: { count: 4 } })).status).toBe(404);
    const { body } = await call('GET', '/v1/tenants', { key: ROOT_KEY });
    expect(body.tenants[0].shards).toBe(4);
  });

  it('answers 503 when a shard is unreachable', async () => {
    const { call, answer } = await start();
    answer.close = () => {
      throw new Error('gone');
    };
    const { status, body } = await call('POST', '/v1/tenants/shop/shards', { key: ROOT_KEY, body: { count: 4 } });
    expect([status, body.code]).toEqual([503, 'shard-unavailable']);
    expectLog('http.problem', { code: 'shard-unavailable', cause: { cause: { message: 'gone' } } });
  });
});
