// Worker process of the scale runs: receives one load with the product's code, runs it, and sends its progress and the result.

import { loadProduct } from '../sim/product/product-loader.ts';
import { runLoad } from './load/load.ts';
import type { Job, Report } from './pool.ts';

process.once('message', ({ code, deployment, load }: Job) => {
  const send = (report: Report, then = () => {}) => process.send!(report, then);
  const product = loadProduct(code, 'product.js', null);
  void runLoad(product, deployment, load, (progress) => send({ progress })).then((result) => {
    send({ result }, () => process.disconnect());
  });
});
