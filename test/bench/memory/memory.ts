// Memory: the memory of a shard, and its restart with a full log. A separate process measures each state.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../src/local/paths.ts';
import type { Figure } from '../report.ts';
import type { MemoryReport } from './memory-probe.ts';

const MB = 1_000_000;
/** Rounds of a restore. The fastest counts, because disturbances only add to the time. */
const ROUNDS = 3;

export async function benchMemory(isQuick: boolean): Promise<Figure[]> {
  const cold = await probe('cold');
  const full = await probe('full');
  return [
    { name: 'memory of a shard, cold', value: cold.bytes / MB, unit: 'MB', bound: { atMost: 1 } },
    {
      name: `memory of a shard, a million people, ${full.cells.toLocaleString('en')} cells`,
      value: full.bytes / MB,
      unit: 'MB',
      bound: { atMost: 32 },
    },
    ...restoreFigures('100 events', await fastest('restore-100', isQuick ? 1 : ROUNDS)),
    ...(isQuick ? [] : restoreFigures('1 event', await fastest('restore-1', ROUNDS))),
  ];
}

function restoreFigures(row: string, { elapsedMs, bytes, rows }: MemoryReport): Figure[] {
  const name = `restore of a full log, ${row} a row`;
  return [
    { name, value: elapsedMs, unit: 'ms', bound: { atMost: 2_000 } },
    { name: `${name}: rows`, value: rows, unit: 'rows' },
    { name: `${name}: memory afterwards`, value: bytes / MB, unit: 'MB' },
  ];
}

async function fastest(state: string, rounds: number): Promise<MemoryReport> {
  const reports: MemoryReport[] = [];
  for (let round = 0; round < rounds; round++) reports.push(await probe(state));
  return reports.reduce((best, each) => (each.elapsedMs < best.elapsedMs ? each : best));
}

async function probe(state: string): Promise<MemoryReport> {
  const script = join(root, 'test/bench/memory/memory-probe.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '--expose-gc', script, state]);
  return JSON.parse(stdout) as MemoryReport;
}
