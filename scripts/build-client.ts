/**
 * Builds the typed client as a module with types into dist/client, for programs that import `tidemark/client`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../src/local/paths.ts';

const folder = join(root, 'dist/client');

rmSync(folder, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/client/client.ts'],
  outdir: folder,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.client.json')], { stdio: 'inherit' });
console.log(status === 0 ? 'The client stands in dist/client.' : 'The types of the client could not be written.');
process.exitCode = status ?? 1;
