// Pressure: what brings a tenant near the limits: a rollup of many big cells, events of many past days, and an outage of the
// sink during which a question reads what waits in the shards.

import { MINUTE_MS } from '../../../src/core/limits.ts';
import type { World } from '../../sim/world/world.ts';
import { askTails } from './asking.ts';
import type { Sender } from './traffic.ts';

export interface Pressure {
  readonly oldDays: number;
  readonly outageMs: number;
}

const BEFORE_MS = 2 * MINUTE_MS;

/** Presses from the first moment of a run until the sink is back. */
export async function press(
  world: World,
  sender: Sender,
  { oldDays, outageMs }: Pressure,
  isCut: () => boolean,
): Promise<void> {
  const { uid, measures } = sender.traffic;
  const numbers = Array.from({ length: measures }, (_, i) => `measure${i}`);
  const [product] = world.products;
  const wide = product.makeRollup('wide', { dimensions: ['event', 'path', 'country', 'label'], numbers });
  await product.createRollup(world.database as unknown as D1Database, uid, wide, world.nowMs);
  sender.sendOld(oldDays);
  await world.scheduler.runUntil(world.nowMs + BEFORE_MS, isCut);
  const outage = world.network.hold('before', ({ site }) => site.startsWith('readFlush'));
  await world.scheduler.runUntil(world.nowMs + outageMs, isCut);
  if (!isCut()) await askTails(world, uid);
  world.network.open(outage);
}
