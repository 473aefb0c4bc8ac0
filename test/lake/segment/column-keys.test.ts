// Column keys of a file: which names of columns its events have as properties, found as by looking at every key.

import { expect, it } from 'vitest';
import { columnKeyBit, columnKeyBits, columnKeysNote, isAbsentKey } from '../../../src/lake/segment/column-keys.ts';
import { randomFrom } from '../../lake/generate.ts';

const NAMES = ['country', 'url', 'path', 'utm_source', 'id', 'schema'] as const;

it.each([1, 2, 3])('are found in whatever events they are, seed %i', (seed) => {
  const random = randomFrom(seed);
  const chosen = NAMES.filter(() => random() < 0.5);
  const texts = Array.from({ length: 40 }, () => {
    const own = chosen.filter(() => random() < 0.2).map((name) => [name, 'x'] as const);
    return random() < 0.1 ? null : JSON.stringify({ plan: '"path":', ...Object.fromEntries(own), pathway: 1 });
  });
  const keys = texts.map((text) => Object.keys(JSON.parse(text ?? '{}')));
  const notes = [columnKeysNote(texts)];
  for (const name of NAMES) {
    expect([name, isAbsentKey({ notes }, name)]).toEqual([name, !keys.some((each) => each.includes(name))]);
    texts.forEach((text, row) => {
      const mayHave = text !== null && (columnKeyBits(text) & columnKeyBit(name)) !== 0;
      expect([name, text, mayHave]).toEqual([name, text, keys[row]!.includes(name)]);
    });
  }
});

it('are all found where all are there, and a key that lies deeper counts', () => {
  const all = Object.fromEntries(NAMES.map((name) => [name, 1]));
  const notes = [columnKeysNote([JSON.stringify({ deep: all }), null, '{}'])];
  expect(NAMES.filter((name) => isAbsentKey({ notes }, name))).toEqual([]);
  expect(isAbsentKey({ notes: [columnKeysNote([])] }, 'path')).toBe(true);
});
