// The fold of single events: its memory stays within its bounds, and its answer is the same on both sides of them.

import { afterEach, describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../../src/core/event/columns.ts';
import { LIMITS } from '../../../../src/core/limits.ts';
import { PeopleTally } from '../../../../src/core/query/fold/people-tally.ts';
import { RowFold } from '../../../../src/core/query/fold/row-fold.ts';
import { parseQuery } from '../../../../src/core/query/question/request.ts';
import { atOnce } from '../../../../src/core/std/steps.ts';

const limits = LIMITS as { queryHeldSizeBytesMax: number; queryPeopleMax: number };
const { queryHeldSizeBytesMax, queryPeopleMax } = LIMITS;
afterEach(() => Object.assign(limits, { queryHeldSizeBytesMax, queryPeopleMax }));

const HASH_KEY = [1, 2, 3, 4] as const;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2024, 4, 1);

function query(body: object) {
  const parsed = parseQuery({ measure: 'count', from: '2024-05-01', to: '2024-06-01', ...body }, 'UTC');
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

interface Row {
  readonly day?: number;
  readonly person?: number;
  readonly url?: string;
  readonly session_id?: string;
  readonly value?: number;
}

function columnsOf(rowCount: number, rowOf: (index: number) => Row): EventColumns {
  const rows = Array.from({ length: rowCount }, (_, index) => rowOf(index));
  return {
    rowCount,
    at: Float64Array.from(rows, ({ day = 0 }) => START_MS + day * DAY_MS),
    receivedAt: new Float64Array(0),
    person: BigInt64Array.from(rows, ({ person = 0 }) => BigInt.asIntN(64, BigInt(person) * 0x9e3779b97f4a7c15n)),
    keyHash: new BigInt64Array(0),
    late: new Uint8Array(0),
    strings: {
      url: rows.map(({ url }) => url ?? null),
      session_id: rows.map(({ session_id }) => session_id ?? null),
      properties: rows.map(({ value }) => (value === undefined ? null : JSON.stringify({ value }))),
    },
  };
}

describe('groups of two properties', () => {
  it('take memory by the pairs there are, not by those there could be', () => {
    const fold = new RowFold(query({ groupBy: ['url', 'session_id'] }), HASH_KEY);
    const columns = columnsOf(12_000, (index) => ({ url: `/${index}`, session_id: `s${index}` }));
    const beforeBytes = process.memoryUsage().heapUsed;
    fold.add(columns);
    // A table with half of the 12,000 × 12,000 places would take 576 MB.
    expect(process.memoryUsage().heapUsed - beforeBytes).toBeLessThan(100e6);
    expect(fold.finish().groupCount).toBe(12_000);
  });

  it('are the same whether pairs are dense or rare', () => {
    const fold = new RowFold(query({ groupBy: ['url', 'session_id'] }), HASH_KEY);
    const rows: Row[] = [];
    for (let index = 0; index < 3_000; index++) rows.push({ url: `/${index}`, session_id: `s${index}` });
    // Every pair comes again, and so do all pairs of the first few values: they fall on filled places, on new ones, and
    // beyond the table.
    for (let index = 0; index < 3_000; index++) rows.push({ url: `/${index}`, session_id: `s${index}` });
    for (const url of [0, 1, 2_999]) {
      for (let other = 0; other < 3_000; other++) rows.push({ url: `/${url}`, session_id: `s${other}` });
    }
    fold.add(columnsOf(rows.length, (index) => rows[index]!));
    const counts = new Map<string, number>();
    for (const { url, session_id } of rows) {
      const key = `${url} ${session_id}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const finished = fold.finish();
    const found = Array.from({ length: finished.groupCount }, (_, group): [string, number | null] => [
      finished.key(group).join(' '),
      finished.total(group).value,
    ]);
    expect(new Map(found)).toEqual(counts);
  });
});

describe('what a question holds', () => {
  const byUserAndDay = { measure: { sum: 'value' }, groupBy: ['url'], interval: 'day' };
  const sums = (count: number) =>
    columnsOf(count, (index) => ({ url: `/${index % 300}`, day: Math.floor(index / 300), value: 1 }));

  it('is bounded by groups and points together, not by groups alone', () => {
    limits.queryHeldSizeBytesMax = 400_000;
    const few = new RowFold(query(byUserAndDay), HASH_KEY);
    few.add(sums(3_000));
    expect([few.excess, few.finish().groupCount]).toEqual([null, 300]);
    const many = new RowFold(query(byUserAndDay), HASH_KEY);
    many.add(sums(9_000));
    expect(many.excess).toContain('too many groups and points');
  });

  it('is bounded by people of a group and day, and their table does not grow beyond the bound', () => {
    limits.queryPeopleMax = 512;
    const people = (count: number) => columnsOf(count, (index) => ({ person: 1 + (index % 60), day: index % 31 }));
    const few = new RowFold(query({ measure: 'users', interval: 'day' }), HASH_KEY);
    few.add(people(512));
    expect(few.excess).toBeNull();
    expect(atOnce(few.finish().series([0])).total.value).toBe(60);
    const many = new RowFold(query({ measure: 'users', interval: 'day' }), HASH_KEY);
    many.add(people(1_800));
    expect(many.excess).toContain('counts too much');

    const tally = new PeopleTally();
    for (let person = 1; person <= 100_000; person++) tally.add(0, person, person);
    expect([tally.isFull, tally.size, tally.sizeBytes < 20_000]).toEqual([true, 512, true]);
  });

  it('still has room for 50,000 people on each of 30 days', () => {
    const fold = new RowFold(query({ measure: 'users', groupBy: ['url'], interval: 'day' }), HASH_KEY);
    for (let day = 0; day < 30; day++) {
      fold.add(columnsOf(50_000, (index) => ({ person: 1 + index, url: `/${index % 50}`, day })));
    }
    expect(fold.excess).toBeNull();
    const { total, points } = atOnce(fold.finish().series(Array.from({ length: 50 }, (_, group) => group)));
    expect([total.value, points[0]!.value, points[29]!.value, points[30]!.value]).toEqual([50_000, 50_000, 50_000, 0]);
  });

  it('is bounded when it is put together of what several have read', () => {
    limits.queryHeldSizeBytesMax = 400_000;
    const part = (from: number) => {
      const fold = new RowFold(query(byUserAndDay), HASH_KEY);
      fold.add(
        columnsOf(3_000, (index) => ({ url: `/${index % 300}`, day: from + Math.floor(index / 300), value: 1 })),
      );
      return fold;
    };
    const whole = part(0);
    whole.absorb(structuredClone(part(0).partial()));
    expect(whole.excess).toBeNull();
    for (const from of [10, 20]) whole.absorb(structuredClone(part(from).partial()));
    expect(whole.excess).toContain('too many');
    // A partial fold that exceeded its own bound says so, because its counts are not complete.
    const other = new RowFold(query(byUserAndDay), HASH_KEY);
    other.absorb(structuredClone(whole.partial()));
    expect(other.excess).toBe(whole.excess);
  });

  it('grows no sketches for more groups than there is room for', () => {
    limits.queryHeldSizeBytesMax = 40_000_000;
    const fold = new RowFold(query({ measure: { p50: 'value' }, groupBy: ['url'], interval: 'day' }), HASH_KEY);
    // 93,000 values, each of another group and day.
    const columns = columnsOf(93_000, (index) => ({
      url: `/${index % 3_000}`,
      day: Math.floor(index / 3_000),
      value: 1,
    }));
    for (let times = 0; times < 21; times++) fold.add(columns);
    expect(fold.excess).toBeNull();
    for (let times = 0; times < 2; times++) fold.add(columns);
    expect(fold.excess).toContain('counts too much');
  });
});
