// Worker process of the simulator: receives the product's code, then seeds, and runs the seeds one at a time.

import { loadProducts } from './product/products.ts';
import { type RunResult, runSeed } from './simulation.ts';

export interface Job {
  readonly seed: number;
  readonly masked?: readonly string[];
  readonly clientsMax?: number;
  readonly eventsMax?: number;
}
export type JobResult = RunResult & { readonly elapsedMs: number };

process.once('message', (code: string) => {
  const products = loadProducts(code);
  process.on('message', ({ masked = [], ...job }: Job) => {
    const startedAtMs = performance.now();
    runSeed({ ...job, products, masked: new Set(masked) }).then(
      (result) => process.send!({ ...result, elapsedMs: performance.now() - startedAtMs } satisfies JobResult),
      (cause: unknown) => {
        throw cause;
      },
    );
  });
});
