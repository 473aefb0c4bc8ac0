/**
 * Build SDK: bundles the script that pages load, and its extras, into one TypeScript module, which the Worker imports like
 * any other.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type StdinOptions } from 'esbuild';
import { root } from './paths.ts';
import { writeChanged } from './write-changed.ts';

const sources = join(root, 'src/sdk');
/** The generated module, which git ignores. */
const outputFile = join(sources, 'dist/scripts.ts');

const banner = '/** Generated from src/sdk by src/local/build-sdk.ts; the next build overwrites edits. */';
const TARGETS = ['es2022', 'chrome111', 'firefox113', 'safari16.4'];
/** The function that each extra exports. */
const EXTRAS = {
  autocapture: 'autocapture',
  errors: 'trackErrors',
  links: 'trackLinks',
  'web-vitals': 'trackWebVitals',
} as const;
/** Bound of the script that every page loads, after gzip. */
export const SCRIPT_SIZE_BYTES_MAX = 3 * 1_024;

export interface BuiltScript {
  readonly path: string;
  readonly text: string;
  readonly etag: string;
}

/** Writes the module when it changed. Several processes may do so at once. */
export async function buildSdk(): Promise<readonly BuiltScript[]> {
  const extras = Object.entries(EXTRAS).map(([name, start]) => buildExtra(name, start));
  const scripts = await Promise.all([buildScript(), ...extras]);
  writeChanged(outputFile, `${banner}\nexport const SCRIPTS = ${JSON.stringify(scripts, null, 2)};\n`);
  return scripts;
}

async function buildScript(): Promise<BuiltScript> {
  const text = await bundle({ contents: "import './script.ts';", resolveDir: sources }, 'iife');
  const sizeBytes = gzipSync(text, { level: 9 }).byteLength;
  if (sizeBytes > SCRIPT_SIZE_BYTES_MAX)
    throw new Error(`/tm.js has ${sizeBytes} bytes after gzip, bound ${SCRIPT_SIZE_BYTES_MAX}.`);
  return built('/tm.js', text);
}

async function buildExtra(name: string, start: string): Promise<BuiltScript> {
  const contents = `export { ${start} as start } from './extras/${name}.ts';`;
  return built(`/tm/${name}.js`, await bundle({ contents, resolveDir: sources }, 'esm'));
}

function built(path: string, text: string): BuiltScript {
  return { path, text, etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"` };
}

async function bundle(stdin: StdinOptions, format: 'iife' | 'esm'): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin,
    bundle: true,
    minify: true,
    write: false,
    format,
    target: TARGETS,
    charset: 'utf8',
    logLevel: 'warning',
  });
  const [output] = outputFiles;
  if (!output) throw new Error('esbuild wrote no script.');
  return output.text;
}
