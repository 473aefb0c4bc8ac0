import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import { typedValue } from '../../../src/core/query/rows/typed-value.ts';
import { readSegment } from '../../../src/lake/segment/segment-read.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { bytesSource } from '../../../src/lake/segment/source.ts';
import { withTypedColumns } from '../../../src/lake/segment/typed-columns.ts';
import { columnsOf } from '../generate.ts';

function events(objects: readonly (object | null)[]): EventColumns {
  const columns = columnsOf(objects.map((_, row) => ({ id: `${row}`, person: BigInt(row + 1) })));
  const properties = objects.map((object) => object && JSON.stringify(object));
  return { ...columns, strings: { ...columns.strings, properties } };
}

async function readTyped(columns: EventColumns, properties: readonly string[], order: 'l0' | 'l1' = 'l1') {
  const { bytes } = encodeSegment(columns, { order });
  const batches: EventColumns[] = [];
  const options = { columns: new Set(['at', 'properties'] as const), properties: new Set(properties) };
  for await (const batch of readSegment(bytesSource(bytes), options)) batches.push(batch);
  return batches[0] as EventColumns;
}

function values(batch: EventColumns, name: string): unknown[] {
  const column = batch.typed![name]!;
  return Array.from({ length: batch.rowCount }, (_, row) => typedValue(column, row));
}

describe('typed columns', () => {
  it('hold numbers, texts and booleans as the JSON has them', async () => {
    const objects = [
      { price: 1.5, plan: 'pro', first: true },
      { price: -0.1, plan: 'a\u0000é😀', first: false },
      null,
      { price: null },
      { price: 1e300, plan: '', first: true },
      ...Array.from({ length: 40 }, () => ({ price: 3, plan: 'pro', first: false })),
    ];
    const batch = await readTyped(events(objects), ['price', 'plan', 'first']);
    expect(batch.strings.properties).toBeUndefined();
    for (const name of ['price', 'plan', 'first']) {
      const wanted = objects.map((object) => (object as Record<string, unknown> | null)?.[name] ?? undefined);
      expect(values(batch, name)).toEqual(wanted);
    }
  });

  it('are not made of mixed types, of nested values, of rare properties, of texts that do not repeat, of odd names', async () => {
    const objects = Array.from({ length: 100 }, (_, row) => ({
      mixed: row === 50 ? 'x' : row,
      nested: { a: 1 },
      ...(row === 3 && { rare: 1 }),
      unique: `u${row}`,
      'a.b': 1,
      broken: row % 2 === 0 ? '\ud800' : 'x',
      good: row % 3,
    }));
    const columns = events(objects);
    for (const name of ['mixed', 'nested', 'rare', 'unique', 'a.b', 'broken']) {
      const batch = await readTyped(columns, ['good', name]);
      expect(batch.strings.properties, name).toHaveLength(100);
      expect(batch.typed, name).toEqual({});
    }
    expect((await readTyped(columns, ['good'])).strings.properties).toBeUndefined();
  });

  it('are read through the JSON where a segment has none', async () => {
    const batch = await readTyped(events([{ price: 1 }]), ['price'], 'l0');
    expect(batch.strings.properties).toEqual(['{"price":1}']);
    expect(batch.typed).toEqual({});
  });

  it('are the same for the same events', () => {
    const columns = events(Array.from({ length: 30 }, (_, row) => ({ b: row % 2, a: `t${row % 3}` })));
    const first = encodeSegment(columns, { order: 'l1' });
    const second = encodeSegment(columns, { order: 'l1' });
    expect(second.contentHash).toBe(first.contentHash);
    expect(second.footer).toEqual(first.footer);
  });

  it('come with the names of columns that no event has as a property, of whatever value', () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`p${i}`, i]));
    const { absent } = withTypedColumns(events([null, { path: null }, { url: ['/a'] }, { ...many, title: 'a' }]));
    expect(['path', 'url', 'title', 'country', 'id'].filter((name) => absent.has(name))).toEqual(['country', 'id']);
  });
});
