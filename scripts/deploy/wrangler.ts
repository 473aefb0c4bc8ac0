/**
 * Wrangler: the pinned version, run as a child process, because its commands are its stable interface.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../src/local/paths.ts';
import { describeCommand } from './plan.ts';

const program = join(root, 'node_modules/wrangler/bin/wrangler.js');

/**
 * Runs the command and returns its output, which `shown` prints and `quiet` captures; throws when the command failed.
 */
export function wrangler(args: readonly string[], mode: 'shown' | 'quiet' = 'shown'): string {
  if (mode === 'shown') console.log(`$ ${describeCommand(args)}`);
  const { status, stdout, stderr } = run(args, mode === 'shown' ? 'inherit' : 'pipe');
  if (status !== 0) throw new Error(`${describeCommand(args)} failed${stderr ? `:\n${stderr}` : ''}`);
  return stdout ?? '';
}

export function succeeds(args: readonly string[]): boolean {
  return run(args, 'pipe').status === 0;
}

function run(args: readonly string[], stdio: 'inherit' | 'pipe') {
  return spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', stdio, stdio],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
}
