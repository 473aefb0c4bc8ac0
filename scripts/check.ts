/**
 * `npm run check`: runs all static checks at once and prints the output of those that failed. The exit code is 1 when
 * one failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDashboard } from '../src/local/build-dashboard.ts';
import { buildSdk } from '../src/local/build-sdk.ts';
import { root } from '../src/local/paths.ts';

type Check = { readonly name: string; readonly program: string; readonly args: readonly string[] };
type Outcome = Check & { readonly ok: boolean; readonly output: string; readonly elapsedMs: number };

/** One check for each TypeScript project that has sources: TypeScript refuses a project without any. */
function typeChecks(): Check[] {
  return readdirSync(root)
    .filter((file) => /^tsconfig(\.\w+)?\.json$/.test(file) && file !== 'tsconfig.base.json')
    .filter((file) => sourceFolders(file).some((folder) => existsSync(join(root, folder))))
    .map((file) => ({ name: file, program: 'typescript/bin/tsc', args: ['-p', file, '--pretty', 'false'] }));
}

function sourceFolders(tsconfig: string): string[] {
  const include = /"include": \[(.*)\]/.exec(readFileSync(join(root, tsconfig), 'utf8'))?.[1] ?? '';
  return [...include.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '').filter((path) => !path.endsWith('.d.ts'));
}

const checks: Check[] = [
  ...typeChecks(),
  { name: 'biome', program: '@biomejs/biome/bin/biome', args: ['check', '.'] },
  { name: 'knip', program: 'knip/bin/knip.js', args: ['--no-progress'] },
  { name: 'supply', program: '../scripts/check-supply.ts', args: [] },
  {
    name: 'structure',
    program: 'vitest/vitest.mjs',
    args: ['run', '--project', 'node', 'test/architecture', '--reporter=dot'],
  },
];

function runCheck(check: Check): Promise<Outcome> {
  const startedAtMs = Date.now();
  const child = spawn(process.execPath, [join(root, 'node_modules', check.program), ...check.args], { cwd: root });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ ...check, ok: code === 0, output, elapsedMs: Date.now() - startedAtMs }));
  });
}

// The Worker imports the generated page.
await Promise.all([buildDashboard(), buildSdk()]);
const outcomes = await Promise.all(checks.map(runCheck));
for (const { name, ok, output, elapsedMs } of outcomes) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${(elapsedMs / 1000).toFixed(1)} s)`);
  if (!ok) console.log(output.trimEnd().replaceAll(/^/gm, '       '));
}
const failedCount = outcomes.filter(({ ok }) => !ok).length;
console.log(`${outcomes.length - failedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount === 0 ? 0 : 1;
