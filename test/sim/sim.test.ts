// The simulator in the test suite: a few seeds, the named scenarios, and a few seeded bugs that it must find. More seeds are
// in seeds.long.test.ts, and the bugs that a scenario finds in bugs.long.test.ts; `npm run sim -- --seeds 10000` and
// `npm run sim -- --sensitivity` give the full numbers.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';
import { applyPatch } from './product/build.ts';
import { MUTATIONS } from './product/mutations.ts';
import { bundleProducts, loadProducts } from './product/products.ts';
import { runScenario, SCENARIOS } from './scenarios.ts';
import { detect } from './sensitivity.ts';
import { runSeed } from './simulation.ts';
import { runSeeds } from './support/run-seeds.ts';

const SEEDS = 8;
/** Seeded bugs that a few seeds find each; `--sensitivity` looks for all of them. */
const FOUND_FAST = ['confirm-before-store', 'slot-reused-early', 'seal-keeps-copies', 'copies-in-one-row'];

let code: string;

beforeAll(async () => {
  code = await bundleProducts();
}, 60_000);

describe('the simulated product', () => {
  it(`keeps its promises over ${SEEDS} seeds`, { timeout: 300_000 }, async () => {
    const { failures, totals } = await runSeeds(code, SEEDS);
    expect(failures).toEqual([]);
    expect(totals.eventsMin).toBeGreaterThanOrEqual(1_000);
    expect(totals.faultsMin).toBeGreaterThanOrEqual(20);
  });

  it('takes the same steps when a seed is run again', { timeout: 60_000 }, async () => {
    const products = loadProducts(code);
    const [first, second] = [await runSeed({ seed: 7, products }), await runSeed({ seed: 7, products })];
    expect(second).toEqual(first);
  });
});

describe('scenarios', () => {
  for (const scenario of SCENARIOS) {
    it(scenario.name, { timeout: 60_000 }, async () => {
      expect(await runScenario(loadProducts(code), scenario)).toEqual([]);
    });
  }
});

describe('seeded bugs', () => {
  for (const mutation of MUTATIONS.filter(({ name }) => FOUND_FAST.includes(name))) {
    it(`are found: ${mutation.what}`, { timeout: 120_000 }, async () => {
      const { seeds } = await detect(mutation, { seedsMax: 60 });
      expect(seeds).not.toBeNull();
    });
  }

  it('have patches that fit the sources as they are', () => {
    for (const { patches } of MUTATIONS) {
      for (const patch of patches) applyPatch(readFileSync(join(root, patch.file), 'utf8'), patch);
    }
  });

  it('are refused when the text of a patch does not occur exactly once', () => {
    const patch = { file: 'src/x.ts', old: 'a', new: 'b' };
    expect(applyPatch('-a-', patch)).toBe('-b-');
    expect(() => applyPatch('aa', patch)).toThrow('found 2 times');
    expect(() => applyPatch('', patch)).toThrow('found 0 times');
  });
});
