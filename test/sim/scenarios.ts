// Scenarios: the interleavings that CORRECTNESS.md knows by name, each a run of its own.

import type { Product } from './product-loader.ts';

export interface ScenarioOutcome {
  readonly name: string;
  readonly violations: readonly string[];
}

export async function runScenarios(
  _products: readonly [Product, ...Product[]],
  _name?: string,
): Promise<ScenarioOutcome[]> {
  return [];
}
