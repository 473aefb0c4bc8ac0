import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../../src/core/rollup/cell-codec.ts';
import { DISTINCT_EXACT_BELOW } from '../../../src/core/rollup/distinct.ts';
import { RollupCells, tupleKey } from '../../../src/core/rollup/rollup-cells.ts';
import { InvariantError } from '../../../src/core/std/result.ts';

interface Counted {
  readonly minute: number;
  readonly name: string | null;
  readonly person: number;
}
const counted: fc.Arbitrary<Counted> = fc.record({
  minute: fc.integer({ min: -3, max: 70 }),
  name: fc.constantFrom('a', 'b', '\uffee', '😀', '', null),
  person: fc.nat(60),
});
const events = fc.array(counted, { maxLength: 200 });
const MINUTE_MS = 60_000;
const MIX = 2_654_435_769;

function cellsOf(events: readonly Counted[]): RollupCells {
  const cells = new RollupCells(1, 1);
  for (const { minute, name, person } of events) {
    const cell = cells.cell(minute * MINUTE_MS, tupleKey([name]));
    cell.count++;
    cell.numbers[0]!.add(person / 4);
    cell.people.add(Math.imul(person, MIX) >>> 0, person * 3);
  }
  return cells;
}

/** People of some countries who each come in most minutes. */
function regulars({
  people,
  minutes,
  names,
}: {
  readonly people: number;
  readonly minutes: number;
  readonly names: number;
}) {
  const cells = new RollupCells(1, 1);
  for (let minute = 0; minute < minutes; minute++) {
    for (let person = 1; person <= people; person++) {
      if ((person * 7 + minute * 3) % 10 === 0) continue;
      const cell = cells.cell(minute * MINUTE_MS, tupleKey([`country ${person % names}`]));
      cell.count++;
      cell.people.add(Math.imul(person, MIX) >>> 0, Math.imul(person, MIX + 2) >>> 0);
    }
  }
  return cells;
}

function decoded(chunks: readonly Uint8Array[]): RollupCells {
  const cells = new RollupCells(1, 1, Number.MAX_SAFE_INTEGER);
  for (const chunk of chunks) cells.merge(decodeRollupCells(chunk));
  return cells;
}

const shared = (cells: RollupCells, options = {}) => encodeRollupCells(cells, { sharesPeople: true, ...options });
const bytesOf = (chunks: readonly Uint8Array[]) => chunks.reduce((sum, { length }) => sum + length, 0);

describe('chunks that write each person once', () => {
  it('hold what chunks hold that write a person in each cell', () => {
    fc.assert(
      fc.property(events, (events) => {
        const cells = cellsOf(events);
        for (const kind of ['all', 'people', 'counts'] as const) {
          const plain = decoded(encodeRollupCells(cells, { kind }));
          expect(encodeRollupCells(decoded(shared(cells, { kind })))).toEqual(encodeRollupCells(plain));
        }
      }),
    );
  });

  it('are the same bytes whatever the order of insertion, and when they are encoded again', () => {
    fc.assert(
      fc.property(
        events.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          const chunks = shared(cellsOf(events));
          expect(shared(cellsOf(shuffled))).toEqual(chunks);
          expect(chunks.flatMap((chunk) => shared(decodeRollupCells(chunk)))).toEqual(chunks);
        },
      ),
    );
  });

  it('are a fraction of the size where people come again', () => {
    const hour = regulars({ people: 2_000, minutes: 60, names: 10 });
    const [once, again] = [shared(hour, { kind: 'people' }), encodeRollupCells(hour, { kind: 'people' })].map(bytesOf);
    expect(once! * 10).toBeLessThan(again!);
    expect(once!).toBeLessThan(2_000 * (8 + 60 / 8) * 1.1);
  });

  it('are little longer where nobody comes again', () => {
    const cells = new RollupCells(1, 0);
    for (let person = 1; person <= 3_000; person++) {
      const cell = cells.cell((person % 60) * MINUTE_MS, tupleKey([`${person % 7}`]));
      cell.people.add(Math.imul(person, MIX) >>> 0, person);
      cell.count++;
    }
    expect(bytesOf(shared(cells))).toBeLessThan(1.25 * bytesOf(encodeRollupCells(cells)));
  });

  it('keep sketches, exact people and floors', () => {
    const cells = new RollupCells(1, 0);
    const [big, small] = [cells.cell(0, tupleKey(['big'])), cells.cell(0, tupleKey(['small']))];
    for (let person = 1; person <= DISTINCT_EXACT_BELOW; person++) big.people.add(Math.imul(person, MIX) >>> 0, person);
    small.people.add(5, 5);
    Object.assign(big, { count: 5_000, exactPeople: 1_000 });
    Object.assign(small, { count: 1, peopleFloor: 3 });
    const again = cells.cell(MINUTE_MS, tupleKey(['big']));
    again.count = 1;
    again.people.add(7, 7);
    const read = decoded(shared(cells));
    const known = read.windows.get(0)!.get(tupleKey(['big']))!;
    expect([known.people.isExact, known.people.count(), known.exactPeople]).toEqual([false, big.people.count(), 1_000]);
    expect(read.windows.get(0)!.get(tupleKey(['small']))!.peopleFloor).toBe(3);
    const hour = decodeRollupCells(shared(cells)[0]!, { windowOf: () => 0 })
      .windows.get(0)!
      .get(tupleKey(['big']))!;
    big.merge(again);
    expect([hour.count, hour.people.count(), hour.peopleFloor]).toEqual([5_001, big.people.count(), 1_000]);
  });

  it('put windows together as merging their cells does', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 40 }), (events, minutes) => {
        const windowOf = (startMs: number) => Math.floor(startMs / (minutes * MINUTE_MS)) * minutes * MINUTE_MS;
        const merged = new RollupCells(1, 1);
        for (const [startMs, window] of cellsOf(events).windows) {
          for (const [key, cell] of window) merged.cell(windowOf(startMs), key).merge(cell);
        }
        for (const sharesPeople of [true, false]) {
          const read = new RollupCells(1, 1);
          const chunks = encodeRollupCells(cellsOf(events), { sharesPeople });
          for (const chunk of chunks) read.merge(decodeRollupCells(chunk, { windowOf }));
          expect(encodeRollupCells(read)).toEqual(encodeRollupCells(merged));
        }
      }),
    );
  });

  it('skip people when they are not wanted', () => {
    const cells = regulars({ people: 1_500, minutes: 3, names: 1 });
    cells.cell(0, tupleKey(['one'])).people.add(9, 9);
    cells.cell(0, tupleKey(['one'])).count++;
    const read = decodeRollupCells(shared(cells)[0]!, { withPeople: false });
    const countOf = (all: RollupCells) =>
      [...all.windows.values()].flatMap((window) => [...window.values()]).reduce((sum, { count }) => sum + count, 0);
    expect(countOf(read)).toBe(countOf(cells));
    expect(
      read.windows
        .get(0)!
        .get(tupleKey(['one']))!
        .people.count(),
    ).toBe(0);
  });

  it('end where they would be too long, or hold too many people at once', () => {
    const cells = regulars({ people: 900, minutes: 20, names: 3 });
    const whole = encodeRollupCells(cells);
    for (const sizeBytesMax of [400, 5_000, 20_000]) {
      const chunks = shared(cells, { sizeBytesMax });
      expect(chunks.length).toBeGreaterThan(1);
      for (const chunk of chunks.filter(({ length }) => length > sizeBytesMax)) {
        expect([...decodeRollupCells(chunk).windows.values()].map(({ size }) => size)).toEqual([1]);
      }
      expect(encodeRollupCells(decoded([...chunks].reverse()))).toEqual(whole);
    }
    const many = regulars({ people: 990, minutes: 700, names: 1 });
    const memberships = 700 * 990 * 0.9;
    expect(shared(many, { kind: 'people' })).toHaveLength(Math.ceil(memberships / LIMITS.chunkMembershipsMax));
  });

  it('say in their header what they are', () => {
    const [chunk] = shared(regulars({ people: 10, minutes: 3, names: 2 }), { kind: 'people' });
    expect(readCellsHeader(chunk!)).toMatchObject({
      sharesPeople: true,
      hasPeople: true,
      hasNumbers: false,
      startMsMax: 120_000,
    });
  });

  it('are refused when they are cut short, or name a place that they have not', () => {
    const chunk = shared(regulars({ people: 50, minutes: 3, names: 2 }))[0]!;
    const people = 8 * 50 + 20;
    for (const length of [0, 1, 5, 13, people - 30, people, chunk.length - 1]) {
      expect(() => decodeRollupCells(chunk.subarray(0, length))).toThrow(InvariantError);
    }
    const one = new RollupCells(0, 0);
    one.cell(0, '').people.add(1, 1);
    const bytes = shared(one)[0]!;
    // The last bytes are the first place and the end of the window.
    bytes[bytes.length - 2] = 9;
    expect(() => decodeRollupCells(bytes)).toThrow('the place of a person');
  });
});
