// Worker process of the scale runs: receives one load with the product's code, runs it, and sends the result.

import { loadProduct } from '../sim/product/product-loader.ts';
import { runLoad } from './load/load.ts';
import type { Job } from './pool.ts';

process.once('message', ({ code, deployment, load }: Job) => {
  void runLoad(loadProduct(code, 'product.js', null), deployment, load).then((result) => {
    process.send!(result, () => process.disconnect());
  });
});
