/**
 * Options of the local stack: `--port N` and `--state DIR`, which is relative to the folder of the user.
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

export const portDefault = 8787;
export const stateFolderDefault = '.tidemark';
const cronIntervalMsDefault = 60_000;

export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): StackOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { port: { type: 'string' }, state: { type: 'string' } },
  });
  const port = Number(values.port ?? portDefault);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port takes a port from 1 to 65535, not "${values.port}"`);
  }
  return {
    port,
    stateFolder: values.state ? resolve(env.INIT_CWD ?? '.', values.state) : resolve(root, stateFolderDefault),
    cronIntervalMs: Number(env.TIDEMARK_CRON_INTERVAL_MS ?? cronIntervalMsDefault),
  };
}
