// Runs the first seeds of the simulator, up to three failures.

import { runPool, seedJobs } from '../pool.ts';
import { Totals } from '../totals.ts';

const FAILURES_MAX = 3;

export async function runSeeds(code: string, count: number): Promise<{ failures: string[]; totals: Totals }> {
  const totals = new Totals();
  const failures: string[] = [];
  await runPool({
    code,
    jobs: seedJobs(1, count),
    onResult: (result) => {
      totals.add(result);
      const [first] = result.violations;
      if (first !== undefined) failures.push(`npm run sim -- --seed ${result.seed}: ${first.message.slice(0, 500)}`);
      return failures.length >= FAILURES_MAX;
    },
  });
  return { failures, totals };
}
