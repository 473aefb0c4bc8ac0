import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, LIMITS } from '../../../src/core/limits.ts';
import { Dedupe, KNOWN, MAYBE, NEW, oldestRememberedDay } from '../../../src/core/shard/dedupe.ts';
import { runHas, sortRun } from '../../../src/core/shard/id-run.ts';
import { PrefixFilter } from '../../../src/core/shard/prefix-filter.ts';

/** Uniform 32-bit words, never both 0. */
function randomPairs(count: number, seed: number): Uint32Array {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return Uint32Array.from({ length: count * 2 }, () => next() | 1);
}

/** Merged runs by day, as the shard's storage keeps them. */
class Runs {
  readonly byDay = new Map<number, Uint32Array[]>();
  reads = 0;
  readonly read = (day: number): Uint32Array[] => {
    this.reads++;
    return this.byDay.get(day) ?? [];
  };
  knows(dedupe: Dedupe, high: number, low: number): boolean {
    const probe = dedupe.probe(high, low);
    return probe === KNOWN || (probe === MAYBE && dedupe.settle([low, high]).has(high, low));
  }
  merge(dedupe: Dedupe, recentMax: number): void {
    const merges = dedupe.planMerge(recentMax);
    for (const { day, ids } of merges) this.byDay.set(day, [...(this.byDay.get(day) ?? []), ids]);
    dedupe.applyMerge(merges);
  }
}

const word = fc.integer({ min: 0, max: 0xffffffff });
const pairs = fc.array(fc.tuple(word, word), { maxLength: 300 }).map((list) => Uint32Array.from(list.flat()));

describe('an id run', () => {
  it('is sorted by its high words, then its low, and finds exactly what it holds', () => {
    fc.assert(
      fc.property(pairs, word, word, (run, low, high) => {
        const sorted = sortRun(run);
        const keys = Array.from(
          { length: run.length / 2 },
          (_, i) => (BigInt(run[2 * i + 1]!) << 32n) | BigInt(run[2 * i]!),
        );
        expect([...new BigUint64Array(sorted.buffer)]).toEqual(keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
        for (let i = 0; i < run.length; i += 2) expect(runHas(sorted, run[i + 1]!, run[i]!)).toBe(true);
        expect(runHas(sorted, high, low)).toBe(keys.includes((BigInt(high) << 32n) | BigInt(low)));
      }),
    );
  });
});

describe('PrefixFilter', () => {
  it('never says no to what it holds, whatever the runs', () => {
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 4 }), (runs) => {
        const whole = PrefixFilter.of(() => runs.map(sortRun));
        const filter = runs.reduce((grown, run) => grown.plus(() => [sortRun(run)]), PrefixFilter.empty());
        expect([filter.size, filter.sizeBytes]).toEqual([whole.size, whole.sizeBytes]);
        for (const run of runs)
          for (let i = 0; i < run.length; i += 2)
            expect(filter.mayHave(run[i + 1]!, run[i]!) && whole.mayHave(run[i + 1]!, run[i]!)).toBe(true);
      }),
    );
  });

  it('says maybe to fewer than one in a hundred thousand of others', () => {
    const filter = PrefixFilter.of(() => [sortRun(randomPairs(200_000, 1))]);
    const others = randomPairs(500_000, 2);
    let maybe = 0;
    for (let i = 0; i < others.length; i += 2) if (filter.mayHave(others[i + 1]!, others[i]!)) maybe++;
    expect(maybe).toBeLessThanOrEqual(5);
    expect(filter.sizeBytes).toBeLessThan(200_000 * 3 + 270_000);
  });
});

describe('Dedupe', () => {
  it('knows an id before and after it was merged, and reads no run for a new one', () => {
    const runs = new Runs();
    const dedupe = new Dedupe(runs.read);
    const ids = randomPairs(5_000, 3);
    for (let i = 0; i < ids.length; i += 2) dedupe.add(ids[i + 1]!, ids[i]!, (i % 3) * DAY_MS);
    expect(dedupe.planMerge(5_001)).toEqual([]);
    runs.merge(dedupe, 5_000);
    expect([dedupe.recentSize, dedupe.size]).toEqual([0, 5_000]);
    for (let i = 0; i < ids.length; i += 2) expect(runs.knows(dedupe, ids[i + 1]!, ids[i]!)).toBe(true);
    const readsBefore = runs.reads;
    const others = randomPairs(5_000, 4);
    for (let i = 0; i < others.length; i += 2) expect(dedupe.probe(others[i + 1]!, others[i]!)).toBe(NEW);
    expect(runs.reads).toBe(readsBefore);
  });

  it('settles a maybe by the runs: an id that differs only behind the prefix is new', () => {
    const runs = new Runs();
    const dedupe = new Dedupe(runs.read);
    dedupe.add(7, 0x01000001, 0);
    runs.merge(dedupe, 1);
    expect(runs.knows(dedupe, 7, 0x01000002)).toBe(false);
    expect(runs.knows(dedupe, 7, 0x01000001)).toBe(true);
  });

  it('settles many maybes by one reading of each day that may have them, a run at a time', () => {
    const runs = new Runs();
    const dedupe = new Dedupe(runs.read);
    const ids = randomPairs(3_000, 6);
    for (let i = 0; i < ids.length; i += 2) {
      dedupe.add(ids[i + 1]!, ids[i]!, (i % 3) * DAY_MS);
      if (i % 500 === 498) runs.merge(dedupe, 1);
    }
    runs.reads = 0;
    const others = [7, 8, 9, 10];
    const held = dedupe.settle([...ids, ...others]);
    expect([held.size, runs.reads]).toEqual([3_000, 3]);
    expect(held.has(8, 7)).toBe(false);
  });

  it('remembers an id for the whole horizon, and no day more', () => {
    const lastMs = 20 * DAY_MS - 1;
    expect(oldestRememberedDay(lastMs + LIMITS.dedupeHorizonMs)).toBe(19);
    expect(oldestRememberedDay(lastMs + LIMITS.dedupeHorizonMs + 1)).toBe(20);
  });

  it('forgets by day of receipt, merged or not', () => {
    const runs = new Runs();
    const dedupe = new Dedupe(runs.read);
    dedupe.add(1, 1, 0);
    runs.merge(dedupe, 1);
    dedupe.add(2, 2, DAY_MS);
    dedupe.expire(LIMITS.dedupeHorizonMs + DAY_MS - 1);
    expect([runs.knows(dedupe, 1, 1), runs.knows(dedupe, 2, 2)]).toEqual([true, true]);
    dedupe.expire(LIMITS.dedupeHorizonMs + DAY_MS);
    expect([runs.knows(dedupe, 1, 1), runs.knows(dedupe, 2, 2)]).toEqual([false, true]);
  });

  describe('with as many ids as it may have', () => {
    /** Adds one id a second from the beginning of day 10 on, and makes room as a shard does before each row. */
    function fill(dedupe: Dedupe, runs: Runs, count: number): void {
      for (let i = 1; i <= count; i++) {
        const receivedAtMs = 10 * DAY_MS + i * 1_000;
        dedupe.makeRoom(receivedAtMs);
        dedupe.add(i, i, receivedAtMs);
        runs.merge(dedupe, 50);
      }
    }

    it('forgets the oldest receipts first, within a day, and says from which receipt on it knows every id', () => {
      const runs = new Runs();
      const dedupe = new Dedupe(runs.read, 1_000);
      fill(dedupe, runs, 999);
      expect([dedupe.size, dedupe.horizonMs]).toEqual([999, Number.NEGATIVE_INFINITY]);
      fill(dedupe, runs, 5_000);
      expect(dedupe.size).toBeLessThanOrEqual(1_000);
      expect(dedupe.size).toBeGreaterThan(700);
      const first = (dedupe.horizonMs - 10 * DAY_MS) / 1_000;
      expect(first).toBeGreaterThan(4_000);
      for (let i = 1; i <= 5_000; i++) if (i >= first) expect(runs.knows(dedupe, i, i)).toBe(true);
      expect(runs.knows(dedupe, 1, 1)).toBe(false);
    });

    it('comes back with the generations that storage has, under their beginnings', () => {
      const runs = new Runs();
      const first = new Dedupe(runs.read, 1_000);
      fill(first, runs, 5_000);
      const second = new Dedupe(runs.read, 1_000);
      second.restoreHorizon(first.horizonMs);
      for (const day of runs.byDay.keys()) if (day * DAY_MS >= first.horizonMs) second.restoreDay(day);
      expect(second.generationOf(10 * DAY_MS + 5_000_000)).toBe(first.generationOf(10 * DAY_MS + 5_000_000));
      second.makeRoom(10 * DAY_MS + 5_001_000);
      for (let i = 1; i <= 5_000; i++) {
        if (10 * DAY_MS + i * 1_000 >= second.horizonMs) expect(runs.knows(second, i, i)).toBe(true);
      }
    });

    it('keeps the ids of a run under its generation, whatever other generations there are', () => {
      const dedupe = new Dedupe(() => [], 10);
      dedupe.restore(10, [Uint32Array.of(1, 1)]);
      dedupe.restore(10.5, [Uint32Array.of(2, 2)]);
      expect(dedupe.generationOf(10.75 * DAY_MS)).toBe(10.5);
      expect(dedupe.generationOf(10.25 * DAY_MS)).toBe(10);
      expect(dedupe.generationOf(11.25 * DAY_MS)).toBe(11);
    });
  });

  it('comes back from its runs', () => {
    const runs = new Runs();
    const first = new Dedupe(runs.read);
    const ids = randomPairs(1_000, 5);
    for (let i = 0; i < ids.length; i += 2) first.add(ids[i + 1]!, ids[i]!, DAY_MS);
    runs.merge(first, 1);
    const second = new Dedupe(runs.read);
    second.restoreDay(1);
    expect(second.size).toBe(1_000);
    for (let i = 0; i < ids.length; i += 2) expect(runs.knows(second, ids[i + 1]!, ids[i]!)).toBe(true);
  });
});
