// The structure of the tree: no circles of files or folders, no crowded folder, tests that stand where their sources do.

import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, readSources, type SourceFile } from '../support/sources.ts';

/** A folder with more files than this hides them: it is divided by feature. */
const FOLDER_FILES_MAX = 20;

/** Folders of tests that mirror no sources: each is a way of testing, or what tests share. */
const OWN_ROOMS = new Set(['architecture', 'bench', 'browser', 'chaos', 'differential', 'e2e', 'sim', 'support']);
/** Rooms that may stand beside the tests of any folder. */
const SHARED_ROOMS = new Set(['support', 'fixtures']);

/** The list of ports is a type that names what every folder hands in: no edge of the tree's structure. */
const SERVICES = 'src/services.ts';

const sources = [...readSources('src', /\.tsx?$/), ...readSources('durable-objects', /\.ts$/)];
const tests = readSources('test', /\.(ts|mjs)$/);
const scripts = readSources('scripts', /\.(ts|mjs)$/);

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** File → files that it imports, types included. */
function fileGraph(files: readonly SourceFile[]): Graph {
  return new Map(
    files.map(({ path, text }) => {
      const relative = importsOf(text).filter(({ specifier }) => specifier.startsWith('.'));
      return [path, new Set(relative.map(({ specifier }) => posix.join(posix.dirname(path), specifier)))];
    }),
  );
}

/** Folder → folders whose files its own import. The files directly in `src` mount everything and stand for themselves. */
function folderGraph(files: Graph): Graph {
  const folderOf = (path: string) => (posix.dirname(path) === 'src' ? path : posix.dirname(path));
  const folders = new Map<string, Set<string>>();
  for (const [path, targets] of files) {
    const folder = folderOf(path);
    const known = folders.get(folder) ?? new Set();
    folders.set(folder, known);
    for (const target of targets) {
      if (target !== SERVICES && folderOf(target) !== folder) known.add(folderOf(target));
    }
  }
  return folders;
}

/** One circle of the graph, its nodes in order, or null when there is none. Depth-first search. */
function findCircle(graph: Graph): string[] | null {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | null => {
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    if (finished.has(node)) return null;
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next);
      if (circle !== null) return circle;
    }
    path.pop();
    finished.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const circle = visit(node);
    if (circle !== null) return circle;
  }
  return null;
}

function crowdedFolders(paths: readonly string[]): string[] {
  const counts = Map.groupBy(paths, (path) => posix.dirname(path));
  return [...counts].filter(([, files]) => files.length > FOLDER_FILES_MAX).map(([folder]) => folder);
}

/** The folder whose sources a test of this folder tests, or null when it is a room of its own. */
function mirroredFolder(testFolder: string): string | null {
  const [, room = '', ...below] = testFolder.split('/');
  const inner = below.filter((name) => !SHARED_ROOMS.has(name));
  if (room === '' || OWN_ROOMS.has(room)) return null;
  return posix.join(room === 'durable-objects' || room === 'scripts' ? room : `src/${room}`, ...inner);
}

/** Why a test stands in the wrong place, or undefined when it stands right. */
function misplaced(path: string, sourcePaths: readonly string[]): string | undefined {
  const folder = mirroredFolder(posix.dirname(path));
  if (folder === null) return undefined;
  if (!sourcePaths.some((source) => source.startsWith(`${folder}/`))) return `${path}: there is no folder ${folder}`;
  const [word = ''] = posix.basename(path).split('.');
  const namesakes = sourcePaths.filter((source) => posix.basename(source).split('.')[0] === word);
  if (!path.includes('.test.') || namesakes.length === 0) return undefined;
  const isBeside = namesakes.some((source) => source.startsWith(`${folder}/`));
  return isBeside || posix.basename(folder) === word
    ? undefined
    : `${path}: ${namesakes.join(', ')} is tested elsewhere than its folder`;
}

describe('files and folders', () => {
  it('form no circles', () => {
    const files = fileGraph(sources);
    expect(findCircle(files)).toBeNull();
    expect(findCircle(folderGraph(files))).toBeNull();
  });

  it('would be caught in a circle', () => {
    const file = (path: string, ...specifiers: string[]) => ({
      path,
      text: specifiers.map((specifier) => `import type { A } from '${specifier}';`).join('\n'),
    });
    const two = fileGraph([file('src/a/x.ts', './y.ts'), file('src/a/y.ts', './x.ts')]);
    expect(findCircle(two)).toEqual(['src/a/x.ts', 'src/a/y.ts', 'src/a/x.ts']);
    const folders = fileGraph([file('src/a/x.ts', '../b/z.ts'), file('src/b/w.ts', '../a/y.ts')]);
    expect(findCircle(folders)).toBeNull();
    expect(findCircle(folderGraph(folders))).toEqual(['src/a', 'src/b', 'src/a']);
  });

  it(`are at most ${FOLDER_FILES_MAX} a folder`, () => {
    expect(crowdedFolders([...sources, ...tests, ...scripts].map(({ path }) => path))).toEqual([]);
    expect(crowdedFolders(Array.from({ length: FOLDER_FILES_MAX + 1 }, (_, n) => `src/a/${n}.ts`))).toEqual(['src/a']);
  });
});

describe('tests', () => {
  const sourcePaths = [...sources, ...scripts].map(({ path }) => path);

  it('mirror the sources', () => {
    expect(tests.map(({ path }) => misplaced(path, sourcePaths)).filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('would be caught elsewhere', () => {
    expect(misplaced('test/nowhere/x.test.ts', sourcePaths)).toBeDefined();
    expect(misplaced('test/query/ask/zstd.test.ts', sourcePaths)).toBeDefined();
    expect(misplaced('test/lake/encoding/zstd.workerd.test.ts', sourcePaths)).toBeUndefined();
    expect(misplaced('test/lake/support/world.ts', sourcePaths)).toBeUndefined();
    expect(misplaced('test/e2e/zstd.test.ts', sourcePaths)).toBeUndefined();
  });
});
