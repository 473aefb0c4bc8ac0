// Scenarios: the interleavings that CORRECTNESS.md knows by name, and some more, each a run of its own.
//
// `two-runtimes-one-state` is the half that is the product's: an instance that lost its storage is still asked. That two
// runtimes cannot both hold one state folder is the lock's affair; the tests of the local stack try it.

import type { Product } from './product/product-loader.ts';
import { edgeScenarios } from './scenarios/edges.ts';
import { readScenarios } from './scenarios/reads.ts';
import { sealScenarios } from './scenarios/seals.ts';
import { shardScenarios } from './scenarios/shards.ts';
import { type Scenario, Stage } from './scenarios/stage.ts';

export const SCENARIOS: readonly Scenario[] = [...readScenarios, ...shardScenarios, ...sealScenarios, ...edgeScenarios];

/** What was violated. */
export async function runScenario(
  products: readonly [Product, ...Product[]],
  scenario: Scenario,
  trace?: (line: string) => void,
): Promise<readonly string[]> {
  const stage = new Stage(products, scenario, 1);
  if (trace) {
    stage.world.scheduler.onStep = (label, nowMs) => trace(`${new Date(nowMs).toISOString().slice(8, 23)} ${label}`);
    stage.world.onLog = (level, text) => trace(`            ${level}: ${text.slice(0, 400)}`);
  }
  // In real time: for a scenario that waits for what never comes.
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('waits for something that does not come')), STUCK_AFTER_MS);
  try {
    await Promise.race([scenario.run(stage), stuck]);
  } catch (cause) {
    stage.must(false, cause instanceof Error ? String(cause.stack) : String(cause));
  } finally {
    clearTimeout(timer);
    stage.close();
  }
  return stage.violations;
}

const STUCK_AFTER_MS = 20_000;
