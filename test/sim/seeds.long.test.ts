// The simulator over as many seeds as reach every rare state.

import { expect, it } from 'vitest';
import { bundleProducts } from './product/products.ts';
import { runSeeds } from './support/run-seeds.ts';

const SEEDS = 200;

it(`the product keeps its promises over ${SEEDS} seeds and reaches the rare states`, async () => {
  const { failures, totals } = await runSeeds(await bundleProducts(), SEEDS);
  expect(failures).toEqual([]);
  expect(totals.unreached()).toEqual([]);
});
