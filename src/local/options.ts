/**
 * Options of the local stack: `--port N` and `--state DIR`. The state folder is found here for the stack and for the
 * CLI alike: `--state`, else TIDEMARK_STATE, both relative to the folder of the user, else `.tidemark` of this
 * repository.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './paths.ts';

export type StackOptions = {
  readonly port: number;
  readonly stateFolder: string;
  /** The pause between two calls of the scheduled handler; tests shorten it. */
  readonly cronIntervalMs: number;
};

type Environment = Readonly<Record<string, string | undefined>>;

export const portDefault = 8787;
const stateFolderDefault = '.tidemark';
const cronIntervalMsDefault = 60_000;

export const stackUsage = `npm start [-- --port N] [--state DIR]

Runs Tidemark on this machine. Ctrl-C ends it; its state is kept.

  --port N     port (default ${portDefault})
  --state DIR  folder with the state and the keys (default: TIDEMARK_STATE, else ${stateFolderDefault} of this repository)`;

/** The options; null when the user asked for help. */
export function parseOptions(args: readonly string[], env: Environment): StackOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string' }, state: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return null;
  const port = Number(values.port ?? portDefault);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port takes a port from 1 to 65535, not "${values.port}"`);
  }
  return {
    port,
    stateFolder: stateFolderOf(values.state, env, env.INIT_CWD ?? '.'),
    cronIntervalMs: Number(env.TIDEMARK_CRON_INTERVAL_MS ?? cronIntervalMsDefault),
  };
}

/** The state folder: the option, else the environment's, else that of this repository. */
export function stateFolderOf(option: string | undefined, env: Environment, userFolder: string): string {
  const folder = option || env.TIDEMARK_STATE;
  return folder ? resolve(userFolder, folder) : resolve(root, stateFolderDefault);
}
