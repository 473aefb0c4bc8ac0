// Pieces and records: rows that a spread has written come back as they were, range by range, whatever their texts are.

import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../../src/core/event/columns.ts';
import { STRING_COLUMNS } from '../../../src/core/event/event.ts';
import { DAY_MS } from '../../../src/core/limits.ts';
import { Hasher } from '../../../src/core/std/hash.ts';
import { selectRows } from '../../../src/lake/segment/columns.ts';
import { readRowGroups } from '../../../src/lake/segment/segment-read.ts';
import { ALL_LAKE_COLUMNS } from '../../../src/lake/segment/segment-schema.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { bytesSource } from '../../../src/lake/segment/source.ts';
import { HeldRows } from '../../../src/lake/spread/held-rows.ts';
import { decodeRecords, IdRecordList } from '../../../src/lake/spread/id-records.ts';
import { rangesOf } from '../../../src/lake/spread/people-ranges.ts';
import { decodePiece, PIECE_ROWS_MAX } from '../../../src/lake/spread/piece.ts';
import { START_MS, wildColumns } from '../generate.ts';

const DAY = START_MS / DAY_MS;
const RANGES = 7;

/** The rows of one day as a reader of a file gives them. */
async function readBack(columns: EventColumns): Promise<EventColumns[]> {
  const { bytes } = encodeSegment(columns, { order: 'l0' });
  const batches: EventColumns[] = [];
  for await (const group of readRowGroups(bytesSource(bytes), { columns: ALL_LAKE_COLUMNS, days: new Set([DAY]) })) {
    batches.push(group.columns);
  }
  return batches;
}

function rowsOf(columns: EventColumns): unknown[] {
  const { at, receivedAt, person, keyHash, late, strings } = columns;
  return Array.from({ length: columns.rowCount }, (_, row) => [
    ...[at[row], receivedAt[row], person[row], keyHash[row], late[row]],
    ...STRING_COLUMNS.map((column) => strings[column]?.[row] ?? null),
  ]);
}

describe('rows that are held', () => {
  it('come back by range, in their order, with their numbers', async () => {
    const files = await Promise.all([1, 2, 3].map((seed) => readBack(wildColumns(600, seed))));
    // Rows that were selected come as plain texts, as from a row group that days share.
    const batches = files.flat().map((batch, i) => (i === 1 ? selectRows(batch, Uint32Array.of(3, 1, 2)) : batch));
    const rowCount = batches.reduce((sum, batch) => sum + batch.rowCount, 0);
    const held = new HeldRows(DAY, rowCount);
    const wanted = Array.from({ length: RANGES }, (): unknown[] => []);
    let first = 1_000;
    for (const batch of batches) {
      const ranges = rangesOf(batch, RANGES);
      for (const [row, values] of rowsOf(batch).entries()) wanted[ranges[row]!]!.push([first + row, values]);
      held.add(batch, first, ranges);
      first += batch.rowCount;
    }
    const found = Array.from({ length: RANGES }, (): unknown[] => []);
    for (const { range, frame } of held.pieces(RANGES)) {
      const { columns, rows } = decodePiece(frame, DAY);
      found[range]!.push(...rowsOf(columns).map((values, row) => [rows[row], values]));
      const chosen = Uint32Array.from({ length: columns.rowCount >> 1 }, (_, i) => 2 * i);
      expect(rowsOf(selectRows(columns, chosen))).toEqual(
        rowsOf(columns).filter((_, i) => i % 2 === 0 && i >> 1 < chosen.length),
      );
    }
    expect(found).toEqual(wanted);
    expect(rowCount).toBeGreaterThan(300);
  });

  it('are cut into pieces of no more than so many rows', async () => {
    const [batch] = await readBack(wildColumns(60, 5));
    const held = new HeldRows(DAY, 100 * batch!.rowCount * 10);
    for (let i = 0; i < 400; i++) held.add(batch!, i * batch!.rowCount, new Uint32Array(batch!.rowCount));
    const counts = [...held.pieces(2)].map(({ range, rowCount }) => [range, rowCount] as const);
    expect(counts.length).toBeGreaterThan(1);
    expect(counts.every(([range, count]) => range === 0 && count <= PIECE_ROWS_MAX)).toBe(true);
    expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(400 * batch!.rowCount);
  });

  it('hold no more text than fits, of dictionaries too', () => {
    const held = new HeldRows(DAY, 100_000);
    const unitsMax = 24 * 1_024 * 1_024;
    const batchOf = (number: number): EventColumns => {
      const texts = Array.from({ length: 64 }, (_, i) => `${number} ${i} ${'x'.repeat(8_192)}`);
      const codes = Uint8Array.from({ length: 200 }, (_, row) => 1 + (row % texts.length));
      const numbers = () => new Float64Array(200).fill(START_MS);
      const hashes = () => new BigInt64Array(200);
      const coded = { properties: { entries: [null, ...texts], codes } };
      return {
        ...{ rowCount: 200, at: numbers(), receivedAt: numbers(), person: hashes(), keyHash: hashes() },
        ...{ late: new Uint8Array(200), strings: {}, coded },
      };
    };
    let batches = 0;
    for (; held.hasRoom(200); batches++) held.add(batchOf(batches), 200 * batches, new Uint32Array(200));
    expect(batches * 64 * 8_192).toBeLessThan(unitsMax + 64 * 8_192);
    // A text that comes again takes nothing.
    const again = new HeldRows(DAY, 100_000);
    for (let at = 0; at < batches + 9; at++) again.add(batchOf(0), 200 * at, new Uint32Array(200));
    expect(again.hasRoom(200)).toBe(true);
  });
});

describe('records of ids', () => {
  it('are divided by the hash of the id, and come back in order', async () => {
    const [batch] = await readBack(wildColumns(300, 9));
    const key = [1, 2, 3, 4] as const;
    const list = new IdRecordList(batch!.rowCount, key);
    const ranges = rangesOf(batch!, RANGES);
    list.add(batch!, 70, ranges);
    const parts = list.takeParts(3).map((frame) => decodeRecords(frame!));
    const hasher = new Hasher(key);
    const all = parts.flatMap(({ ids, keys, receivedAt, rows, ranges: own }, part) =>
      [...rows].map((row, at) => {
        hasher.hash(batch!.strings.id![row - 70]!);
        expect([ids[2 * at], ids[2 * at + 1], hasher.high % 3]).toEqual([hasher.low, hasher.high, part]);
        expect(own[at]).toBe(ranges[row - 70]);
        expect(receivedAt[at]).toBe(batch!.receivedAt[row - 70]);
        const [keyHash] = new BigInt64Array(keys.slice(2 * at, 2 * at + 2).buffer);
        expect(keyHash).toBe(batch!.keyHash[row - 70]);
        return row;
      }),
    );
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: batch!.rowCount }, (_, i) => 70 + i));
    expect(list.takeParts(3)).toEqual([null, null, null]);
  });
});
