// Paths of the repository: its root, wherever a program was started from, and what the local stack reads and keeps.

import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export const configFile = resolve(root, 'wrangler.toml');
export const migrationsFolder = resolve(root, 'migrations');
export const devVarsFile = resolve(root, '.dev.vars');

/** What the local stack keeps in its state folder besides the data of the runtime. */
export function stateFiles(stateFolder: string) {
  return {
    lock: resolve(stateFolder, 'lock.json'),
    keys: resolve(stateFolder, 'keys.json'),
    data: resolve(stateFolder, 'data'),
    temporary: resolve(stateFolder, 'tmp'),
  };
}
