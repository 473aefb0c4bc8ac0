// Rest: the cron, and the end of a run: the faults stop, the system gets time to store and seal, then the oracle
// checks.

import { HOUR_MS } from '../../src/core/limits.ts';
import type { SimTenant } from './clients.ts';
import { checkAtRest } from './oracle.ts';
import type { Watch } from './watch.ts';
import { settle } from './world/scheduler.ts';
import type { World } from './world/world.ts';

const SECOND_MS = 1_000;
const LAST_STEPS_MAX = 20_000;

/** Plans runs of the platform's cron, each on some isolate. */
export function planCron(world: World, fromMs: number, toMs: number, everyMs: number): void {
  for (let atMs = fromMs; atMs < toMs; atMs += everyMs) {
    world.scheduler.at(atMs + SECOND_MS, 'cron', () => {
      if (world.faults.strike('cron-missed', 'cron')) return;
      void world
        .invoke('cron', (isolate) => isolate.cron(atMs))
        .catch((cause: unknown) => world.onRefused('cron', cause));
    });
  }
}

/** Runs work to its end, together with the steps of the schedule that it needs. Returns false when it did not end. */
export async function finish(world: World, rule: string, work: () => Promise<void>): Promise<boolean> {
  let isDone = false;
  void work()
    .catch((cause: unknown) => world.violate(rule, cause instanceof Error ? String(cause.stack) : String(cause)))
    .finally(() => {
      isDone = true;
    });
  const stepsMax = world.scheduler.steps + LAST_STEPS_MAX;
  // The schedule may be empty meanwhile: the oracle reads the lake in no simulated time.
  for (let turn = 0; turn < LAST_STEPS_MAX && !isDone && world.scheduler.steps < stepsMax; turn++) {
    await world.scheduler.runUntil(Number.POSITIVE_INFINITY, () => isDone || world.scheduler.steps >= stepsMax);
    await settle();
  }
  if (!isDone) world.violate(rule, 'the check did not end');
  return isDone;
}

/** Ends the faults, gives the system until `atRestMs` to store and seal everything, and then runs the oracle. */
export async function comeToRest(
  world: World,
  tenants: readonly SimTenant[],
  watch: Watch,
  atRestMs: number,
  stillWaiting: () => string[],
): Promise<void> {
  world.faults.isOn = false;
  const { nowMs } = world;
  const firstMs = Math.ceil(nowMs / (HOUR_MS / 6)) * (HOUR_MS / 6);
  planCron(world, firstMs, firstMs + HOUR_MS, HOUR_MS / 3);
  planCron(world, firstMs + HOUR_MS, atRestMs - 2 * HOUR_MS, 6 * HOUR_MS);
  planCron(world, atRestMs - 2 * HOUR_MS, atRestMs - HOUR_MS / 2, HOUR_MS / 2);
  await world.scheduler.runUntil(atRestMs, () => world.violations.length > 0);
  if (world.violations.length > 0) return;
  for (const message of stillWaiting()) world.violate('G5', message);
  await finish(world, 'at rest', async () => {
    for (const tenant of tenants) await checkAtRest(world, tenant);
    watch.checkEnd();
  });
}
