// Scanners for tests: a tenant's pool in the test's process. Each scanner has its own memory; questions and replies are
// copied, as RPC copies them.

import { type ScannerOf, type ScannerRpc, ScanRunner } from '../../src/lake/scan/scan-task.ts';
import type { ReadBucket } from '../../src/lake/segment/source.ts';

export interface ScannerPool {
  readonly scannerOf: ScannerOf;
  /** The numbers of the scanners in the order of their calls. */
  readonly called: number[];
}

export function scannerPool(bucket: ReadBucket, now: () => number = () => 0): ScannerPool {
  const pool = new Map<number, ScanRunner>();
  const called: number[] = [];
  const scannerOf = (_uid: string, index: number): ScannerRpc => {
    const runner = pool.get(index) ?? new ScanRunner(bucket, now);
    pool.set(index, runner);
    const copied =
      <Task, Reply>(call: (task: Task) => Promise<Reply>) =>
      async (task: Task) => {
        called.push(index);
        return structuredClone(await call(structuredClone(task)));
      };
    return {
      scan: copied((task) => runner.scan(task)),
      scanAll: copied((task) => runner.scanAll(task)),
      follow: copied((task) => runner.follow(task)),
    };
  };
  return { scannerOf, called };
}

/** A pool in which every scanner refuses its calls. */
export const scannersDown: ScannerOf = () => {
  const fail = () => Promise.reject(new Error('overloaded'));
  return { scan: fail, scanAll: fail, follow: fail };
};

/** The bucket for a reader who remembers nothing of it, as an isolate apart from those of the scanners. */
export function apart(bucket: ReadBucket): ReadBucket {
  return { get: (path: string, options: R2GetOptions) => bucket.get(path, options) } as ReadBucket;
}
