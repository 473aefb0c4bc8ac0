// The import table: the folders that each folder may import. Stages import each other only where the table says so.

import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Import, importsOf, readSources, withoutCommentsAndStrings } from '../support/sources.ts';

type Rule = {
  /** Places whose modules the folder may import; the folder itself is always allowed. */
  readonly values: readonly string[];
  /** Places of which the folder may import types only. */
  readonly types?: readonly string[];
  /** Packages that the folder may import. Default: any. */
  readonly packages?: readonly string[];
};

const shardFolder = 'durable-objects';
const services = 'src/services.ts';

const routes = {
  values: ['src/core', 'src/wire', 'src/http', 'src/control', 'src/observe'],
  types: [shardFolder, services],
};

const table: Record<string, Rule> = {
  'src/core': { values: [], packages: ['zod', '@datadog/sketches-js', 'protobufjs'] },
  'src/wire': { values: ['src/core'], packages: ['zod'] },
  'src/observe': { values: ['src/core'], packages: [] },
  [shardFolder]: {
    values: ['src/core', 'src/lake', 'src/observe'],
    packages: ['cloudflare:workers', 'node:zlib', 'itty-durable', 'itty-router'],
  },
  'src/edge': routes,
  'src/query': { ...routes, values: [...routes.values, 'src/lake'] },
  'src/operate': { ...routes, values: [...routes.values, 'src/lake', 'src/query/view'] },
  'src/live': { ...routes, values: [...routes.values, 'src/query/view'] },
  'src/sinks': { values: ['src/core', 'src/lake', 'src/control', 'src/observe'], types: [services] },
  'src/lake': { values: ['src/core', 'src/observe'], types: ['src/wire'] },
  // Routes of control answer with the problem details of http; http does not import control.
  'src/control': { values: ['src/core', 'src/wire', 'src/http', 'src/observe'], types: [services] },
  // The ports that the entry hands to every route, as types alone.
  [services]: {
    values: [],
    types: ['src/core', 'src/wire', 'src/http', 'src/control', 'src/lake', 'src/observe', shardFolder],
    packages: [],
  },
  'src/http': { values: ['src/core', 'src/wire', 'src/observe'] },
  'src/sdk': { values: [], packages: ['web-vitals'] },
  // The document and its pages read the descriptions of routes, and no stage imports them.
  'src/openapi': { values: ['src/core', 'src/wire', 'src/http'] },
  // It is whole by itself: pages, programs and other people's Workers bundle it.
  'src/client': { values: [], packages: [] },
  // Only types of the wire: its values would bring the schema library into the page.
  'src/dashboard': { values: ['src/core/limits.ts', 'src/client'], types: ['src/core', 'src/wire'] },
  // Of the core's values only the limits and the reading of times: the rest is the server's to know. A vendor's export is read
  // by the adapter of its SDK, so that a person in history is the same as live.
  'src/cli': {
    values: [
      'src/wire',
      'src/core/limits.ts',
      'src/core/std/instant.ts',
      'src/local',
      'src/client',
      'src/edge/protocols',
    ],
    types: ['src/core'],
  },
  'src/local': { values: ['src/wire', 'src/core/limits.ts'], types: ['src/core'] },
};

/** The modules that may import everything. No other module imports them, except that the entry imports the app. */
const tops = ['src/index.ts', 'src/app.ts'];

function folderOf(path: string): string {
  if (tops.includes(path) || path === services) return path;
  const [first = '', second = ''] = path.split('/');
  return first === 'src' ? `${first}/${second}` : first;
}

/** Whether a rule's folder, room or file holds the target. */
function holds(allowed: readonly string[] | undefined, target: string): boolean {
  return allowed?.some((place) => target === place || target.startsWith(`${place}/`)) ?? false;
}

/** The reason why the file may not have this import, or undefined when it may. */
function violation(path: string, { specifier, typeOnly }: Import): string | undefined {
  const own = folderOf(path);
  const rule = table[own];
  if (!specifier.startsWith('.')) {
    const name = packageOf(specifier);
    const allowed = typeOnly || rule?.packages === undefined || rule.packages.includes(name);
    return allowed ? undefined : `${path} imports the package ${name}, which is not on the list of ${own}`;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const folder = folderOf(target);
  if (path === 'src/index.ts') return undefined;
  if (tops.includes(folder)) return `${path} imports ${target}, which only the entry may import`;
  if (path === 'src/app.ts' || folder === own || holds(rule?.values, target)) return undefined;
  if (typeOnly && holds(rule?.types, target)) return undefined;
  return `${path} imports ${target}: ${own} may not import ${typeOnly ? 'types' : 'values'} of ${folder}`;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

const sources = [...readSources('src', /\.tsx?$/), ...readSources(shardFolder, /\.ts$/)];

describe('the import table', () => {
  it('covers every folder of the sources', () => {
    const folders = new Set(sources.map(({ path }) => folderOf(path)));
    expect([...folders].filter((folder) => !table[folder] && !tops.includes(folder))).toEqual([]);
  });

  it('holds for every import', () => {
    const violations = sources.flatMap(({ path, text }) => importsOf(text).map((found) => violation(path, found)));
    expect(violations.filter((reason) => reason !== undefined)).toEqual([]);
  });

  it('refuses the imports that it should refuse', () => {
    const value = (specifier: string) => ({ specifier, typeOnly: false });
    const type = (specifier: string) => ({ specifier, typeOnly: true });
    expect(violation('src/core/event/event.ts', value('../../edge/collect.ts'))).toBeDefined();
    expect(violation('src/core/event/event.ts', value('hono'))).toBeDefined();
    expect(violation('src/edge/collect.ts', value('../../durable-objects/shard.ts'))).toBeDefined();
    expect(violation('src/edge/collect.ts', type('../../durable-objects/shard.ts'))).toBeUndefined();
    expect(violation('src/edge/collect.ts', value('../sinks/consume.ts'))).toBeDefined();
    expect(violation('src/query/ask/execute.ts', value('../../app.ts'))).toBeDefined();
    expect(violation('src/cli/main.ts', value('../core/limits.ts'))).toBeUndefined();
    expect(violation('src/cli/main.ts', value('../core/std/hash.ts'))).toBeDefined();
    expect(violation('src/cli/main.ts', type('../core/std/hash.ts'))).toBeUndefined();
    expect(violation('src/dashboard/data/minutes.ts', value('../../core/limits.ts'))).toBeUndefined();
    expect(violation('src/dashboard/data/api.ts', value('../../wire/demo.ts'))).toBeDefined();
    expect(violation('src/dashboard/data/api.ts', type('../../wire/demo.ts'))).toBeUndefined();
    expect(violation('src/operate/status-routes.ts', value('../query/view/shards.ts'))).toBeUndefined();
    expect(violation('src/operate/status-routes.ts', value('../query/ask/execute.ts'))).toBeDefined();
  });

  it('reads every form of import', () => {
    const text = `
      import a, { type B } from './a.ts';
      import type { C } from "./c.ts";
      // import './comment.ts';
      export * from './d.ts';
      export type { E } from './e.ts';
      import {
        f,
      } from './f.ts';
      import './g.ts';
      const h = await import('./h.ts');
    `;
    const found = importsOf(text).map(({ specifier, typeOnly }) => (typeOnly ? `type ${specifier}` : specifier));
    expect(found.sort()).toEqual(
      ['./a.ts', './d.ts', './f.ts', './g.ts', './h.ts', 'type ./c.ts', 'type ./e.ts'].sort(),
    );
  });
});

describe('the core', () => {
  const impure: readonly (readonly [name: string, pattern: RegExp])[] = [
    ['Date.now', /\bDate\s*\.\s*now\b/],
    ['new Date()', /\bnew\s+Date\s*(\(\s*\)|[^\s(])/],
    ['Math.random', /\bMath\s*\.\s*random\b/],
    ['fetch', /(?<![.\w#])fetch\s*\(/],
    ['timers', /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/],
    ['crypto', /(?<![.\w#])crypto\s*\./],
    ['process', /(?<![.\w#])process\s*\./],
    ['performance', /(?<![.\w#])performance\s*\./],
  ];
  const impuritiesOf = (text: string) =>
    impure.filter(([, pattern]) => pattern.test(withoutCommentsAndStrings(text))).map(([name]) => name);

  it('uses no clock, no randomness, no input and no output', () => {
    const found = readSources('src/core', /\.ts$/).flatMap(({ path, text }) =>
      impuritiesOf(text).map((name) => `${path}: ${name}`),
    );
    expect(found).toEqual([]);
  });

  it('would be caught if it used one of them', () => {
    expect(impuritiesOf('const now = Date.now()')).toEqual(['Date.now']);
    expect(impuritiesOf('const now = new Date()')).toEqual(['new Date()']);
    expect(impuritiesOf('const start = new Date(startMs) // Date.now()')).toEqual([]);
    expect(impuritiesOf('await fetch("x"); setTimeout(f, 1); crypto.randomUUID()')).toEqual([
      'fetch',
      'timers',
      'crypto',
    ]);
  });
});
