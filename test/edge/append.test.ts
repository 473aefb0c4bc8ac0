import { describe, expect, it } from 'vitest';
import { openBlock } from '../../src/core/block/block.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { VerdictDocument } from '../../src/wire/ingest.ts';
import { expectLog } from '../support/expect-log.ts';
import { NOW_MS, problemOf, testApp, testTenant } from './support/app.ts';

const spread = testTenant({ shardMap: [{ epoch: 1, startMs: 0, shardCount: 4 }] });
const events = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `e${i}`, event: 'x', anonymousId: `a${i}` }));

async function verdict(response: Response): Promise<VerdictDocument> {
  expect(response.status).toBe(200);
  return (await response.json()) as VerdictDocument;
}

describe('appending', () => {
  it('sends each event to the one shard of its partition key', async () => {
    const { send, shards } = await testApp(spread);
    await send(events(100));
    expect(new Set(shards.requests.map(({ address }) => address.index))).toEqual(new Set([0, 1, 2, 3]));
    await send(events(100).reverse());
    expect(shards.requests).toHaveLength(8);
    const again = await verdict(await send(events(100)));
    expect(again).toMatchObject({ accepted: 0, duplicate: 100 });
  });

  it('keeps the events of a device together across a login', async () => {
    const { send, shards } = await testApp(spread);
    await send([
      { id: '1', event: 'x', anonymousId: 'device' },
      { id: '2', event: 'x', anonymousId: 'device', userId: 'user' },
    ]);
    expect(shards.requests).toHaveLength(1);
  });

  it('tells the tally of rejected events once', async () => {
    const { send, shards } = await testApp(spread);
    await send([...events(20), {}, {}, 5]);
    expect(shards.rejectedTally.reduce((sum, tally) => sum + tally, 0)).toBe(3);
  });

  it('chooses the epoch by the time of each event', async () => {
    const map = [
      { epoch: 1, startMs: 0, shardCount: 1 },
      { epoch: 2, startMs: NOW_MS - 1_000, shardCount: 2 },
    ] as const;
    const { send, shards } = await testApp(testTenant({ shardMap: map }));
    await send([
      { id: 'old', event: 'x', anonymousId: 'a', timestamp: NOW_MS - 1_001 },
      { id: 'new', event: 'x', anonymousId: 'a', timestamp: NOW_MS - 1_000 },
      { id: 'none', event: 'x', anonymousId: 'a' },
      { id: 'future', event: 'x', anonymousId: 'a', timestamp: NOW_MS + 1e10 },
    ]);
    expect(shards.requests.map(({ epoch, blocks }) => [epoch, openBlock(blocks[0] as Uint8Array).eventCount])).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });

  it('splits a large request into blocks within the limit, in order', async () => {
    const { send, shards } = await testApp();
    const large = Array.from({ length: 240 }, (_, i) => ({
      id: `e${i}`,
      event: 'x',
      properties: { text: '\u00e9'.repeat(9_000) },
    }));
    expect((await verdict(await send(large))).accepted).toBe(240);
    const blocks = shards.requests[0]?.blocks ?? [];
    expect(blocks.length).toBeGreaterThan(4);
    expect(Math.max(...blocks.map((block) => block.byteLength))).toBeLessThanOrEqual(LIMITS.blockSizeBytesMax);
    expect(shards.rows('id').flat()).toEqual(large.map(({ id }) => id));
  });
});

describe('a shard that does not take', () => {
  it('makes the whole answer 429 when it is overloaded', async () => {
    const { send, shards } = await testApp(spread);
    shards.answer = ({ address }) => (address.index === 2 ? { status: 'overloaded', retryAfterMs: 1_500 } : undefined);
    const refused = await send([...events(50), {}]);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await problemOf(refused)).toEqual([429, 'overloaded']);
    shards.answer = () => undefined;
    const resent = await verdict(await send([...events(50), {}]));
    expect(resent).toMatchObject({ received: 51, rejected: 1 });
    expect(resent.accepted).toBeGreaterThan(0);
    expect(resent.duplicate).toBeGreaterThan(0);
  });

  it('makes it 429 too when the platform says overloaded', async () => {
    const { send, shards } = await testApp();
    shards.answer = () => {
      throw Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true });
    };
    const refused = await send(events(1));
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await problemOf(refused)).toEqual([429, 'overloaded']);
  });

  it('is reported as hot once a minute when the platform says overloaded, and only then', async () => {
    const { send, shards, messages } = await testApp();
    shards.answer = () => ({ status: 'overloaded', retryAfterMs: 1_000 });
    await send(events(1));
    expect(messages).toEqual([]);
    shards.answer = () => {
      throw Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true });
    };
    for (let i = 0; i < 3; i++) await send(events(1));
    expect(messages).toEqual([{ address: shards.requests[0]?.address, isHot: true }]);
  });

  it('makes it 503 when it fails, without trying another place', async () => {
    const { send, shards } = await testApp(testTenant({ regions: ['weur', 'enam'] }));
    shards.answer = () => {
      throw new Error('Network connection lost.');
    };
    const refused = await send(events(1), { cf: { continent: 'NA' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemOf(refused)).toEqual([503, 'shard-unavailable']);
    expect(shards.requests.map(({ address }) => address.region)).toEqual(['enam']);
    expectLog('http.problem', { code: 'shard-unavailable', cause: { cause: { message: 'Network connection lost.' } } });
  });

  it('is asked again once, under a fresh map, when the map was stale', async () => {
    const test = await testApp(spread);
    test.reloaded = {
      ...spread,
      shardMap: [
        { epoch: 1, startMs: 0, shardCount: 4 },
        { epoch: 2, startMs: NOW_MS, shardCount: 6 },
      ],
    };
    test.shards.answer = ({ address, epoch }) =>
      epoch === 1 && address.index === 1 ? { status: 'stale-map' } : undefined;
    expect(await verdict(await test.send([...events(60), {}]))).toMatchObject({
      accepted: 60,
      duplicate: 0,
      rejected: 1,
    });
    expect(new Set(test.shards.requests.map(({ epoch }) => epoch))).toEqual(new Set([1, 2]));
    const first = test.shards.requests.findIndex(({ epoch }) => epoch === 2);
    expect(first).toBe(4);
  });

  it('is asked under the map of the directory when the store has an old one', async () => {
    const { send, shards, directory } = await testApp();
    const known = [{ epoch: 1, startMs: 0, shardCount: 1 }] as const;
    directory.state = { epochs: [...known, { epoch: 2, startMs: NOW_MS, shardCount: 4 }], split: null };
    shards.answer = ({ epoch }) => (epoch === 1 ? { status: 'stale-map' } : undefined);
    expect(await verdict(await send(events(40)))).toMatchObject({ accepted: 40 });
    expect(new Set(shards.requests.slice(1).map(({ address }) => address.index)).size).toBe(4);
  });

  it('makes it 503 when the fresh map is stale as well', async () => {
    const { send, shards } = await testApp();
    shards.answer = () => ({ status: 'stale-map' });
    const refused = await send(events(1));
    expect(refused.headers.has('retry-after')).toBe(true);
    expect(await problemOf(refused)).toEqual([503, 'shard-map-stale']);
    expect(shards.requests).toHaveLength(2);
    expectLog('http.problem', { code: 'shard-map-stale' });
  });
});
