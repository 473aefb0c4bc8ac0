/**
 * `npm run clients [-- <filter>]`: installs the SDKs of other vendors here, unless they are, and runs their tests against a
 * local stack. No other command installs them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outdatedPackages } from '../../scripts/run.mjs';
import { root } from '../../src/local/paths.ts';

const folder = join(root, 'test/clients');
const installed = join(folder, 'node_modules/.package-lock.json');

function packagesOf(file: string): Record<string, { version?: string }> {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (outdatedPackages(packagesOf(join(folder, 'package-lock.json')), packagesOf(installed)).length > 0) {
  run('npm', ['ci', '--ignore-scripts', '--loglevel=error'], folder);
}
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
run(process.execPath, [vitest, 'run', '--config', join(folder, 'vitest.config.ts'), ...process.argv.slice(2)], root);
