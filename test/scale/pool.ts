// Pool: runs loads in processes of their own, as many at a time as there are cores.

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Patch } from '../sim/product/build.ts';
import type { Load, LoadResult } from './load/load.ts';
import type { Progress } from './load/progress.ts';
import { type Deployment, readDeployment } from './platform/deployment.ts';
import { bundleScaled } from './scaled-product.ts';

export interface Job {
  readonly code: string;
  readonly deployment: Deployment;
  readonly load: Load;
}

/** A message of the worker. */
export type Report = { readonly progress: Progress } | { readonly result: LoadResult };

const WORKER_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64', '--max-old-space-size=8192'];

/** A load on the product with patches of its sources and of wrangler.toml. */
export interface Patched {
  readonly load: Load;
  readonly patches?: readonly Patch[];
}

/** Runs the loads, and returns their results in the same order. */
export async function runLoads(
  all: readonly Patched[],
  onProgress: (progress: Progress) => void = () => {},
): Promise<LoadResult[]> {
  const results = new Array<LoadResult>(all.length);
  const waiting = all.entries();
  const work = async () => {
    for (const [index, { load, patches = [] }] of waiting) {
      const code = await bundleScaled(load.scale, patches);
      results[index] = await runInProcess({ code, deployment: readDeployment(patches), load }, onProgress);
    }
  };
  await Promise.all(Array.from({ length: Math.min(all.length, availableParallelism()) }, work));
  return results;
}

function runInProcess(job: Job, onProgress: (progress: Progress) => void): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = fork(new URL('./worker.ts', import.meta.url), { execArgv: WORKER_FLAGS, serialization: 'advanced' });
    let result: LoadResult | null = null;
    worker.on('message', (report: Report) => {
      if ('result' in report) result = report.result;
      else onProgress(report.progress);
    });
    worker.on('error', reject);
    worker.on('exit', (exitCode, signal) =>
      result === null ? reject(new Error(`a load ended: ${signal ?? `exit code ${exitCode}`}`)) : resolve(result),
    );
    worker.send(job);
  });
}
