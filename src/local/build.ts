/**
 * Build: bundles the Worker and its Durable Objects into one module, as a deployment does.
 */
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { buildDashboard } from './build-dashboard.ts';
import { buildSdk } from './build-sdk.ts';
import { root } from './paths.ts';

const builtins = new RegExp(`^(?:${builtinModules.filter((name) => !name.startsWith('_')).join('|')})$`);

/** Adds the prefix `node:` to Node's modules: some packages leave it out, and the runtime knows only names with it. */
const nodeBuiltins: Plugin = {
  name: 'node-builtins',
  setup({ onResolve }) {
    onResolve({ filter: builtins }, ({ path }) => ({ path: `node:${path}`, external: true }));
  },
};

/** Returns the source of the Worker's module; throws the messages of esbuild when the build fails. */
export async function buildWorker(main: string, define: Record<string, string>): Promise<string> {
  await Promise.all([buildDashboard(), buildSdk()]);
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [resolve(root, main)],
    bundle: true,
    write: false,
    outfile: 'worker.mjs',
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.html': 'text', '.txt': 'text', '.sql': 'text', '.css': 'text' },
    define,
    sourcemap: 'inline',
    logLevel: 'warning',
    plugins: [nodeBuiltins],
  });
  const [output] = outputFiles;
  if (!output) throw new Error('esbuild wrote nothing');
  return output.text;
}
