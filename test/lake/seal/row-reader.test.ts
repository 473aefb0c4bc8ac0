import { describe, expect, it, vi } from 'vitest';
import { Cell } from '../../../src/core/rollup/cell.ts';
import { makeRollup } from '../../../src/core/rollup/rollup.ts';
import { tupleKey } from '../../../src/core/rollup/rollup-cells.ts';
import { RowReader } from '../../../src/lake/seal/row-reader.ts';
import { RowTuples } from '../../../src/lake/seal/row-tuples.ts';
import { columnKeyBit } from '../../../src/lake/segment/column-keys.ts';

/** Three events whose properties have columns of their own and no JSON. */
const TYPED = {
  rowCount: 3,
  at: new Float64Array(3),
  receivedAt: new Float64Array(3),
  person: new BigInt64Array(3),
  keyHash: new BigInt64Array(3),
  late: new Uint8Array(3),
  strings: { event: ['Ordered', 'Ordered', 'Left'] },
  typed: {
    plan: { type: 'text', texts: { entries: [null, 'pro'], codes: new Uint8Array([1, 0, 1]) } },
    revenue: { type: 'number', values: new Float64Array([9.5, 1, Number.NaN]) },
    big: { type: 'boolean', values: new Uint8Array([0, 1, 2]) },
  },
} as const;
const JSON_TEXTS = ['{"plan":"pro","revenue":9.5}', '{"revenue":1,"big":false}', '{"plan":"pro","big":true}'];

function tuplesOf(columns: ConstructorParameters<typeof RowReader>[0], definition: object) {
  const tuples = new RowTuples(makeRollup('test', definition as never));
  const reader = new RowReader(columns);
  return Array.from({ length: columns.rowCount }, (_, row) => {
    reader.row = row;
    const cell = new Cell(1);
    tuples.addNumbers(cell, reader);
    return [tuples.keyOf(reader), cell.numbers[0]!.count];
  });
}

describe('tuples of rows', () => {
  const definition = {
    where: { property: 'big', op: 'neq', value: false },
    dimensions: ['event', 'plan'],
    numbers: ['revenue'],
  };

  it('are the same whether properties have columns of their own or lie in the JSON', () => {
    const expected = [
      [tupleKey(['Ordered', 'pro']), 1],
      [null, 1],
      [tupleKey(['Left', 'pro']), 0],
    ];
    const { typed: _, ...plain } = TYPED;
    expect(tuplesOf(TYPED, definition)).toEqual(expected);
    expect(tuplesOf({ ...plain, strings: { ...plain.strings, properties: JSON_TEXTS } }, definition)).toEqual(expected);
  });

  it('are unclear where a property has the name of a column that the rollup counts', () => {
    const event = { type: 'text', texts: { entries: [null, 'Mine'], codes: new Uint8Array([0, 1, 0]) } } as const;
    const [first, second] = tuplesOf(
      { ...TYPED, typed: { ...TYPED.typed, event } },
      { ...definition, where: undefined },
    );
    expect(first![0]).toBe(tupleKey(['Ordered', 'pro']));
    expect(second![0]).not.toContain('Ordered');
  });

  it('cost no parsing where the property has the name of another column than theirs', () => {
    const { typed: _, ...plain } = TYPED;
    const properties = ['{"plan":"pro","country":"DE"}', '{"url":"/a"}', '{"path":"/b"}'];
    const columns = { ...plain, strings: { event: TYPED.strings.event, path: ['/x', '/y', '/z'], properties } };
    const parse = vi.spyOn(JSON, 'parse');
    try {
      const keys = (dimensions: string[]) => tuplesOf(columns, { dimensions, numbers: ['none.typed'] });
      const reader = new RowReader(columns);
      const pathOf = (row: number) => {
        reader.row = row;
        return [reader.read('path'), reader.mayHaveColumnKey(columnKeyBit('path'))];
      };
      expect([0, 1].map(pathOf)).toEqual([
        ['/x', false],
        ['/y', false],
      ]);
      expect(parse).not.toHaveBeenCalled();
      expect(pathOf(2)).toEqual(['/b', true]);
      expect(parse).toHaveBeenCalledTimes(1);
      expect(keys(['path']).map(([key]) => key)).toEqual(['/x', '/y', '/b'].map((path) => tupleKey([path])));
    } finally {
      parse.mockRestore();
    }
  });

  it('name the columns and properties that they are read from', () => {
    const of = (more: object) => new RowTuples(makeRollup('test', { ...definition, ...more } as never));
    expect([...of({}).columns].sort()).toEqual(['event', 'properties']);
    expect([...of({}).properties!].sort()).toEqual(['big', 'event', 'plan', 'revenue']);
    expect(of({ numbers: ['cart.items'] }).properties).toBe(null);
    expect([...of({ where: undefined, dimensions: [], numbers: [] }).columns]).toEqual([]);
  });
});
