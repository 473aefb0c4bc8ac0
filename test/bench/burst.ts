// Burst: events a second while the sink is paused, compared with the floor, at 100, 10 and 1 events a request.

import type { LoadReport } from './load.ts';
import { median } from './quantile.ts';
import type { Figure } from './report.ts';
import { BenchStack, load } from './stack.ts';

const CONNECTIONS = 20;
/** Events that fit the log of a shard while its sink is paused. */
const EVENTS_MAX = 90_000;
const BOUNDS: Record<number, number> = { 100: 0.6, 10: 0.9, 1: 1.1 };
const ACK_P99_RATIO_MAX = 1.5;

export async function benchBurst(isQuick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  const stack = await BenchStack.start({ isSinkPaused: true });
  try {
    for (const size of [100, 10, 1]) figures.push(...(await burstAt(stack, size, isQuick)));
  } finally {
    await stack.stop();
  }
  return figures;
}

async function burstAt(stack: BenchStack, size: number, isQuick: boolean): Promise<Figure[]> {
  const rounds = isQuick ? 2 : 9;
  const order = { eventsPerRequest: size, connections: CONNECTIONS, durationMs: isQuick ? 1_500 : 3_000 };
  const floors: LoadReport[] = [];
  const ours: LoadReport[] = [];
  const rowsPerEvent: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const keys = await stack.tenant(`burst-${size}-${round + 1}`);
    const floor = await load({
      ...order,
      url: `${stack.floorUrl}/${size}-${round}`,
      headers: {},
      eventsMax: EVENTS_MAX,
    });
    const own = await load({
      ...order,
      url: `${stack.url}/v1/events`,
      headers: { authorization: `Bearer ${keys.write}` },
      eventsMax: EVENTS_MAX,
    });
    if (Object.keys(own.refusals).length > 0) throw new Error(`A burst was refused: ${JSON.stringify(own.refusals)}`);
    if (round < 0) continue; // This round warms both up.
    floors.push(floor);
    ours.push(own);
    const status = (await stack.call('GET', '/v1/status', keys.read)) as { shards: { rowsWritten: number }[] };
    rowsPerEvent.push(status.shards.reduce((sum, shard) => sum + shard.rowsWritten, 0) / own.events);
  }
  const ratios = ours.map((own, i) => own.eventsPerSecond / (floors[i] as LoadReport).eventsPerSecond);
  const ackRatios = ours.map((own, i) => own.ackP99Ms / (floors[i] as LoadReport).ackP99Ms);
  const name = `burst, ${size} events a request`;
  const bound = BOUNDS[size];
  return [
    {
      name: `${name}: rate relative to the floor`,
      value: median(ratios),
      unit: '×',
      ...(bound && { bound: { atLeast: bound } }),
    },
    { name: `${name}: rate of Tidemark`, value: median(ours.map((own) => own.eventsPerSecond)), unit: 'events/s' },
    {
      name: `${name}: rate of the floor`,
      value: median(floors.map((floor) => floor.eventsPerSecond)),
      unit: 'events/s',
    },
    { name: `${name}: ack p50`, value: median(ours.map((own) => own.ackP50Ms)), unit: 'ms' },
    { name: `${name}: ack p99`, value: median(ours.map((own) => own.ackP99Ms)), unit: 'ms' },
    {
      name: `${name}: ack p99 relative to the floor`,
      value: median(ackRatios),
      unit: '×',
      bound: { atMost: ACK_P99_RATIO_MAX },
    },
    { name: `${name}: ack p99 of the floor`, value: median(floors.map((floor) => floor.ackP99Ms)), unit: 'ms' },
    { name: `${name}: rows written by shards`, value: median(rowsPerEvent), unit: 'rows/event' },
  ];
}
