// Sensitivity: the number of seeds after which the simulator finds each seeded bug. A simulator that misses a seeded
// bug would also miss a real bug of that kind.

import { runPool, seedJobs } from './pool.ts';
import { MUTATIONS, type Mutation } from './product/mutations.ts';
import { bundleProducts, loadProducts } from './product/products.ts';
import type { Scenario } from './scenarios/stage.ts';
import { runScenario, SCENARIOS } from './scenarios.ts';
import type { JobResult } from './worker.ts';

const SEEDS_MAX = 300;

export interface Detection {
  readonly mutation: Mutation;
  /** The seed that found the bug; 0 when a scenario did, null when nothing did. */
  readonly seeds: number | null;
  readonly violation: string;
  readonly elapsedMs: number;
}

export async function detect(
  mutation: Mutation,
  options: { processes?: number; seedsMax?: number } = {},
): Promise<Detection> {
  const { seedsMax = SEEDS_MAX, processes } = options;
  const startedAtMs = performance.now();
  const code = await bundleProducts(mutation.patches);
  if (mutation.scenario !== undefined) {
    const [violation] = await runScenario(loadProducts(code), scenarioOf(mutation.scenario));
    const elapsedMs = performance.now() - startedAtMs;
    return { mutation, seeds: violation === undefined ? null : 0, violation: violation ?? '', elapsedMs };
  }
  let found: JobResult | null = null;
  const onResult = (result: JobResult) => {
    const isFailed = result.violations.length > 0;
    if (isFailed && (found === null || result.seed < found.seed)) found = result;
    return isFailed;
  };
  await runPool({ code, jobs: seedJobs(1, seedsMax), onResult, ...(processes && { processes }) });
  const { seed = null, violations = [] } = (found ?? {}) as Partial<JobResult>;
  return { mutation, seeds: seed, violation: violations[0]?.message ?? '', elapsedMs: performance.now() - startedAtMs };
}

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`There is no scenario ${name}.`);
  return scenario;
}

/** Prints a line for each seeded bug. Returns whether all were found. */
export async function printSensitivity({
  name,
  processes,
}: {
  name?: string | undefined;
  processes?: number | undefined;
}): Promise<boolean> {
  const chosen = MUTATIONS.filter((mutation) => name === undefined || mutation.name === name);
  let missed = chosen.length === 0 ? 1 : 0;
  for (const mutation of chosen) {
    const line = await lineOf(mutation, processes);
    if (line === null) missed++;
    console.log(line ?? `${mutation.name.padEnd(26)} MISSED`);
  }
  console.log(
    missed === 0
      ? `All ${chosen.length} seeded bugs were found.`
      : `${missed} of ${chosen.length} seeded bugs were not found.`,
  );
  return missed === 0;
}

/**
 * The printed line of a seeded bug, or null when it was not found. A patch that does not fit the sources any more is
 * reported, and the next bugs still have their turn.
 */
async function lineOf(mutation: Mutation, processes: number | undefined): Promise<string | null> {
  try {
    const { seeds, violation, elapsedMs } = await detect(mutation, processes === undefined ? {} : { processes });
    if (seeds === null) return null;
    const elapsed = `${(elapsedMs / 1_000).toFixed(1).padStart(6)} s`;
    const [violated = ''] = violation.split('\n');
    return `${mutation.name.padEnd(26)} ${(seeds === 0 ? 'scenario' : `seed ${seeds}`).padEnd(9)} ${elapsed}  ${violated.slice(0, 110)}`;
  } catch (cause) {
    console.log(String(cause));
    return null;
  }
}
