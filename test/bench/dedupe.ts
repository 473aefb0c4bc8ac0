// Dedupe: 10 million ids over eight days of receipt: memory, time of a look-up, false maybes, false duplicates.

import { randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Dedupe } from '../../src/core/dedupe.ts';
import { DAY_MS, LIMITS } from '../../src/core/limits.ts';
import type { Figure } from './report.ts';

const DAYS = 8;

export async function benchDedupe(isQuick: boolean): Promise<Figure[]> {
  const count = isQuick ? 1_000_000 : 10_000_000;
  const runs = new Map<number, Uint32Array[]>();
  let reads = 0;
  const dedupe = new Dedupe((day) => {
    reads++;
    return runs.get(day) ?? [];
  });
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
  for (const [high, low] of known) if (!dedupe.has(high, low)) throw new Error('an id was forgotten');

  dedupe.releaseRuns();
  reads = 0;
  let falseDuplicates = 0;
  let lookupsMs = 0;
  for (let asked = 0; asked < count; asked += 100_000) {
    const others = randomPairs(100_000);
    const startedAtMs = performance.now();
    for (let i = 0; i < others.length; i += 2) {
      if (dedupe.has(others[i + 1] as number, others[i] as number)) falseDuplicates++;
      dedupe.releaseRuns();
    }
    lookupsMs += performance.now() - startedAtMs;
  }
  const name = `dedupe, ${count.toLocaleString('en')} ids`;
  return [
    { name: `${name}: memory`, value: dedupe.sizeBytes / 2 ** 20, unit: 'MiB' },
    { name: `${name}: a look-up of a new id`, value: (lookupsMs / count) * 1_000, unit: 'µs', bound: { atMost: 5 } },
    { name: `${name}: false maybes`, value: (reads / count) * 100, unit: '%', bound: { atMost: 0.1 } },
    { name: `${name}: false duplicates`, value: falseDuplicates, unit: 'ids', bound: { atMost: 0 } },
    { name: `${name}: longest merge`, value: mergeMsMax, unit: 'ms' },
  ];
}

function randomPairs(count: number): Uint32Array {
  const pairs = randomFillSync(new Uint32Array(count * 2));
  return pairs.map((word) => word | 1);
}
