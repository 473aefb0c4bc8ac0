// Build: bundles the product into one script that the simulator runs under its own clock, randomness and platform. The
// only changes to the sources are textual patches, applied while bundling: smaller limits, and in the sensitivity suite
// one seeded bug. The build fails when the old text of a patch does not occur exactly once.

import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { root } from '../../../src/local/paths.ts';

export interface Patch {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly old: string;
  readonly new: string;
}

/** The entry of the bundle. */
const ENTRY = 'test/sim/product/product.ts';

/** The bundled product, as the body of a CommonJS function. */
export async function bundleProduct(patches: readonly Patch[]): Promise<string> {
  const applied = new Set<Patch>();
  const { outputFiles } = await build({
    entryPoints: [join(root, ENTRY)],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    conditions: ['workerd', 'worker'],
    logLevel: 'silent',
    plugins: [platformPlugin, patchPlugin(patches, applied)],
  });
  for (const patch of patches) {
    if (!applied.has(patch)) throw new Error(`The product does not load ${patch.file}, which has a patch.`);
  }
  return outputFiles[0]!.text;
}

const METADATA_MODULE = join(root, 'test/sim/platform/parquet-metadata-module.ts');

/** Replaces the platform's module, the HTTP application, which the simulator bypasses, and the parser of footers. */
const platformPlugin: Plugin = {
  name: 'platform',
  setup({ onResolve }) {
    onResolve({ filter: /^cloudflare:workers$/ }, () => ({ path: join(root, 'test/sim/platform/workers-module.ts') }));
    onResolve({ filter: /\/app\.ts$/ }, () => ({ path: join(root, 'test/sim/platform/app-module.ts') }));
    onResolve({ filter: /^hyparquet\/src\/metadata\.js$/ }, ({ importer }) =>
      importer === METADATA_MODULE ? undefined : { path: METADATA_MODULE },
    );
  },
};

function patchPlugin(patches: readonly Patch[], applied: Set<Patch>): Plugin {
  return {
    name: 'patch',
    setup({ onLoad }) {
      onLoad({ filter: /\/(src|durable-objects)\/.*\.ts$/ }, async ({ path }) => {
        const file = relative(root, path);
        const own = patches.filter((patch) => patch.file === file);
        if (own.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const patch of own) {
          contents = applyPatch(contents, patch);
          applied.add(patch);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

export function applyPatch(text: string, patch: Patch): string {
  const pieces = text.split(patch.old);
  if (pieces.length !== 2) {
    const count = pieces.length - 1;
    throw new Error(`The old text of a patch of ${patch.file} was found ${count} times, not once:\n${patch.old}`);
  }
  return pieces.join(patch.new);
}
