/**
 * Build dashboard: bundles the page at `/` into one TypeScript module, which the Worker imports like any other.
 *
 * The module has one HTML document with its style and script in it, and the policy that allows these two by their
 * hashes. The page needs nothing else, and bundlers that know TypeScript alone (those of wrangler and vitest) can carry
 * it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './paths.ts';

const sources = join(root, 'src/dashboard');
/** The generated module, which git ignores. */
const outputFile = join(sources, 'dist/page.ts');

const banner = '/** Generated from src/dashboard by src/local/build-dashboard.ts; the next build overwrites edits. */';
const notice = '/*! With uPlot, (c) Leon Sorokin, MIT License, https://github.com/leeoniya/uPlot */';

/** Writes the module when it changed. Several processes may do so at once. */
export async function buildDashboard(): Promise<void> {
  const [script, style] = await Promise.all([bundle('main.ts'), bundle('style.css')]);
  const html = readFileSync(join(sources, 'index.html'), 'utf8')
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script type="module">${script}</script>`);
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  writeChanged(
    outputFile,
    `${banner}\nexport const pageHtml = ${JSON.stringify(html)};\nexport const PAGE_CONTENT_SECURITY_POLICY = ${JSON.stringify(policy)};\n`,
  );
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

function writeChanged(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
