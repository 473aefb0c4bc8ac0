// Source file: a path relative to the root with its text, for the tests that read the repository itself.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../../src/local/paths.ts';

export type SourceFile = { readonly path: string; readonly text: string };
export type Import = { readonly specifier: string; readonly typeOnly: boolean };

const ignoredFolders = new Set(['node_modules', '.git', '.tidemark', '.wrangler', 'dist', 'fixtures', 'test-results']);

/** Written and removed by the deploy script, which another test runs at the same time. */
const PASSING_FILE = /^wrangler\.deploy/;

/** All files below the folder whose names match; '' is the repository. */
export function readSources(folder: string, name: RegExp): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : readSources(path, name);
    return name.test(entry.name) && !PASSING_FILE.test(entry.name)
      ? [{ path, text: readFileSync(join(root, path), 'utf8') }]
      : [];
  });
}

const stringOrComment = /(["'`])(?:\\.|(?!\1)[^\\])*\1|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

export function withoutComments(text: string): string {
  return text.replaceAll(stringOrComment, (match) => (match.startsWith('/') ? ' ' : match));
}

export function withoutCommentsAndStrings(text: string): string {
  return text.replaceAll(stringOrComment, (match) => (match.startsWith('/') ? ' ' : "''"));
}

/**
 * The static imports, re-exports and dynamic imports of a module. An import is type-only when none of it remains at run
 * time.
 */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const statements = [...code.matchAll(/^\s*(?:import|export)\s+([^'";=]*?)\s*from\s*['"]([^'"]+)['"]/gm)];
  const bare = [
    ...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ];
  return [
    ...statements.map(([, clause = '', specifier = '']) => ({ specifier, typeOnly: isTypeOnly(clause) })),
    ...bare.map(([, specifier = '']) => ({ specifier, typeOnly: false })),
  ];
}

/** With `verbatimModuleSyntax`, `{ type A, type B }` keeps the import of the module itself: it counts as a value. */
function isTypeOnly(clause: string): boolean {
  return /^type\s/.test(clause);
}
