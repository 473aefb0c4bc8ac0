/**
 * Options of the demo: where its stack serves and keeps its state, and the size of the shop.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { portDefault } from '../../local/options.ts';
import { root } from '../../local/paths.ts';

export interface DemoOptions {
  readonly port: number;
  readonly stateFolder: string;
  readonly seed: string;
  /** Days of history. */
  readonly days: number;
  /** Visits of an average day at the end of the history. */
  readonly visitsPerDay: number;
}

/** Apart from the state of `npm start`, so that invented people never mix with the user's own. */
const STATE_DEFAULT = '.tidemark-demo';
const SEED_DEFAULT = 'shop';
const DAYS_DEFAULT = 90;
const DAYS_MAX = 365;
const VISITS_DEFAULT = 800;
const VISITS_MAX = 100_000;
const PORT_MAX = 65_535;

export const demoUsage = `npm run demo [-- --port N] [--state DIR] [--seed S] [--days N] [--visits N]

Runs Tidemark on this machine with an invented shop in it: months of history, and people in it now. Ctrl-C ends it; run again,
it goes on where it stopped.

  --port N     port (default ${portDefault})
  --state DIR  folder with the state and the keys (default ${STATE_DEFAULT} of this repository); remove it to begin anew
  --seed S     number or text from which the shop is invented (default "${SEED_DEFAULT}")
  --days N     days of history (default ${DAYS_DEFAULT})
  --visits N   visits of a day, a day's events being about five times as many (default ${VISITS_DEFAULT})`;

/** The options; null when the user asked for help. */
export function parseDemoOptions(args: readonly string[], userFolder: string): DemoOptions | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { port: text, state: text, seed: text, days: text, visits: text, help: { type: 'boolean' } },
  });
  if (values.help) return null;
  return {
    port: countOf('port', values.port, portDefault, PORT_MAX),
    stateFolder: values.state ? resolve(userFolder, values.state) : resolve(root, STATE_DEFAULT),
    seed: values.seed ?? SEED_DEFAULT,
    days: countOf('days', values.days, DAYS_DEFAULT, DAYS_MAX),
    visitsPerDay: countOf('visits', values.visits, VISITS_DEFAULT, VISITS_MAX),
  };
}

function countOf(name: string, text: string | undefined, otherwise: number, max: number): number {
  const count = Number(text ?? otherwise);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw Object.assign(new Error(`--${name} takes a number from 1 to ${max}, not "${text}"`), {
    code: 'ERR_PARSE_ARGS',
  });
}
