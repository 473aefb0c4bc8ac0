// The programs of this folder: each prints its usage for `--help` and refuses an unknown option in plain text.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../src/local/paths.ts';

function run(program: string, ...options: string[]) {
  const file = join(root, 'test', program, 'run.ts');
  return spawnSync(process.execPath, ['--no-warnings', file, ...options], { encoding: 'utf8' });
}

describe('a program', { timeout: 60_000 }, () => {
  it.each(['sim', 'chaos'])('prints its usage: %s', (program) => {
    const { status, stdout, stderr } = run(program, '--help');
    expect(stdout).toMatch(new RegExp(`^Usage: npm run ${program} -- \\[options\\]\n`));
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('refuses an unknown option with a sentence and its usage', () => {
    const { status, stdout, stderr } = run('chaos', '--nonsense');
    expect(stderr).toMatch(/^Unknown option '--nonsense'.*\n\nUsage: npm run chaos/);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});
