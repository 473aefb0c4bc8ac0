// Chaos: the program `npm run chaos`, which runs the crash test with many kills.

import { spawnSync } from 'node:child_process';
import { root } from '../../src/local/paths.ts';
import { readOptions } from '../support/options.ts';

const HELP = `Usage: npm run chaos -- [options]

Runs the crash test: kills the runtime, its parent, or both, under load, and checks that every acknowledged
event is counted exactly once.

  --kills N        The number of kills. Default: 100.
  -h, --help       Print this text.`;

const { kills } = readOptions(HELP, { kills: { type: 'string', default: '100' } });
const { status } = spawnSync('vitest', ['run', '--project', 'long', 'test/e2e/crash.long.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, TIDEMARK_KILLS: kills },
});
process.exit(status ?? 1);
