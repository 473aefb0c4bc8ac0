// Deployment: what wrangler.toml says of queues and invocations, as far as the platform's limits follow from it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../src/local/paths.ts';
import { applyPatch, type Patch } from '../../sim/product/build.ts';

const FILE = 'wrangler.toml';
/** The bounds of an invocation of a paid account that sets none. */
const SUBREQUESTS = 10_000;
const CPU_MS = 30_000;

export interface Deployment {
  readonly subrequests: number;
  readonly cpuMs: number;
  /** Messages of a batch, by the queue's name. */
  readonly batchMax: { readonly flush: number; readonly seal: number };
}

/** Reads the deployment with the patches of wrangler.toml. */
export function readDeployment(patches: readonly Patch[] = []): Deployment {
  let text = readFileSync(join(root, FILE), 'utf8');
  for (const patch of patches) if (patch.file === FILE) text = applyPatch(text, patch);
  return {
    subrequests: numberOf(text, /^subrequests = ([\d_]+)$/m) ?? SUBREQUESTS,
    cpuMs: numberOf(text, /^cpu_ms = ([\d_]+)$/m) ?? CPU_MS,
    batchMax: { flush: batchMaxOf(text, 'tidemark-flush'), seal: batchMaxOf(text, 'tidemark-seal') },
  };
}

function batchMaxOf(text: string, queue: string): number {
  const [consumer] = text
    .split('[[queues.consumers]]')
    .slice(1)
    .filter((section) => section.includes(`queue = "${queue}"`));
  const batchMax = numberOf(consumer ?? '', /^max_batch_size = (\d+)$/m);
  if (batchMax === null) throw new Error(`${FILE} has no max_batch_size of ${queue}`);
  return batchMax;
}

function numberOf(text: string, pattern: RegExp): number | null {
  const [, number] = pattern.exec(text) ?? [];
  return number === undefined ? null : Number(number.replaceAll('_', ''));
}
