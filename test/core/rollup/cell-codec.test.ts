import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import {
  type CellKind,
  decodeRollupCells,
  encodeRollupCells,
  readCellsHeader,
} from '../../../src/core/rollup/cell-codec.ts';
import { OTHER_KEY, RollupCells, tupleKey } from '../../../src/core/rollup/rollup-cells.ts';
import { InvariantError } from '../../../src/core/std/result.ts';

interface Counted {
  readonly minute: number;
  readonly tuple: readonly (string | null)[];
  readonly person: number;
  readonly number: number | null;
}
const text = fc.option(fc.oneof(fc.constantFrom('a', 'b', '\uffee', '😀', ''), fc.string({ unit: 'binary' })));
const counted: fc.Arbitrary<Counted> = fc.record({
  minute: fc.integer({ min: -3, max: 5 }),
  tuple: fc.tuple(text, text),
  person: fc.nat(500),
  number: fc.option(fc.oneof(fc.constantFrom(1, 2.5, -7), fc.double({ noNaN: true, noDefaultInfinity: true }))),
});
const events = fc.array(counted, { maxLength: 60 });

function cellsOf(events: readonly Counted[], windowCellsMax?: number): RollupCells {
  const cells = new RollupCells(2, 1, windowCellsMax);
  for (const { minute, tuple, person, number } of events) {
    const cell = cells.cell(minute * 60_000, tupleKey(tuple));
    cell.count++;
    cell.people.add(person, person * 3);
    if (number !== null) cell.numbers[0]!.add(number);
  }
  return cells;
}

/** Many cells of different sizes. */
function manyCells(): RollupCells {
  const cells = new RollupCells(2, 1);
  for (let at = 0; at < 4_000; at++) {
    const cell = cells.cell(60_000 * (at % 7), tupleKey([`name ${at % 101}`, at % 3 === 0 ? null : 'x']));
    cell.count++;
    cell.people.add(at, at);
    if (at % 5 === 0) cell.numbers[0]!.add(at / 100);
  }
  return cells;
}

function decoded(chunks: readonly Uint8Array[]): RollupCells {
  const cells = new RollupCells(2, 1);
  for (const chunk of chunks) cells.merge(decodeRollupCells(chunk));
  return cells;
}

describe('the cell codec', () => {
  it('gives back what it took: decoded and encoded again, the bytes are equal', () => {
    fc.assert(
      fc.property(events, (events) => {
        const chunks = encodeRollupCells(cellsOf(events));
        expect(chunks.length).toBe(events.length === 0 ? 0 : 1);
        expect(chunks.flatMap((chunk) => encodeRollupCells(decodeRollupCells(chunk)))).toEqual(chunks);
      }),
    );
  });

  it('gives equal bytes whatever the order of insertion', () => {
    fc.assert(
      fc.property(
        events.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(encodeRollupCells(cellsOf(shuffled))).toEqual(encodeRollupCells(cellsOf(events)));
        },
      ),
    );
  });

  it('merges stored parts to the bytes of all their events', () => {
    fc.assert(
      fc.property(events, events, (a, b) => {
        const parts = [a, b].flatMap((events) => encodeRollupCells(cellsOf(events)));
        expect(encodeRollupCells(decoded(parts))).toEqual(encodeRollupCells(cellsOf([...a, ...b])));
      }),
    );
  });

  it('splits into chunks of the size wanted, each readable alone, together the whole', () => {
    const cells = manyCells();
    const whole = encodeRollupCells(cells);
    for (const sizeBytesMax of [400, 1_000, 10_000]) {
      const chunks = encodeRollupCells(cells, { sizeBytesMax });
      expect(chunks.length).toBeGreaterThan(1);
      for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(sizeBytesMax);
      expect(encodeRollupCells(decoded(chunks))).toEqual(whole);
      expect(encodeRollupCells(decoded([...chunks].reverse()))).toEqual(whole);
    }
  });

  it('gives a cell bigger than a chunk a chunk of its own', () => {
    const chunks = encodeRollupCells(manyCells(), { sizeBytesMax: 1 });
    expect(encodeRollupCells(decoded(chunks))).toEqual(encodeRollupCells(manyCells()));
  });

  it('makes chunks that fit a D1 row as base64', () => {
    const cells = new RollupCells(1, 0);
    for (let at = 0; at < 300_000; at++) {
      const cell = cells.cell(0, tupleKey([`k${at % 300}`]));
      cell.count++;
      cell.people.add(at + 1, at);
    }
    const chunks = encodeRollupCells(cells);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks) expect(Math.ceil(chunk.length / 3) * 4).toBeLessThan(LIMITS.d1RowSizeBytesMax);
  });

  it('takes only the windows asked for', () => {
    const chunks = encodeRollupCells(manyCells(), { startMs: 60_000, endMs: 180_000 });
    expect([...decoded(chunks).windows.keys()]).toEqual([60_000, 120_000]);
    expect(encodeRollupCells(manyCells(), { startMs: 600_000 })).toEqual([]);
  });

  it('says in its header what a chunk holds', () => {
    const cells = cellsOf([{ minute: -2, tuple: ['a', null], person: 1, number: null }], 0);
    cells.cell(180_000, tupleKey(['b', null])).count++;
    expect(readCellsHeader(encodeRollupCells(cells)[0]!)).toEqual({
      dimensionCount: 2,
      numberCount: 1,
      overflowed: true,
      hasPeople: true,
      hasNumbers: true,
      sharesPeople: false,
      windowMs: 60_000,
      startMsMin: -120_000,
      startMsMax: 180_000,
    });
  });

  it('keeps the others, the overflow, exact people and floors', () => {
    const cells = new RollupCells(1, 0, 1);
    for (const name of ['a', 'b']) cells.cell(0, tupleKey([name])).count++;
    Object.assign(cells.cell(0, tupleKey(['a'])), { exactPeople: 70_000, peopleFloor: 3 });
    const read = decodeRollupCells(encodeRollupCells(cells)[0]!);
    expect(read.overflowed).toBe(true);
    expect(read.windows.get(0)?.get(OTHER_KEY)?.count).toBe(1);
    const cell = read.windows.get(0)?.get(tupleKey(['a']));
    expect([cell?.exactPeople, cell?.peopleFloor]).toEqual([70_000, 3]);
  });

  it('decodes windows of any number of cells', () => {
    const cells = new RollupCells(1, 0, 5_000);
    for (let at = 0; at < 3_000; at++) cells.cell(0, tupleKey([`${at}`])).count++;
    const read = decodeRollupCells(encodeRollupCells(cells)[0]!);
    expect(read.windows.get(0)?.size).toBe(3_000);
    expect(read.overflowed).toBe(false);
  });

  it('needs a byte for a number that no event had, and few for a cell of one person', () => {
    const size = (numberCount: number) => {
      const cells = new RollupCells(0, numberCount);
      const cell = cells.cell(0, '');
      cell.count++;
      cell.people.add(1, 1);
      return encodeRollupCells(cells)[0]!.length;
    };
    expect(size(3) - size(2)).toBe(1);
    expect(size(0)).toBeLessThan(24);
  });

  it('writes the bytes it always wrote: they are stored', () => {
    const cells = cellsOf([
      { minute: 1, tuple: ['a', null], person: 7, number: 2.5 },
      { minute: 1, tuple: ['a', null], person: 8, number: -1 },
      { minute: 2, tuple: ['a', null], person: 7, number: null },
    ]);
    expect(encodeRollupCells(cells).map((chunk) => Buffer.from(chunk).toString('hex'))).toEqual([
      '01000201c0a907e0d4030002046101000108021500000007000000180000000800000004000000000000f0bf00e0c65b00000000000004400001000101b8010100e0d40303040115000000070000000000',
    ]);
  });

  it('writes numbers and people apart when asked to, each with the number of events', () => {
    const cells = manyCells();
    const decoded = (kind: CellKind) => {
      const all = new RollupCells(2, 1, Number.MAX_SAFE_INTEGER);
      for (const chunk of encodeRollupCells(cells, { kind })) all.merge(decodeRollupCells(chunk));
      return all;
    };
    const [counts, people] = [decoded('counts'), decoded('people')];
    let seen = 0;
    for (const [startMs, window] of cells.windows) {
      for (const [key, cell] of window) {
        const [counted, met] = [counts, people].map(({ windows }) => windows.get(startMs)!.get(key)!);
        expect([counted!.count, met!.count]).toEqual([cell.count, cell.count]);
        expect([counted!.people.count(), met!.people.count()]).toEqual([0, cell.people.count()]);
        expect([counted!.numbers[0]!.count, met!.numbers[0]!.count]).toEqual([cell.numbers[0]!.count, 0]);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(10);
    expect(readCellsHeader(encodeRollupCells(cells, { kind: 'people' })[0]!)).toMatchObject({
      hasPeople: true,
      hasNumbers: false,
    });
  });

  it('refuses bytes that are no chunk, or cut short', () => {
    const bytes = encodeRollupCells(manyCells())[0]!;
    expect(() => decodeRollupCells(Uint8Array.of(9, 0, 0, 0))).toThrow('cells of version 9');
    expect(() => decodeRollupCells(bytes.subarray(0, bytes.length - 1))).toThrow(InvariantError);
    expect(() => decodeRollupCells(new Uint8Array())).toThrow(InvariantError);
  });
});
