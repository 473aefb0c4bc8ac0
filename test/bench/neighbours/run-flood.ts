// RunFlood: starts a flood in a process of its own.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../../src/local/paths.ts';
import type { FloodOrder, FloodReport, FloodStage } from './flood.ts';

export interface RunningFlood {
  /** Ends the flood before its time. */
  readonly end: () => void;
  readonly report: Promise<FloodReport>;
}

export function runFlood(url: string, stages: readonly FloodStage[], durationMs: number): RunningFlood {
  const order: FloodOrder = { url, stages, durationMs };
  const child = spawn(process.execPath, [join(root, 'test/bench/neighbours/flood.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(order));
  const report = new Promise<FloodReport>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`The flood ended with code ${code}.`)),
    );
  });
  return { end: () => child.kill('SIGTERM'), report };
}
