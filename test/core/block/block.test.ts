import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockColumns, openBlock } from '../../../src/core/block/block.ts';
import { ACCEPTED, DUPLICATE } from '../../../src/core/block/disposition.ts';
import { LATE_CORRECTION } from '../../../src/core/event/columns.ts';
import { STRING_COLUMNS } from '../../../src/core/event/event.ts';
import { DEFAULT_ROLLUPS } from '../../../src/core/rollup/rollup.ts';
import { block, record, testHasher } from '../../support/events.ts';

describe('EventBlock', () => {
  it('gives back every text column of every event', () => {
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: null });
    const strings = fc.record(
      Object.fromEntries(STRING_COLUMNS.map((column) => [column, text])) as Record<string, typeof text>,
    );
    fc.assert(
      fc.property(fc.array(strings, { maxLength: 20 }), (rows) => {
        const records = rows.map((row, i) => {
          const base = record({ id: `e${i}` });
          return { ...base, strings: { ...base.strings, ...row, id: `e${i}`, type: 'track', event: 'x' } as const };
        });
        const columns = blockColumns(openBlock(block(records)), null);
        for (const column of STRING_COLUMNS) {
          const expected = records.map((each) => (each.strings[column] as string | null | undefined) ?? null);
          expect(columns.strings[column]).toEqual(expected.map((value) => value?.toWellFormed() ?? null));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('opens at any alignment', () => {
    const bytes = block([record({ id: 'a', user_id: 'u' })]);
    for (let shift = 0; shift < 8; shift++) {
      const shifted = new Uint8Array(bytes.length + 8).subarray(shift, shift + bytes.length);
      shifted.set(bytes);
      expect(blockColumns(openBlock(shifted), null).strings.user_id).toEqual(['u']);
    }
  });

  it('keeps a byte order mark in front of a text', () => {
    const columns = blockColumns(openBlock(block([record({ id: '\uFEFFa' }), record({ id: 'b' })])), null);
    expect(columns.strings.id).toEqual(['\uFEFFa', 'b']);
  });

  it('leaves out duplicates and marks the late', () => {
    const opened = openBlock(block(['a', 'b', 'c'].map((id) => record({ id }))));
    const columns = blockColumns(
      opened,
      Uint8Array.of(ACCEPTED, DUPLICATE, ACCEPTED | LATE_CORRECTION),
      new Set(['id']),
    );
    expect(columns.strings).toEqual({ id: ['a', 'c'] });
    expect([...columns.late]).toEqual([0, LATE_CORRECTION]);
  });

  it('hashes the person by user before device, and the key by device before user', () => {
    const opened = openBlock(block([record({ id: 'e', user_id: 'u', anonymous_id: 'd' }), record({ id: 'lonely' })]));
    testHasher.hash('u');
    expect([opened.person[0], opened.person[1]]).toEqual([testHasher.low, testHasher.high]);
    testHasher.hash('d');
    // The id of a device is not the user of that name: the words are swapped.
    expect([opened.keyHash[0], opened.keyHash[1]]).toEqual([testHasher.high, testHasher.low]);
    expect([opened.person[2], opened.person[3]]).toEqual([0, 0]);
    testHasher.hash('lonely');
    expect([opened.keyHash[2], opened.keyHash[3]]).toEqual([testHasher.low, testHasher.high]);
  });

  it('names the rollups it was made under, and which events each leaves out', () => {
    const opened = openBlock(
      block([record({ id: 'a' }), record({ id: 'b', type: 'page', event: 'Page', path: '/x' })]),
    );
    expect(opened.rollups.map((section) => section.id)).toEqual(DEFAULT_ROLLUPS.map((rollup) => rollup.id));
    const pages = opened.rollups[DEFAULT_ROLLUPS.findIndex((rollup) => rollup.name === 'pages')];
    expect([...(pages?.tupleOf ?? [])]).toEqual([0, 1]);
  });

  it('refuses bytes that are not a block', () => {
    const bytes = block([record({ id: 'a' })]);
    expect(() => openBlock(bytes.subarray(0, bytes.length - 1))).toThrow(/should have/);
    expect(() => openBlock(new Uint8Array(100))).toThrow(/magic/);
    expect(() => openBlock(new Uint8Array(3))).toThrow(/at least/);
  });
});
