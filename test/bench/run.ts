// Bench: `npm run bench` prints a table and writes every figure into bench-results.json.
//
// Ratios are against the floor (floor.mjs) in the same Miniflare, alternating within one run, and medians over the rounds:
// on a small machine absolute figures swing by half from minute to minute, ratios much less.
// `-- --only burst,sustained,query,restore,dedupe,memory,lake,cost` runs some sections; `--quick` shortens each.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../src/local/paths.ts';
import { benchBurst } from './burst.ts';
import { benchCost } from './cost/cost.ts';
import { benchDedupe } from './dedupe.ts';
import { benchLake } from './lake/lake.ts';
import { benchMemory } from './memory/memory.ts';
import { benchQuery } from './query.ts';
import { type Figure, table } from './report.ts';
import { benchRestore } from './restore.ts';
import { benchSustained } from './sustained.ts';

const SECTIONS: Record<string, (isQuick: boolean) => Promise<Figure[]>> = {
  burst: benchBurst,
  sustained: benchSustained,
  query: benchQuery,
  restore: benchRestore,
  dedupe: benchDedupe,
  memory: benchMemory,
  lake: benchLake,
  cost: benchCost,
};

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const chosen = values.only?.split(',') ?? Object.keys(SECTIONS);
const figures: Figure[] = [];
for (const name of chosen) {
  const section = SECTIONS[name];
  if (section === undefined) throw new Error(`--only ${name}: the sections are ${Object.keys(SECTIONS).join(', ')}`);
  console.error(`… ${name}`);
  figures.push(...(await section(values.quick)));
}
console.log(table(figures));
const file = join(root, 'bench-results.json');
writeFileSync(file, `${JSON.stringify({ node: process.version, figures }, null, 2)}\n`);
console.log(`Every figure is in ${file.slice(root.length + 1)}.`);
process.exit(0);
