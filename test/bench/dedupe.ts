// Dedupe: memory, time of a look-up, false maybes and false duplicates of 10 million ids over eight days of receipt.

import { randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { DAY_MS, LIMITS } from '../../src/core/limits.ts';
import { Dedupe, MAYBE, NEW } from '../../src/core/shard/dedupe.ts';
import type { Figure } from './report.ts';

const DAYS = 8;

export async function benchDedupe(isQuick: boolean): Promise<Figure[]> {
  const count = isQuick ? 1_000_000 : 10_000_000;
  const runs = new Map<number, Uint32Array[]>();
  const dedupe = new Dedupe((day) => runs.get(day) ?? []);
  let mergeMsMax = 0;
  const known: [number, number][] = [];
  for (let made = 0; made < count; made += LIMITS.flushEventsMax) {
    const day = Math.floor((made / count) * DAYS);
    const ids = randomPairs(LIMITS.flushEventsMax);
    for (let i = 0; i < ids.length; i += 2) dedupe.add(ids[i + 1] as number, ids[i] as number, day * DAY_MS);
    known.push([ids[1] as number, ids[0] as number]);
    const startedAtMs = performance.now();
    const merges = dedupe.planMerge();
    for (const merge of merges) runs.set(merge.day, [...(runs.get(merge.day) ?? []), merge.ids]);
    dedupe.applyMerge(merges);
    mergeMsMax = Math.max(mergeMsMax, performance.now() - startedAtMs);
  }
  if (known.some(([high, low]) => dedupe.probe(high, low) === NEW)) throw new Error('The index forgot an id.');
  const ids = known.flatMap(([high, low]) => [low, high]);
  const held = dedupe.settle(ids);
  const unsettled = known.filter(([high, low]) => dedupe.probe(high, low) === MAYBE && !held.has(high, low));
  if (unsettled.length > 0) throw new Error('The runs forgot an id.');

  let maybes = 0;
  let falseDuplicates = 0;
  let lookupsMs = 0;
  for (let asked = 0; asked < count; asked += 100_000) {
    const others = randomPairs(100_000);
    const startedAtMs = performance.now();
    const unsure: number[] = [];
    for (let i = 0; i < others.length; i += 2) {
      const probe = dedupe.probe(others[i + 1] as number, others[i] as number);
      if (probe === MAYBE) unsure.push(others[i] as number, others[i + 1] as number);
      else if (probe !== NEW) falseDuplicates++;
    }
    if (unsure.length > 0) falseDuplicates += dedupe.settle(unsure).size;
    lookupsMs += performance.now() - startedAtMs;
    maybes += unsure.length / 2;
  }
  const name = `dedupe, ${count.toLocaleString('en')} ids`;
  return [
    { name: `${name}: memory`, value: dedupe.sizeBytes / 2 ** 20, unit: 'MiB' },
    { name: `${name}: look-up of a new id`, value: (lookupsMs / count) * 1_000, unit: 'µs', bound: { atMost: 5 } },
    { name: `${name}: false maybes`, value: (maybes / count) * 100, unit: '%', bound: { atMost: 0.1 } },
    { name: `${name}: false duplicates`, value: falseDuplicates, unit: 'ids', bound: { atMost: 0 } },
    { name: `${name}: longest merge`, value: mergeMsMax, unit: 'ms' },
  ];
}

function randomPairs(count: number): Uint32Array {
  const pairs = randomFillSync(new Uint32Array(count * 2));
  return pairs.map((word) => word | 1);
}
