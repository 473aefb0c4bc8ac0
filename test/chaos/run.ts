// Chaos: `npm run chaos [-- --kills N]`: the crash test with 100 kills of the runtime, the parent and both, under load.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { root } from '../../src/local/paths.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' } } });
const { status } = spawnSync('vitest', ['run', '--project', 'e2e', 'test/e2e/crash.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, TIDEMARK_KILLS: values.kills },
});
process.exit(status ?? 1);
