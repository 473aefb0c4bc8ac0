// What a question keeps of texts is the texts, not the columns they were cut from.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { TextCodes } from '../../src/core/journeys/text-codes.ts';
import { RowSource } from '../../src/core/query/row-source.ts';
import { ownText } from '../../src/core/text.ts';
import { columnsOf } from './journeys/support.ts';

function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** A text cut from one of 4 MB. */
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
