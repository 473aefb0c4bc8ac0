// Pool: spreads seeds over worker threads, one a core.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Job, JobResult } from './worker.ts';

export interface PoolOptions {
  readonly code: string;
  readonly jobs: Iterable<Job>;
  /** True: no further jobs are begun. */
  readonly onResult: (result: JobResult) => boolean;
  readonly threads?: number;
}

export async function runPool({ code, jobs, onResult, threads = availableParallelism() }: PoolOptions): Promise<void> {
  const waiting = jobs[Symbol.iterator]();
  let isStopped = false;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: code,
        execArgv: ['--disable-warning=ExperimentalWarning'],
        // A run makes and drops much: a bigger nursery halves the collector's work.
        resourceLimits: { maxYoungGenerationSizeMb: 128 },
      });
      const next = () => {
        const job = isStopped ? { done: true as const, value: undefined } : waiting.next();
        if (!job.done) worker.postMessage(job.value);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('online', next);
      worker.on('error', reject);
      worker.on('message', (result: JobResult) => {
        isStopped = onResult(result) || isStopped;
        next();
      });
    });
  await Promise.all(Array.from({ length: threads }, work));
}

export function* seedJobs(from: number, count: number): Generator<Job> {
  for (let seed = from; seed < from + count; seed++) yield { seed };
}
