// Worker thread of the simulator: runs the seeds it is sent, one at a time.

import { parentPort, workerData } from 'node:worker_threads';
import { loadProducts } from './products.ts';
import { type RunResult, runSeed } from './simulation.ts';

export interface Job {
  readonly seed: number;
  readonly masked?: readonly string[];
  readonly clientsMax?: number;
  readonly eventsMax?: number;
}
export type JobResult = RunResult & { readonly elapsedMs: number };

const products = loadProducts(workerData as string);

parentPort!.on('message', ({ masked = [], ...job }: Job) => {
  const startedAtMs = performance.now();
  runSeed({ ...job, products, masked: new Set(masked) }).then(
    (result) => parentPort!.postMessage({ ...result, elapsedMs: performance.now() - startedAtMs } satisfies JobResult),
    (cause: unknown) => {
      throw cause;
    },
  );
});
