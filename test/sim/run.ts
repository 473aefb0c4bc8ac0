// Run: the program `npm run sim`, which runs the simulator. HELP describes its options.

import { readOptions } from '../support/options.ts';
import { runPool, seedJobs } from './pool.ts';
import { bundleProducts, loadProducts } from './product/products.ts';
import { runScenario, SCENARIOS } from './scenarios.ts';
import { printSensitivity } from './sensitivity.ts';
import { shrink } from './shrink.ts';
import { type RunOptions, type RunResult, runSeed } from './simulation.ts';
import { Totals } from './totals.ts';
import type { JobResult } from './worker.ts';

const HELP = `Usage: npm run sim -- [options]

Runs the product in a simulated world with faults and checks its answers. A seed decides a whole run.

  --seeds N        Run N seeds on all cores. Default: 1000.
  --from S         The first seed. Default: 1.
  --seed S         Replay one seed. A failure is shrunk and its last steps are printed.
  --scenarios      Run the named scenarios.
  --sensitivity    Say after how many seeds each seeded bug is found.
  --name N         Run only the seeded bug N, or the scenarios whose names begin with N.
  --trace          Print every step of a seed or of the scenarios.
  --processes N    Use N processes. Default: one for each core.
  -h, --help       Print this text.`;

/** One seed in this many is run again, to check that it takes the same steps. */
const REPEATED_OF = 100;
const FAILURES_SHOWN_MAX = 5;

const options = readOptions(HELP, {
  seeds: { type: 'string' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  trace: { type: 'boolean', default: false },
  sensitivity: { type: 'boolean', default: false },
  scenarios: { type: 'boolean', default: false },
  name: { type: 'string' },
  processes: { type: 'string' },
});
let shownAtMs = 0;
const processes = options.processes === undefined ? undefined : Number(options.processes);

if (options.sensitivity) process.exitCode = (await printSensitivity({ name: options.name, processes })) ? 0 : 1;
else if (options.scenarios) process.exitCode = (await printScenarios(options.name, options.trace)) ? 0 : 1;
else if (options.seed !== undefined) process.exitCode = (await replay(Number(options.seed), options.trace)) ? 0 : 1;
else process.exitCode = (await runSeeds(Number(options.from), Number(options.seeds ?? 1_000))) ? 0 : 1;

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
  for (const seed of differing) console.log(`Seed ${seed} took other steps when it was run again.`);
  const unreached = totals.unreached();
  for (const text of unreached) console.log(`A rare state was reached too seldom: ${text}`);
  console.log(
    failures.length === 0 ? `${totals.runs} seeds passed` : `${failures.length} of ${totals.runs} seeds failed`,
  );
  return failures.length + differing.length + unreached.length === 0;
}

/** Runs seeds again. Returns those whose second run differs from the first. */
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
  const rate = (totals.runs / seconds).toFixed(1);
  const left = Math.ceil(leftSeconds);
  const line = `${totals.runs} of ${count} seeds, ${rate} seeds a second, ${failed} failed, ${left} s left`;
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
  const rate = (totals.runs / seconds).toFixed(2);
  console.log(
    `${totals.runs} seeds in ${seconds.toFixed(0)} s: ${rate} seeds a second, ${mean(totals.elapsedMs)} ms for a seed`,
  );
  console.log(`events of a seed: ${mean(totals.events)} on average, at least ${totals.eventsMin}`);
  console.log(`faults of a seed: ${mean(totals.faults)} on average, at least ${totals.faultsMin}`);
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
  const runOptions = { seed, products };
  const result = await runSeed({ ...runOptions, ...(isTraced && { trace: (line: string) => console.log(line) }) });
  const again = await runSeed(runOptions);
  const [hash, hashAgain] = [result.traceHash.toString(16), again.traceHash.toString(16)];
  console.log(`seed ${seed}: ${result.events} events, ${result.faults} faults, ${result.steps} steps, trace ${hash}`);
  if (hashAgain !== hash) console.log(`The second run of the seed took other steps: trace ${hashAgain}`);
  if (result.violations.length === 0) return hashAgain === hash;
  for (const { message } of result.violations.slice(0, 10)) console.log(`FAILED ${message.slice(0, 1_500)}`);
  await showShrunk(runOptions, result, isTraced);
  return false;
}

/** Prints the shortest failing run that shrinking finds, with its last steps unless all steps were printed before. */
async function showShrunk(runOptions: RunOptions, failed: RunResult, isTraced: boolean): Promise<void> {
  console.log('The failure is being shrunk …');
  const { options: shrunkOptions, result, replays } = await shrink(runOptions, failed);
  const { clientsMax, eventsMax } = shrunkOptions;
  const size = `${clientsMax ?? 'all'} clients, ${eventsMax ?? 'all'} events for each, ${result.fired.length} faults`;
  console.log(`After ${replays} replays the run still fails with ${size}:`);
  for (const occasion of result.fired) console.log(`  ${occasion}`);
  console.log(result.violations[0]!.message.slice(0, 1_500));
  if (isTraced) return;
  console.log('The last steps of this run:');
  const lines: string[] = [];
  await runSeed({ ...runOptions, ...shrunkOptions, trace: (line) => lines.push(line) });
  for (const line of lines.slice(-40)) console.log(`  ${line.slice(0, 300)}`);
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
