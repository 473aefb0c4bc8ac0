/**
 * Builds the SDK as modules with types into dist/sdk, for apps that bundle it.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../src/local/paths.ts';

const folder = join(root, 'dist/sdk');
const extras = ['autocapture', 'errors', 'links', 'web-vitals'];

rmSync(folder, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['browser', 'node', ...extras.map((name) => `extras/${name}`)].map((name) => `src/sdk/${name}.ts`),
  outbase: 'src/sdk',
  outdir: folder,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  packages: 'external',
  logLevel: 'warning',
});
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.sdk.json')], { stdio: 'inherit' });
console.log(status === 0 ? 'The SDK stands in dist/sdk.' : 'The types of the SDK could not be written.');
process.exitCode = status ?? 1;
