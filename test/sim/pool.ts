// Pool: spreads seeds over processes, one for each core.

import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Job, JobResult } from './worker.ts';

/**
 * A run allocates and drops many objects, so a bigger nursery halves the work of the garbage collector. Every core has
 * its own process, so the collector's helper threads would only compete with the runs of other processes.
 */
const WORKER_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64', '--single-threaded-gc'];

export interface PoolOptions {
  readonly code: string;
  readonly jobs: Iterable<Job>;
  /** Returns true when no further job should begin. */
  readonly onResult: (result: JobResult) => boolean;
  readonly processes?: number;
}

/** @throws Error if a worker ends before its work does */
export async function runPool({
  code,
  jobs,
  onResult,
  processes = availableParallelism(),
}: PoolOptions): Promise<void> {
  const waiting = jobs[Symbol.iterator]();
  let isStopped = false;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = fork(new URL('./worker.ts', import.meta.url), {
        execArgv: WORKER_FLAGS,
        serialization: 'advanced',
      });
      const next = () => {
        const job = isStopped ? { done: true as const, value: undefined } : waiting.next();
        if (job.done) worker.disconnect();
        else worker.send(job.value);
      };
      worker.on('error', reject);
      worker.on('exit', (exitCode, signal) =>
        exitCode === 0
          ? resolve()
          : reject(new Error(`a worker of the simulator ended: ${signal ?? `exit code ${exitCode}`}`)),
      );
      worker.on('message', (result: JobResult) => {
        isStopped = onResult(result) || isStopped;
        next();
      });
      worker.send(code);
      next();
    });
  await Promise.all(Array.from({ length: processes }, work));
}

export function* seedJobs(from: number, count: number): Generator<Job> {
  for (let seed = from; seed < from + count; seed++) yield { seed };
}
