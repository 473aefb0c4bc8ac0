// `npm run sim`: runs the simulator.
//
//   -- --seeds N [--from S]      N seeds on all cores (1,000 without arguments)
//   -- --seed S [--trace]        one seed; a failure is shrunk and its schedule shown
//   -- --sensitivity [--name N]  every seeded bug, or one, and after how many seeds it is found
//   -- --scenarios [--name N]    the named scenarios, or one [--trace]
//   -- --processes N

import { parseArgs } from 'node:util';
import { runPool, seedJobs } from './pool.ts';
import { bundleProducts, loadProducts } from './product/products.ts';
import { runScenario, SCENARIOS } from './scenarios.ts';
import { printSensitivity } from './sensitivity.ts';
import { shrink } from './shrink.ts';
import { runSeed } from './simulation.ts';
import { Totals } from './totals.ts';
import type { JobResult } from './worker.ts';

/** One of so many seeds is run again, to see that it goes the same way. */
const REPEATED_OF = 100;
const FAILURES_SHOWN_MAX = 5;

const { values: given } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    sensitivity: { type: 'boolean', default: false },
    scenarios: { type: 'boolean', default: false },
    name: { type: 'string' },
    processes: { type: 'string' },
  },
});
let shownAtMs = 0;
const processes = given.processes === undefined ? undefined : Number(given.processes);

if (given.sensitivity) process.exitCode = (await printSensitivity({ name: given.name, processes })) ? 0 : 1;
else if (given.scenarios) process.exitCode = (await printScenarios(given.name, given.trace)) ? 0 : 1;
else if (given.seed !== undefined) process.exitCode = (await replay(Number(given.seed), given.trace)) ? 0 : 1;
else process.exitCode = (await runSeeds(Number(given.from), Number(given.seeds ?? 1_000))) ? 0 : 1;

async function runSeeds(from: number, count: number): Promise<boolean> {
  const code = await bundleProducts();
  const totals = new Totals();
  const failures: JobResult[] = [];
  const hashes = new Map<number, number>();
  const startedAtMs = performance.now();
  const onResult = (result: JobResult) => {
    totals.add(result);
    if (result.seed % REPEATED_OF === 0) hashes.set(result.seed, result.traceHash);
    if (result.violations.length > 0) {
      failures.push(result);
      showFailure(result);
    }
    showProgress(totals, count, failures.length, startedAtMs);
    return failures.length >= FAILURES_SHOWN_MAX;
  };
  await runPool({ code, jobs: seedJobs(from, count), onResult, ...(processes && { processes }) });
  const differing = await repeat(code, hashes);
  showTotals(totals, startedAtMs);
  for (const seed of differing) console.log(`seed ${seed} went another way when it was run again`);
  const unreached = totals.unreached();
  for (const text of unreached) console.log(`rarely reached: ${text}`);
  console.log(
    failures.length === 0 ? `${totals.runs} seeds passed` : `${failures.length} of ${totals.runs} seeds failed`,
  );
  return failures.length + differing.length + unreached.length === 0;
}

/** Seeds whose second run differs. */
async function repeat(code: string, hashes: ReadonlyMap<number, number>): Promise<number[]> {
  const differing: number[] = [];
  const onResult = ({ seed, traceHash }: JobResult) => {
    if (hashes.get(seed) !== traceHash) differing.push(seed);
    return false;
  };
  await runPool({
    code,
    jobs: [...hashes.keys()].map((seed) => ({ seed })),
    onResult,
    ...(processes && { processes }),
  });
  return differing;
}

function showFailure({ seed, violations }: JobResult): void {
  clearLine();
  console.log(`seed ${seed} FAILED  ${violations[0]!.message.slice(0, 500)}`);
  console.log(`  replay: npm run sim -- --seed ${seed}`);
}

function showProgress(totals: Totals, count: number, failed: number, startedAtMs: number): void {
  const nowMs = performance.now();
  if (nowMs - shownAtMs < (process.stderr.isTTY ? 500 : 15_000)) return;
  shownAtMs = nowMs;
  const seconds = (nowMs - startedAtMs) / 1_000;
  const leftSeconds = ((count - totals.runs) * seconds) / totals.runs;
  const line = `${totals.runs} of ${count} seeds, ${(totals.runs / seconds).toFixed(1)} a second, ${failed} failed, ${Math.ceil(leftSeconds)} s left`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line.padEnd(78)}`);
  else console.error(line);
}

function clearLine(): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${' '.repeat(78)}\r`);
}

function showTotals(totals: Totals, startedAtMs: number): void {
  clearLine();
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const mean = (total: number) => Math.round(total / totals.runs);
  console.log(
    `${totals.runs} seeds in ${seconds.toFixed(0)} s: ${(totals.runs / seconds).toFixed(2)} a second, ${mean(totals.elapsedMs)} ms each in its process`,
  );
  console.log(
    `events a seed: ${mean(totals.events)}, at least ${totals.eventsMin}; faults a seed: ${mean(totals.faults)}, at least ${totals.faultsMin}`,
  );
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  console.log(`faults: ${list(totals.faultCounts)}`);
  console.log(`runs that reached: ${list(totals.reached)}`);
}

async function replay(seed: number, isTraced: boolean): Promise<boolean> {
  const products = loadProducts(await bundleProducts());
  const options = { seed, products };
  const result = await runSeed({ ...options, ...(isTraced && { trace: (line: string) => console.log(line) }) });
  const again = await runSeed(options);
  console.log(
    `seed ${seed}: ${result.events} events, ${result.faults} faults, ${result.steps} steps, trace ${result.traceHash.toString(16)}`,
  );
  if (again.traceHash !== result.traceHash)
    console.log(`run again it went another way: trace ${again.traceHash.toString(16)}`);
  if (result.violations.length === 0) return again.traceHash === result.traceHash;
  for (const { message } of result.violations.slice(0, 10)) console.log(`FAILED ${message.slice(0, 1_500)}`);
  console.log('shrinking …');
  const shrunk = await shrink(options, result);
  const { clientsMax, eventsMax } = shrunk.options;
  console.log(
    `after ${shrunk.replays} replays: ${clientsMax ?? 'all'} clients, ${eventsMax ?? 'all'} events each, ${shrunk.result.fired.length} faults:`,
  );
  for (const occasion of shrunk.result.fired) console.log(`  ${occasion}`);
  console.log(shrunk.result.violations[0]!.message.slice(0, 1_500));
  if (!isTraced) {
    console.log('its last steps:');
    const lines: string[] = [];
    await runSeed({ ...options, ...shrunk.options, trace: (line) => lines.push(line) });
    for (const line of lines.slice(-40)) console.log(`  ${line.slice(0, 300)}`);
  }
  return false;
}

async function printScenarios(name: string | undefined, isTraced: boolean): Promise<boolean> {
  const products = loadProducts(await bundleProducts());
  const trace = isTraced ? (line: string) => console.log(line) : undefined;
  let isGood = true;
  for (const scenario of SCENARIOS.filter((each) => name === undefined || each.name.startsWith(name))) {
    const violations = await runScenario(products, scenario, trace);
    console.log(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${scenario.name}`);
    for (const violation of violations) console.log(`       ${violation}`);
    isGood &&= violations.length === 0;
  }
  return isGood;
}
