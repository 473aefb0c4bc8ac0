/**
 * Module loader: loads a user's module wherever it lies.
 *
 * Node takes a `.ts` or `.js` file for CommonJS when the nearest package.json says so, which may be that of a project the
 * file only happens to lie in. A module that does not load and has `export` or `import` statements is loaded once more as
 * the ES module that it is, and so are the files that it imports.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export async function importModule(path: string): Promise<{ readonly [name: string]: unknown }> {
  const url = pathToFileURL(path).href;
  try {
    return await import(/* @vite-ignore */ url);
  } catch (error) {
    if (!isEsModule(url)) throw error;
    return importAsEsModule(url, error);
  }
}

async function importAsEsModule(url: string, firstError: unknown): Promise<{ readonly [name: string]: unknown }> {
  // Node remembers the failure of the first try by its URL.
  const retryUrl = `${url}?as=module`;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === retryUrl ? { url: retryUrl, format: 'module', shortCircuit: true } : next(specifier, context),
    load: (loadUrl, context, next) =>
      isEsModule(loadUrl)
        ? { format: 'module', source: sourceOf(loadUrl), shortCircuit: true }
        : next(loadUrl, context),
  });
  try {
    return await import(/* @vite-ignore */ retryUrl);
  } catch (error) {
    // The same fault twice is the module's own. The first message names the place in the file.
    throw (error as Error).name === (firstError as Error).name ? firstError : error;
  } finally {
    hooks.deregister();
  }
}

function isEsModule(url: string): boolean {
  if (!url.startsWith('file:') || !['.ts', '.js'].includes(extname(pathOf(url)))) return false;
  try {
    return /^\s*(export|import)\b/m.test(readFileSync(pathOf(url), 'utf8'));
  } catch {
    return false;
  }
}

function sourceOf(url: string): string {
  const source = readFileSync(pathOf(url), 'utf8');
  return extname(pathOf(url)) === '.ts' ? stripTypeScriptTypes(source) : source;
}

function pathOf(url: string): string {
  return fileURLToPath(url.split('?')[0] as string);
}
