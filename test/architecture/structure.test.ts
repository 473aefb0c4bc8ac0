// The structure of the tree: no circles of files or folders, no crowded folder, and tests that mirror their sources.

import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, readSources, type SourceFile } from '../support/sources.ts';

/** The most files in a folder; a bigger folder is divided by feature. */
const FOLDER_FILES_MAX = 20;

/** Folders of tests that mirror no sources: each is a way of testing, or is shared by tests. */
const OWN_ROOMS = new Set([
  'architecture',
  'bench',
  'browser',
  'chaos',
  'clients',
  'differential',
  'e2e',
  'scale',
  'sim',
  'support',
]);
/** Folders without sources that may stand beside the tests of any folder. */
const SHARED_ROOMS = new Set(['support', 'fixtures']);

/** The list of ports: a type that names the ports of every folder, so imports of it are no edges of the graph. */
const SERVICES = 'src/services.ts';

const sources = [...readSources('src', /\.tsx?$/), ...readSources('durable-objects', /\.ts$/)];
const tests = readSources('test', /\.(ts|mjs)$/);
const scripts = readSources('scripts', /\.(ts|mjs)$/);

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The graph of files: an edge goes from a file to each file that it imports, types included. */
function fileGraph(files: readonly SourceFile[]): Graph {
  return new Map(
    files.map(({ path, text }) => {
      const relative = importsOf(text).filter(({ specifier }) => specifier.startsWith('.'));
      return [path, new Set(relative.map(({ specifier }) => posix.join(posix.dirname(path), specifier)))];
    }),
  );
}

/**
 * The graph of folders: an edge goes from a folder to each folder whose files its own files import. A file directly in
 * `src` mounts many folders, so it is a node of its own.
 */
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

/** Finds a circle of the graph by depth-first search: its nodes in order, or null when there is none. */
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

/** The folder of sources that a folder of tests mirrors, or null when it mirrors none. */
function mirroredFolder(testFolder: string): string | null {
  const [, room = '', ...below] = testFolder.split('/');
  const inner = below.filter((name) => !SHARED_ROOMS.has(name));
  if (room === '' || OWN_ROOMS.has(room)) return null;
  return posix.join(room === 'durable-objects' || room === 'scripts' ? room : `src/${room}`, ...inner);
}

/** The reason why a test stands in the wrong place, or undefined when its place is right. */
function misplaced(path: string, sourcePaths: readonly string[]): string | undefined {
  const folder = mirroredFolder(posix.dirname(path));
  if (folder === null) return undefined;
  if (!sourcePaths.some((source) => source.startsWith(`${folder}/`)))
    return `${path} mirrors ${folder}, which does not exist`;
  const [word = ''] = posix.basename(path).split('.');
  const namesakes = sourcePaths.filter((source) => posix.basename(source).split('.')[0] === word);
  if (!path.includes('.test.') || namesakes.length === 0) return undefined;
  const isBeside = namesakes.some((source) => source.startsWith(`${folder}/`));
  return isBeside || posix.basename(folder) === word
    ? undefined
    : `${path} tests ${namesakes.join(', ')} but stands in another folder`;
}

describe('files and folders', () => {
  it('form no circles', () => {
    const files = fileGraph(sources);
    expect(findCircle(files)).toBeNull();
    expect(findCircle(folderGraph(files))).toBeNull();
  });

  it('would be caught if they formed a circle', () => {
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

  it(`are at most ${FOLDER_FILES_MAX} files in each folder`, () => {
    expect(crowdedFolders([...sources, ...tests, ...scripts].map(({ path }) => path))).toEqual([]);
    expect(crowdedFolders(Array.from({ length: FOLDER_FILES_MAX + 1 }, (_, n) => `src/a/${n}.ts`))).toEqual(['src/a']);
  });
});

describe('tests', () => {
  const sourcePaths = [...sources, ...scripts].map(({ path }) => path);

  it('mirror the sources', () => {
    expect(tests.map(({ path }) => misplaced(path, sourcePaths)).filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('would be caught in another place', () => {
    expect(misplaced('test/nowhere/x.test.ts', sourcePaths)).toBeDefined();
    expect(misplaced('test/query/ask/zstd.test.ts', sourcePaths)).toBeDefined();
    expect(misplaced('test/lake/encoding/zstd.workerd.test.ts', sourcePaths)).toBeUndefined();
    expect(misplaced('test/lake/support/world.ts', sourcePaths)).toBeUndefined();
    expect(misplaced('test/e2e/zstd.test.ts', sourcePaths)).toBeUndefined();
  });
});
