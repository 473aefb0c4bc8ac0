// Restore: the time that a shard takes to restart with 100,000 events in its log.

import type { Figure } from './report.ts';
import { BenchStack, type Keys, load } from './stack.ts';

const EVENTS = 100_000;

export async function benchRestore(_isQuick: boolean): Promise<Figure[]> {
  const first = await BenchStack.start({ isSinkPaused: true });
  const full = await first.tenant('full');
  const small = await first.tenant('small');
  const order = { url: `${first.url}/v1/events`, connections: 8, durationMs: 60_000 };
  await load({ ...order, headers: bearer(full), eventsPerRequest: 100, eventsMax: EVENTS });
  await load({ ...order, headers: bearer(small), eventsPerRequest: 1, eventsMax: 8 });
  await first.stop({ keep: true });

  const second = await BenchStack.start({ isSinkPaused: true, folder: first.folder });
  try {
    const smallMs = await timeStatus(second, small); // The first call includes the start of the isolate.
    const fullMs = await timeStatus(second, full);
    const warmMs = await timeStatus(second, full);
    return [
      { name: 'restore, 100,000 events in the log', value: fullMs - warmMs, unit: 'ms', bound: { atMost: 1_000 } },
      { name: 'restore, 8 events in the log, with the start of the isolate', value: smallMs, unit: 'ms' },
    ];
  } finally {
    await second.stop();
  }
}

function bearer(keys: Keys): Record<string, string> {
  return { authorization: `Bearer ${keys.write}` };
}

async function timeStatus(stack: BenchStack, keys: Keys): Promise<number> {
  const startedAtMs = performance.now();
  await stack.call('GET', '/v1/status', keys.read);
  return performance.now() - startedAtMs;
}
