// Bench: the program `npm run bench`, which prints a table and writes every figure into bench-results.json.
//
// Ratios compare with the floor (floor.mjs) in the same Miniflare, in alternating rounds of one run, and are medians
// over the rounds. On a small machine absolute figures swing by half from minute to minute, and ratios swing much less.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../src/local/paths.ts';
import { readOptions } from '../support/options.ts';
import { benchAdapters } from './adapters.ts';
import { benchBurst } from './burst.ts';
import { benchCost } from './cost/cost.ts';
import { benchDedupe } from './dedupe.ts';
import { benchImporters } from './importers.ts';
import { benchLake } from './lake/lake.ts';
import { benchMemory } from './memory/memory.ts';
import { benchNeighbours } from './neighbours/neighbours.ts';
import { benchPeople } from './people/people.ts';
import { benchQuery } from './query.ts';
import { type Figure, table } from './report.ts';
import { benchRestore } from './restore.ts';
import { benchSoak } from './soak.ts';
import { benchSustained } from './sustained.ts';

const SECTIONS: Record<string, (isQuick: boolean) => Promise<Figure[]>> = {
  adapters: benchAdapters,
  burst: benchBurst,
  sustained: benchSustained,
  soak: benchSoak,
  neighbours: benchNeighbours,
  query: benchQuery,
  restore: benchRestore,
  dedupe: benchDedupe,
  memory: benchMemory,
  importers: benchImporters,
  lake: benchLake,
  people: benchPeople,
  cost: benchCost,
};

const HELP = `Usage: npm run bench -- [options]

Measures the product, prints a table and writes every figure into bench-results.json.

  --only A,B       Run only these sections. The sections are
                   ${Object.keys(SECTIONS).join(', ')}.
  --quick          Shorten each section.
  -h, --help       Print this text.`;

const options = readOptions(HELP, { only: { type: 'string' }, quick: { type: 'boolean', default: false } });
const chosen = options.only?.split(',') ?? Object.keys(SECTIONS);
const figures: Figure[] = [];
for (const name of chosen) {
  const section = SECTIONS[name];
  if (section === undefined) {
    throw new Error(`There is no section ${name}. The sections are ${Object.keys(SECTIONS).join(', ')}.`);
  }
  console.error(`Running ${name} …`);
  figures.push(...(await section(options.quick)));
}
console.log(table(figures));
const file = join(root, 'bench-results.json');
writeFileSync(file, `${JSON.stringify({ node: process.version, figures }, null, 2)}\n`);
console.log(`Every figure is in ${file.slice(root.length + 1)}.`);
process.exit(0);
