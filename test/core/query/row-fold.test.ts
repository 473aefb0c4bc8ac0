// The fold of single events: what it holds stays within its bounds, and what it answers is the same on both sides of them.

import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/columns.ts';
import { parseQuery } from '../../../src/core/query/request.ts';
import { RowFold } from '../../../src/core/query/row-fold.ts';

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
    const fold = new RowFold(query({ groupBy: ['url', 'session_id'] }));
    const columns = columnsOf(12_000, (index) => ({ url: `/${index}`, session_id: `s${index}` }));
    const beforeBytes = process.memoryUsage().heapUsed;
    fold.add(columns);
    // Half of 12,000 squared places would be 576 MB.
    expect(process.memoryUsage().heapUsed - beforeBytes).toBeLessThan(100e6);
    expect(fold.finish().groupCount).toBe(12_000);
  });

  it('are the same whether pairs are dense or rare', () => {
    const fold = new RowFold(query({ groupBy: ['url', 'session_id'] }));
    const rows: Row[] = [];
    for (let index = 0; index < 3_000; index++) rows.push({ url: `/${index}`, session_id: `s${index}` });
    // Every pair again, and all pairs of the first few: they fall on filled places, on new ones, and beyond.
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
