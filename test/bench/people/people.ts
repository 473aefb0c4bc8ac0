// People: questions about 300,000 people with traits and 600,000 links, each answer checked. Once their memory is measured,
// once their time.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../src/local/paths.ts';
import type { Figure } from '../report.ts';
import type { PeopleReport } from './people-probe.ts';

const MB = 1_000_000;
const PEOPLE = 300_000;
const PEOPLE_QUICK = 30_000;

export async function benchPeople(isQuick: boolean): Promise<Figure[]> {
  const count = isQuick ? PEOPLE_QUICK : PEOPLE;
  const memory = await probe(count, 'memory');
  const time = await probe(count, 'time');
  const row = `${count.toLocaleString('en')} people`;
  return [
    ...memory.map(({ name, heldBytes }): Figure => {
      // An isolate has 128 MB, of which some 20 MB are the program.
      return { name: `${row}, memory of ${name}`, value: heldBytes / MB, unit: 'MB', bound: { atMost: 100 } };
    }),
    ...time.map(({ name, cpuMs }): Figure => ({ name: `${row}, ${name}`, value: cpuMs, unit: 'ms CPU' })),
  ];
}

async function probe(count: number, mode: 'memory' | 'time'): Promise<PeopleReport[]> {
  const script = join(root, 'test/bench/people/people-probe.ts');
  const flags = ['--no-warnings', '--expose-gc'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, String(count), mode]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PeopleReport);
}
