// A question keeps the texts alone, not the columns they were cut from.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { blockColumns, openBlock } from '../../../src/core/block/block.ts';
import { TextCodes } from '../../../src/core/journeys/kit/text-codes.ts';
import { RowSource } from '../../../src/core/query/rows/row-source.ts';
import { ownText } from '../../../src/core/std/text.ts';
import { block, record } from '../../support/events.ts';
import { columnsOf } from '../journeys/support.ts';

function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A short text cut from a text of 4 MB. */
function cut(index: number): string {
  return `https://shop.example/page/${index}`.padEnd(4_000_000, 'x').slice(0, 40);
}

it('a text of its own is the same, whatever it holds', () => {
  for (const text of [
    '',
    'short',
    'a longer text of many characters',
    `"quotes" and \\ and \ud800 alone ${'é€😀'.repeat(9)}`,
  ]) {
    expect(ownText(text)).toBe(text);
  }
});

it('columns of a block keep no more of its text than they have', () => {
  const records = Array.from({ length: 500 }, (_, index) =>
    record({
      id: `an id of some length ${index}`,
      url: `/${index}`,
      properties: { text: `${index}`.padEnd(10_000, 'x') },
    }),
  );
  const bytes = block(records);
  const before = usedBytes();
  const kept = Array.from({ length: 20 }, () => blockColumns(openBlock(bytes), null, new Set(['id', 'url'])));
  expect(usedBytes() - before).toBeLessThan(20e6);
  const all = blockColumns(openBlock(bytes), null);
  for (const { strings } of kept) {
    expect(strings).toEqual({ id: all.strings.id, url: all.strings.url });
  }
});

it('texts of a journey keep no columns in memory', () => {
  const codes = new TextCodes();
  const before = usedBytes();
  for (let index = 0; index < 30; index++) codes.code(cut(index));
  expect(usedBytes() - before).toBeLessThan(20e6);
  expect(codes.count).toBe(31);
});

it('texts of groups keep no columns in memory', () => {
  const source = new RowSource();
  const codes = source.codes('path');
  const before = usedBytes();
  for (let index = 0; index < 30; index++) {
    source.use(columnsOf([{ person: 1, at: 0, path: cut(index) }]));
    codes.of(0);
  }
  source.use(columnsOf([{ person: 1, at: 0 }]));
  expect(usedBytes() - before).toBeLessThan(20e6);
  expect(codes.texts).toHaveLength(30);
});
