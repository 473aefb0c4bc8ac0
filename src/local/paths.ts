/**
 * Paths of the repository: its root, from whatever folder a program starts, and the files of the local stack.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export const configFile = resolve(root, 'wrangler.toml');
export const migrationsFolder = resolve(root, 'migrations');
export const devVarsFile = resolve(root, '.dev.vars');

/** The files and folders that the local stack keeps in its state folder. */
export function stateFiles(stateFolder: string) {
  return {
    lock: resolve(stateFolder, 'lock.json'),
    keys: resolve(stateFolder, 'keys.json'),
    data: resolve(stateFolder, 'data'),
    temporary: resolve(stateFolder, 'tmp'),
  };
}
