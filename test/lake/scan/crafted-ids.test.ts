// Ids, users and values that a sender crafts against the tables of a scan cost at most 3 times ordinary ones.

import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import { RowFold } from '../../../src/core/query/fold/row-fold.ts';
import { parseQuery } from '../../../src/core/query/question/request.ts';
import { Hasher, type HashKey } from '../../../src/core/std/hash.ts';
import { HashSet64 } from '../../../src/core/std/hash-set.ts';
import { idWordsOf } from '../../../src/lake/scan/id-words.ts';
import { Survivors } from '../../../src/lake/scan/survivors.ts';
import { columnsOf, START_MS } from '../generate.ts';

const SECRET: HashKey = [0x6b1f_02a9, 0x9c44_71e3, 0x15d0_8b77, 0xe2a6_3fc1];
const PUBLIC: HashKey = [0, 0, 0, 0];
const COUNT = 60_000;
/** One in so many texts is kept: their hashes lie in one such share of a table. */
const SHARE = 16;

function ordinary(): string[] {
  return Array.from({ length: COUNT }, (_, index) => `id-${index}`);
}

/** Texts whose low words under the key lie side by side: linear probing walks over all of them. */
function neighbours(key: HashKey, wordOf = (low: number) => low): string[] {
  const hasher = new Hasher(key);
  const texts: string[] = [];
  const mask = 2 ** 17 - 1;
  for (let index = 0; texts.length < COUNT; index++) {
    hasher.hash(`id-${index}`);
    if ((wordOf(hasher.low) & mask) < mask / SHARE) texts.push(`id-${index}`);
  }
  return texts;
}

function keysOf(texts: readonly string[]): bigint[] {
  const hasher = new Hasher(SECRET);
  return texts.map((text) => {
    hasher.hash(text);
    return (BigInt(hasher.high) << 32n) | BigInt(hasher.low);
  });
}

/** The least of three times, so that a collection of garbage is not measured. */
function costOf(run: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const startedAtMs = performance.now();
    run();
    return performance.now() - startedAtMs;
  });
  return Math.min(...times);
}

function batchOf(ids: readonly string[], keys: readonly bigint[]): EventColumns {
  return columnsOf(ids.map((id, index) => ({ id, keyHash: keys[index]!, receivedAt: START_MS + index })));
}

const oneUser = (texts: readonly string[]) => texts.map(() => 7n);

describe('crafted texts cost at most 3 times ordinary ones', () => {
  const survive = (ids: readonly string[], keys = oneUser(ids)) => {
    const batch = batchOf(ids, keys);
    return costOf(() => {
      const survivors = new Survivors(COUNT, SECRET);
      survivors.add(batch);
      expect(survivors.copies.duplicates).toBe(0);
    });
  };

  it('ids that are neighbours under a key of zeros', () => {
    expect(survive(neighbours(PUBLIC))).toBeLessThan(3 * survive(ordinary()));
  });

  it('ids that are neighbours in an unmixed table, even when the key is known', () => {
    expect(survive(neighbours(SECRET))).toBeLessThan(3 * survive(ordinary()));
  });

  it('ids that equal their users, whose hashes cancel each other', () => {
    expect(survive(ordinary(), keysOf(ordinary()))).toBeLessThan(3 * survive(ordinary()));
  });

  it('values of a group, a user and a property that are told apart by their hashes', () => {
    const fold = (body: object, texts: readonly string[], column: 'group_id' | 'user_id') => {
      const parsed = parseQuery({ ...body, from: '2020-01-01', to: '2020-06-01' }, 'UTC');
      if (!parsed.ok) throw new Error(parsed.error.message);
      const query = parsed.value;
      const batch = columnsOf(texts.map((id) => ({ id, at: query.startMs })));
      const columns = { ...batch, strings: { ...batch.strings, [column]: [...texts] } } as EventColumns;
      return costOf(() => {
        const rows = new RowFold(query, SECRET);
        rows.add(columns);
        expect(rows.excess).toBeNull();
      });
    };
    for (const [body, column] of [
      [{ measure: 'groups' }, 'group_id'],
      [{ measure: { distinct: 'user_id' } }, 'user_id'],
    ] as const) {
      expect(fold(body, neighbours(PUBLIC), column)).toBeLessThan(3 * fold(body, ordinary(), column));
    }
  });

  it('hashes of a set that are neighbours as they come', () => {
    const fill = (texts: readonly string[]) => {
      const hasher = new Hasher(SECRET);
      return costOf(() => {
        const set = new HashSet64();
        for (const text of texts) {
          hasher.hash(text);
          set.add(hasher.high, hasher.low);
        }
        expect(set.size).toBe(COUNT);
      });
    };
    expect(fill(neighbours(SECRET))).toBeLessThan(3 * fill(ordinary()));
  });
});

describe('what no sender can choose', () => {
  it('a table of hashes that somebody has chosen with the key ends with an error that names it', () => {
    const set = new HashSet64(2 ** 12);
    const addSame = () => {
      for (let high = 1; high < 2 ** 12; high++) set.add(high, 7);
    };
    expect(addSame).toThrow('the table of a set of hashes has more than 1024 hashes in a row');
  });

  it('the parts of a big day have equal shares of crafted ids', () => {
    const count = 4;
    const hasher = new Hasher(PUBLIC);
    const ids: string[] = [];
    for (let index = 0; ids.length < 10_000; index++) {
      hasher.hash(`id-${index}`);
      if (hasher.high % count === 0) ids.push(`id-${index}`);
    }
    const batch = batchOf([...ids, ...ids], oneUser([...ids, ...ids]));
    for (let index = 0; index < count; index++) {
      const survivors = new Survivors(2 * ids.length, SECRET, { index, count });
      survivors.add(batch);
      expect(survivors.copies.duplicates / ids.length).toBeGreaterThan(0.2);
      expect(survivors.copies.duplicates / ids.length).toBeLessThan(0.3);
    }
  });

  it('which ids have one word in the filters depends on the key, and the survivors do not', () => {
    const ids = ordinary();
    const shown = { strings: { id: ids } };
    const [one, other] = [idWordsOf(SECRET)(shown), idWordsOf(PUBLIC)(shown)];
    const low = 2 ** 16 - 1;
    const crafted = ids.map((_, row) => row).filter((row) => (other(row) & low) < low / 100);
    const shares = crafted.filter((row) => (one(row) & low) < low / 100).length / crafted.length;
    expect(crafted.length).toBeGreaterThan(300);
    expect(shares).toBeLessThan(0.05);
    const keys = ids.map((_, index) => BigInt(index % 50));
    const twice = batchOf(
      [...ids.slice(0, 900), ...ids.slice(300, 600)],
      [...keys.slice(0, 900), ...keys.slice(300, 600)],
    );
    const droppedBy = [SECRET, PUBLIC].map((key) => {
      const survivors = new Survivors(1_200, key);
      survivors.add(twice);
      return [survivors.copies.duplicates, ...survivors.dropped];
    });
    expect(droppedBy[0]).toEqual(droppedBy[1]);
    expect(droppedBy[0]![0]).toBe(300);
  });
});
