// The rows of a day that are further copies, against a plain comparison of all rows; and the memory that finding them
// takes.

import { afterEach, describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import type { Sender } from '../../../src/core/event/event.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import {
  type Copies,
  type DayRows,
  findCopies,
  findCopiesOfSome,
  type SomeRows,
} from '../../../src/lake/scan/copies.ts';
import { countingRows } from '../../support/counting-rows.ts';
import { columnsOf, randomFrom, START_MS } from '../generate.ts';

const limits = LIMITS as { sealIdsMax: number };
const { sealIdsMax } = LIMITS;
afterEach(() => Object.assign(limits, { sealIdsMax }));

interface Row {
  readonly id: string;
  readonly keyHash: bigint;
  readonly receivedAt: number;
  readonly sender: Sender | null;
}
interface Day {
  readonly sealed: readonly Row[];
  readonly uncovered: readonly Row[];
}

const BATCH_ROWS = 37;
const HASH_KEY = [1, 2, 3, 4] as const;

/** Shows the rows as a scan does: uncovered rows first, although sealed rows have the lower numbers. */
async function copiesOf({ sealed, uncovered }: Day) {
  let readings = 0;
  async function* read(): AsyncGenerator<DayRows> {
    readings++;
    for (const [rows, first, isSealed] of [
      [uncovered, sealed.length, false],
      [sealed, 0, true],
    ] as const) {
      for (let at = 0; at < rows.length; at += BATCH_ROWS) {
        yield { firstRow: first + at, isSealed, columns: columnsOf(rows.slice(at, at + BATCH_ROWS)) };
      }
    }
  }
  const counts = { sealedRowCount: sealed.length, uncoveredRowCount: uncovered.length };
  return { copies: await findCopies(read, { hashKey: HASH_KEY, ...counts }), readings };
}

function someOf({ sealed, uncovered }: Day, isOwn: (row: Row) => boolean): SomeRows {
  const shown = (rows: readonly Row[], firstRow: number, isSealed: boolean): DayRows => ({
    firstRow,
    isSealed,
    columns: columnsOf(rows),
  });
  const ownOf = (rows: readonly Row[]) => Uint32Array.from(rows.flatMap((row, at) => (isOwn(row) ? [at] : [])));
  return {
    async *own() {
      if (uncovered.length > 0) yield { ...shown(uncovered, sealed.length, false), rows: ownOf(uncovered) };
      if (sealed.length > 0) yield { ...shown(sealed, 0, true), rows: ownOf(sealed) };
    },
    async *all({ withAllSealed }) {
      yield shown(uncovered, sealed.length, false);
      if (withAllSealed) yield shown(sealed, 0, true);
      else for (const at of ownOf(sealed)) yield shown([sealed[at]!], at, true);
    },
  };
}

function numbersOf({ dropped }: Copies, rowCount: number): number[] {
  const numbers: number[] = [];
  for (let row = 0; row < rowCount; row++)
    if (dropped !== null && (dropped[row >> 3]! >> (row & 7)) & 1) numbers.push(row);
  return numbers;
}

/** On a tie the row with the least number counts, so sealed rows win. */
function expectedOf({ sealed, uncovered }: Day): number[] {
  const rows = [...sealed, ...uncovered];
  const counting = new Set(countingRows(rows.map((row) => ({ ...row, key: row.keyHash }))));
  return rows.flatMap((_, number) => (counting.has(number) ? [] : [number]));
}

const UNCLASSED = [null];
const CLASSES = ['server', 'import', 'browser', null] as const;

function dayOf(
  seed: number,
  sizes: { sealed: number; uncovered: number; ids: number },
  senders = CLASSES as readonly (Sender | null)[],
): Day {
  const random = randomFrom(seed);
  const row = (id: number): Row => ({
    id: `event-${id}`,
    keyHash: BigInt(Math.floor(random() * 2)) * 0x1234_5678_9abcn + BigInt(id % 50),
    receivedAt: START_MS + Math.floor(random() * 4),
    sender: senders[Math.floor(random() * senders.length)]!,
  });
  const sealed = Array.from({ length: sizes.sealed }, (_, id) => row(id));
  const uncovered = Array.from({ length: sizes.uncovered }, () => row(Math.floor(random() * sizes.ids)));
  return { sealed, uncovered };
}

describe('copies', () => {
  it.each([
    ['of a day without a seal', { sealed: 0, uncovered: 1_500, ids: 1_000 }, 2_000, 1],
    ['of a sealed day with a few more events', { sealed: 1_500, uncovered: 40, ids: 1_600 }, 2_000, 1],
    ['of a day with more ids than are held', { sealed: 0, uncovered: 1_500, ids: 40_000 }, 200, 2],
    ['of such a day that is sealed in part', { sealed: 1_500, uncovered: 1_500, ids: 40_000 }, 600, 2],
    ['of a day that came twice, in shares', { sealed: 1_500, uncovered: 3_000, ids: 1_500 }, 1_000, 10],
  ])('are found %s', async (_, sizes, idsMax, readingsMax) => {
    limits.sealIdsMax = idsMax;
    for (let seed = 1; seed <= 9; seed++) {
      const day = dayOf(seed, sizes, seed > 6 ? UNCLASSED : CLASSES);
      const { copies, readings } = await copiesOf(day);
      const expected = expectedOf(day);
      expect(expected.length).toBeGreaterThan(0);
      expect(numbersOf(copies, sizes.sealed + sizes.uncovered)).toEqual(expected);
      expect(copies.count).toBe(expected.length);
      expect(readings).toBeLessThanOrEqual(readingsMax);
    }
  });

  it.each([
    ['without a seal', { sealed: 0, uncovered: 900, ids: 300 }],
    ['sealed in part', { sealed: 600, uncovered: 300, ids: 700 }],
  ])('are found among some people’s rows as among everyone’s, of a day %s', async (_, sizes) => {
    for (let seed = 1; seed <= 6; seed++) {
      const day = dayOf(seed, sizes);
      const rows = [...day.sealed, ...day.uncovered];
      // Everything a sender sends under one key is of one person here.
      const isOwn = ({ keyHash }: Row) => keyHash < 5n;
      const counts = { hashKey: HASH_KEY, sealedRowCount: sizes.sealed, uncoveredRowCount: sizes.uncovered };
      const some = await findCopiesOfSome(someOf(day, isOwn), counts);
      const expected = expectedOf(day).filter((number) => isOwn(rows[number]!));
      const found = numbersOf(some, rows.length).filter((number) => isOwn(rows[number]!));
      expect(expected.length).toBeGreaterThan(0);
      expect(found).toEqual(expected);
    }
  });

  it('do not take memory for the ids that a seal covers', async () => {
    const ids = columnsOf(Array.from({ length: 10_000 }, (_, row) => ({ id: `sealed-${row}`, keyHash: BigInt(row) })));
    const late = columnsOf([{ id: 'sealed-77', keyHash: 77n, receivedAt: START_MS + 1 }]);
    const files = 200;
    let heldMax = 0;
    const heldBefore = process.memoryUsage().arrayBuffers;
    async function* read(): AsyncGenerator<DayRows> {
      yield { firstRow: files * 10_000, isSealed: false, columns: late };
      for (let file = 0; file < files; file++) {
        // One file has the event; each of the others has as many ids of its own.
        const columns: EventColumns =
          file === 50 ? ids : { ...ids, strings: { id: ids.strings.id!.map((id) => `${file} ${id}`) } };
        heldMax = Math.max(heldMax, process.memoryUsage().arrayBuffers - heldBefore);
        yield { firstRow: file * 10_000, isSealed: true, columns };
      }
    }
    const copies = await findCopies(read, { hashKey: HASH_KEY, sealedRowCount: files * 10_000, uncoveredRowCount: 1 });
    expect(copies.count).toBe(1);
    expect(numbersOf(copies, files * 10_000 + 1)).toEqual([files * 10_000]);
    // A bit for each row takes 250 KB; 24 bytes for each id would take 48 MB.
    expect(heldMax).toBeLessThan(4_000_000);
  });
});
