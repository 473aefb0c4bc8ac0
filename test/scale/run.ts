// Run: the program `npm run scale`, which runs the product at scale within the limits of the platform. HELP describes its
// options.

import { readOptions } from '../support/options.ts';
import type { LoadResult } from './load/load.ts';
import type { Progress } from './load/progress.ts';
import { LOADS, SMALL_LOADS } from './loads.ts';
import { runLoads } from './pool.ts';
import { senseAll } from './sensitivity.ts';
import { isKept, tableOf, targetsOf } from './targets.ts';

const HELP = `Usage: npm run scale -- [options]

Runs the product on a simulated platform and a virtual clock, refuses what the real platform would refuse, and prints
each target with what it got. Rows and bytes are scaled down; numbers of flushes, files, parts and calls are those of full size.
Progress goes to stderr, a line for each virtual hour. The exit code is 1 when a target is missed.

  --small          Run the small forms, as the test suite does.
  --load N         Run only load N, from 1.
  --mutations      Take away the handling of each limit, and print the limits that are exceeded then.
  -h, --help       Print this text.`;

const options = readOptions(HELP, {
  small: { type: 'boolean', default: false },
  load: { type: 'string' },
  mutations: { type: 'boolean', default: false },
});
process.exitCode = (await (options.mutations ? printMutations() : printLoads())) ? 0 : 1;

async function printLoads(): Promise<boolean> {
  const forms = options.small ? SMALL_LOADS : LOADS;
  const loads = options.load === undefined ? forms : forms.slice(Number(options.load) - 1, Number(options.load));
  let missed = 0;
  const results = await runLoads(
    loads.map((load) => ({ load })),
    printProgress,
  );
  for (const result of results) {
    const targets = targetsOf(result);
    missed += targets.filter((target) => !isKept(target)).length;
    console.log(`\n${headOf(result)}\n\n${tableOf(targets)}`);
  }
  console.log(missed === 0 ? '\nAll targets are met.' : `\n${missed} targets are missed.`);
  return missed === 0;
}

async function printMutations(): Promise<boolean> {
  let isGood = true;
  for (const { mutation, exceeded } of await senseAll()) {
    isGood &&= exceeded.includes(mutation.limit);
    console.log(`${mutation.name.padEnd(24)} ${exceeded.length === 0 ? 'NOT FOUND' : exceeded.join(', ')}`);
  }
  return isGood;
}

/** On stderr, so that the tables alone can be kept. */
function printProgress({ name, hours, hoursTotal, events, cpuMs }: Progress): void {
  const at = `${hours.toFixed(0).padStart(3)} of ${hoursTotal.toFixed(0)} h`;
  console.error(
    `${at}  ${events.toLocaleString('en').padStart(12)} events  ${(cpuMs / 1_000).toFixed(0).padStart(4)} s of CPU  ${name}`,
  );
}

function headOf({ name, events, totals, seals, atRest, elapsedMs }: LoadResult): string {
  const counts = Object.entries(totals).map(([unit, count]) => `${unit} ${count.toLocaleString('en')}`);
  const tables = atRest.d1BytesByTable.slice(0, 5).map(([table, bytes]) => `${table} ${(bytes / 1e6).toFixed(1)} MB`);
  return [
    `${name}: ${events.toLocaleString('en')} events in ${(elapsedMs / 1_000).toFixed(0)} s`,
    `calls: ${counts.join(', ')}`,
    `seals: ${seals.revisions} in ${seals.invocations} batches; ${(seals.firstBytes / 1e6).toFixed(0)} MB read and written by first ones`,
    `D1 at rest: ${tables.join(', ')}`,
  ].join('\n');
}
