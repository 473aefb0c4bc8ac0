/**
 * Build dashboard: bundles each page of src/dashboard/pages into one TypeScript module, which the Worker imports like any
 * other.
 *
 * A page is one HTML document with its style and script in it, and the policy that allows these two by their hashes. It
 * needs nothing else, and bundlers that know TypeScript alone (those of wrangler and vitest) can carry it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.ts';
import { writeChanged } from './write-changed.ts';

const sources = join(root, 'src/dashboard');
/** The generated module, which git ignores. */
const outputFile = join(sources, 'dist/pages.ts');

const banner = '/** Generated from src/dashboard by src/local/build-dashboard.ts; the next build overwrites edits. */';
const notice = '/*! With uPlot, (c) Leon Sorokin, MIT License, https://github.com/leeoniya/uPlot */';
/** The page at `/`. Every other page stands at its own name. */
const HOME = 'home';

interface BuiltPage {
  readonly path: string;
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** Writes the module when it changed. Several processes may do so at once. */
export async function buildDashboard(): Promise<void> {
  const names = readdirSync(join(sources, 'pages'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const style = await bundle('parts/style.css');
  const pages = await Promise.all(names.map(({ name }) => buildPage(name, style)));
  writeChanged(outputFile, `${banner}\nexport const PAGES = ${JSON.stringify(pages, null, 2)};\n`);
}

async function buildPage(name: string, style: string): Promise<BuiltPage> {
  const script = await bundle(`pages/${name}/main.ts`);
  const html = readFileSync(join(sources, 'pages', name, 'index.html'), 'utf8')
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script type="module">${script}</script>`);
  return { path: name === HOME ? '/' : `/${name}`, html, contentSecurityPolicy: policyOf(script, style) };
}

function policyOf(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(sources, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    charset: 'utf8',
    ...(entry.endsWith('.ts') && { banner: { js: notice } }),
    logLevel: 'warning',
  });
  const [output] = outputFiles;
  if (!output) throw new Error(`esbuild wrote nothing for ${entry}`);
  return output.text;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
