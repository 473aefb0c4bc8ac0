// Scenarios: the interleavings that docs/correctness.md names, and some more, each in a run of its own.
//
// `two-runtimes-one-state` covers the product's half: an instance that lost its storage still receives calls. The other
// half, that two runtimes cannot hold one state folder, belongs to the lock and is covered by the tests of the local
// stack.

import type { Product } from './product/product-loader.ts';
import { collectionScenarios } from './scenarios/collection.ts';
import { edgeScenarios } from './scenarios/edges.ts';
import { hourScenarios } from './scenarios/hours.ts';
import { importScenarios } from './scenarios/imports.ts';
import { keptScenarios } from './scenarios/kept.ts';
import { mergeScenarios } from './scenarios/merges.ts';
import { readScenarios } from './scenarios/reads.ts';
import { sealScenarios } from './scenarios/seals.ts';
import { shardScenarios } from './scenarios/shards.ts';
import { type Scenario, Stage } from './scenarios/stage.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...readScenarios,
  ...shardScenarios,
  ...sealScenarios,
  ...importScenarios,
  ...mergeScenarios,
  ...collectionScenarios,
  ...hourScenarios,
  ...keptScenarios,
  ...edgeScenarios,
];

/** Runs one scenario. Returns its violations. */
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
  // The time limit is in real time: a scenario may wait for a step that never comes.
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('the scenario waits for a step that does not come')), STUCK_AFTER_MS);
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
