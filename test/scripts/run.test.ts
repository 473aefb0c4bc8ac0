import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isNodeSupported, outdatedPackages } from '../../scripts/run.mjs';
import { root } from '../../src/local/paths.ts';

describe('the bootstrap', () => {
  it.each(['22.18.0', 'v22.23.2', '24.0.0', '26.10.0', '27.0.0'])('runs on Node %s', (version) => {
    expect(isNodeSupported(version)).toBe(true);
  });

  it.each(['18.20.0', '20.20.2', '22.17.1', '23.11.0', '25.1.0'])(
    'uses its pinned Node in place of Node %s',
    (version) => {
      expect(isNodeSupported(version)).toBe(false);
    },
  );

  it('installs when a package is missing or has another version, except a package of another platform', () => {
    const wanted = {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0' },
      'node_modules/c': { version: '3.0.0' },
      'node_modules/other-platform': { version: '1.0.0', optional: true },
    };
    const installed = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.9.0' } };
    expect(outdatedPackages(wanted, installed)).toEqual(['node_modules/b', 'node_modules/c']);
    expect(outdatedPackages(wanted, {})).toHaveLength(3);
  });

  it.each([
    ['the bootstrap', ['scripts/run.mjs', 'src/cli/main.ts']],
    ['the command', ['src/cli/main.ts']],
  ])('does its work in a checkout that is reached by a link: %s', (_, [file = '', ...args]) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-link-'));
    try {
      symlinkSync(root, join(folder, 'checkout'), 'dir');
      const argv = [join(folder, 'checkout', file), ...args, '--help'];
      const { stdout, status } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
      expect(stdout).toContain('tidemark <command>');
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
