// Sustained: 60 s at 100 events a request with running sinks, and the floor right before and after. The age of the
// oldest flush that is not yet stored must not grow.

import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './quantile.ts';
import type { Figure } from './report.ts';
import { BenchStack, type Keys, load } from './stack.ts';

const CONNECTIONS = 20;

export async function benchSustained(isQuick: boolean): Promise<Figure[]> {
  const stack = await BenchStack.start({ isSinkPaused: false });
  try {
    const keys = await stack.tenant('sustained');
    const order = { eventsPerRequest: 100, connections: CONNECTIONS };
    const floorMs = isQuick ? 2_000 : 6_000;
    const durationMs = isQuick ? 8_000 : 60_000;
    await load({ ...order, url: `${stack.floorUrl}/warm`, headers: {}, durationMs: 2_000 });
    const before = await load({ ...order, url: `${stack.floorUrl}/before`, headers: {}, durationMs: floorMs });
    const watching = watchAge(stack, keys, durationMs);
    const headers = { authorization: `Bearer ${keys.write}` };
    const own = await load({ ...order, url: `${stack.url}/v1/events`, headers, durationMs });
    const ages = await watching;
    const after = await load({ ...order, url: `${stack.floorUrl}/after`, headers: {}, durationMs: floorMs });
    const floor = (before.eventsPerSecond + after.eventsPerSecond) / 2;
    const half = Math.floor(ages.length / 2);
    const refused = Object.values(own.refusals).reduce((sum, count) => sum + count, 0);
    return [
      {
        name: 'sustained, 100 events a request: rate relative to the floor',
        value: own.eventsPerSecond / floor,
        unit: '×',
        bound: { atLeast: 0.35 },
      },
      { name: 'sustained: rate of Tidemark', value: own.eventsPerSecond, unit: 'events/s' },
      { name: 'sustained: rate of the floor', value: floor, unit: 'events/s' },
      { name: 'sustained: ack p50', value: own.ackP50Ms, unit: 'ms' },
      { name: 'sustained: ack p99', value: own.ackP99Ms, unit: 'ms' },
      {
        name: 'sustained: ack p99 relative to the floor',
        value: own.ackP99Ms / ((before.ackP99Ms + after.ackP99Ms) / 2),
        unit: '×',
        bound: { atMost: 3 },
      },
      { name: 'sustained: refused requests', value: refused, unit: 'requests' },
      { name: 'sustained: age of the oldest flush in the 1st half', value: median(ages.slice(0, half)), unit: 'ms' },
      { name: 'sustained: age of the oldest flush in the 2nd half', value: median(ages.slice(half)), unit: 'ms' },
    ];
  } finally {
    await stack.stop();
  }
}

/** Reads the age of the oldest waiting flush twice a second. */
async function watchAge(stack: BenchStack, keys: Keys, durationMs: number): Promise<number[]> {
  const ages: number[] = [];
  const endAtMs = Date.now() + durationMs;
  while (Date.now() < endAtMs) {
    await sleep(500);
    const status = (await stack.call('GET', '/v1/status', keys.read)) as { shards: { oldestFlushAgeMs: number }[] };
    ages.push(Math.max(0, ...status.shards.map((shard) => shard.oldestFlushAgeMs)));
  }
  return ages;
}
