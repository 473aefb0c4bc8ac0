/**
 * Build dashboard: bundles src/dashboard with Vite into one TypeScript module, which the Worker imports like any other.
 *
 * The module holds the document and the files that it loads, each named by the hash of its content. Bundlers that know
 * TypeScript alone (those of wrangler and vitest) can carry it. A build whose sources did not change is left out.
 */
import { createHash } from 'node:crypto';

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Rolldown } from 'vite';

import { root } from './paths.ts';
import { writeChanged } from './write-changed.ts';

const sources = join(root, 'src/dashboard');
/** The generated module, which git ignores. */
const outputFile = join(sources, 'dist/site.ts');
/** Files outside of the sources on which the build depends. */
const alsoRead = ['package-lock.json', 'src/local/build-dashboard.ts', 'src/core/limits.ts'];

/** The first versions that know `light-dark` and nested colours. */
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5'];

const banner = '/** Generated from src/dashboard by src/local/build-dashboard.ts; the next build overwrites edits. */';

/** Modules that nearly every page needs are one file each: a first visit is then a few requests and not twenty. */
const GROUPS = [
  {
    name: 'base',
    test: /node_modules\/@?preact|dashboard\/(data|parts)\/(?!listing|follow-live|names|snippets|dialog|copy|field)|charts\/color|boards\/marks/,
  },
  { name: 'chart', test: /node_modules\/uplot|charts\/(line-chart|chart|spark)/ },
];

/** A file of the dashboard. `imports` are the paths of the files that are loaded with it. */
export interface BuiltFile {
  readonly path: string;
  readonly contentType: string;
  readonly text: string;
  readonly imports: readonly string[];
  /** The source of the page whose entry this file is; null for other files. */
  readonly page: string | null;
}

export interface BuiltSite {
  readonly html: string;
  readonly files: readonly BuiltFile[];
  /** The paths of the files of each page, beyond those that the document names, by the page's folder. */
  readonly pages: Readonly<Record<string, readonly string[]>>;
}

/** Writes the module when a source changed. Several processes may do so at once. */
export async function buildDashboard(): Promise<void> {
  const mark = `// Sources: ${hashOfSources()}`;
  if (existsSync(outputFile) && readFileSync(outputFile, 'utf8').startsWith(mark)) return;
  const { html, files, pages } = await bundleDashboard();
  const served = files.map(({ path, contentType, text }) => ({ path, contentType, text }));
  const text = `${mark}\n${banner}\nexport const SITE = ${JSON.stringify({ html, files: served, pages }, null, 2)};\n`;
  writeChanged(outputFile, text);
}

/** Bundles the dashboard without writing anything. */
export async function bundleDashboard(): Promise<BuiltSite> {
  const built = (await build({
    root: sources,
    configFile: false,
    logLevel: 'warn',
    // Also where a test builds it, for which Vite would take the development form.
    mode: 'production',
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      write: false,
      target: BROWSERS,
      // Without it the two colours of `light-dark` are written out as variables.
      cssTarget: BROWSERS,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: { output: { codeSplitting: { groups: GROUPS } } },
    },
  })) as Rolldown.RolldownOutput;
  const html = built.output.find(({ fileName }) => fileName === 'index.html');
  if (html?.type !== 'asset') throw new Error('Vite wrote no index.html');
  const files = built.output.filter((file) => file !== html).map(toFile);
  return { html: String(html.source), files, pages: filesOfPages(String(html.source), files) };
}

function filesOfPages(html: string, files: readonly BuiltFile[]): BuiltSite['pages'] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const withImports = (paths: readonly string[], found = new Set<string>()): Set<string> => {
    for (const path of paths) if (!found.has(path)) withImports(byPath.get(path)?.imports ?? [], found.add(path));
    return found;
  };
  const own = withImports([...byPath.keys()].filter((path) => html.includes(`"${path}"`)));
  const pages = files.filter(({ page }) => page !== null);
  return Object.fromEntries(
    pages.map(({ path, page }) => [page, [...withImports([path])].filter((one) => !own.has(one))]),
  );
}

function toFile(file: Rolldown.OutputChunk | Rolldown.OutputAsset): BuiltFile {
  const path = `/${file.fileName}`;
  if (file.type === 'asset')
    return { path, contentType: 'text/css; charset=utf-8', text: String(file.source), imports: [], page: null };
  const styles = (file as { viteMetadata?: { importedCss: Set<string> } }).viteMetadata?.importedCss ?? [];
  const page = /\/pages\/([\w-]+)\/page\.tsx$/.exec(file.facadeModuleId ?? '')?.[1] ?? null;
  const imports = [...file.imports, ...styles].map((name) => `/${name}`);
  return { path, contentType: 'text/javascript; charset=utf-8', text: file.code, imports, page };
}

function hashOfSources(): string {
  const own = readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(dirname(outputFile)));
  const hash = createHash('sha256');
  for (const path of [...own.sort(), ...alsoRead.map((path) => join(root, path))]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
