import { describe, expect, it } from 'vitest';
import { HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../../src/core/rollup/cell-codec.ts';
import { RollupCells } from '../../../src/core/rollup/rollup-cells.ts';
import { storeFlush } from '../../../src/lake/manifest/flushes.ts';
import { mergeParts } from '../../../src/lake/merge/merge-parts.ts';
import { fromBase64 } from '../../../src/lake/std/base64.ts';
import { fakeD1 } from '../../support/fake-d1.ts';

const NOON_MS = Date.UTC(2026, 2, 10, 12);
const TALLY = { received: 5, accepted: 0, duplicate: 0, quarantined: 5, rejected: 0, clamped: 0 };

/** A database with flushes of one shard, stored three to an hour; each has a cell of rollup `r` in each of the given minutes. */
async function databaseOf(...minutesOf: readonly (readonly number[])[]) {
  const { db, fake } = fakeD1();
  for (const [index, minutes] of minutesOf.entries()) {
    const cells = new RollupCells(1, 0);
    for (const minute of minutes) cells.cell(NOON_MS + minute * MINUTE_MS, 'a').count++;
    const parts = encodeRollupCells(cells).map((encoded, chunk) => {
      const { startMsMin, startMsMax } = readCellsHeader(encoded);
      return { rollupId: 'r', chunk, cells: encoded, startMsMin, startMsMax, overflowed: false };
    });
    await storeFlush(db, {
      uid: 'u',
      flush: { incarnation: 'i', seqFrom: 10 * index, seqTo: 10 * (index + 1) },
      checksum: `c${index}`,
      tally: TALLY,
      corrections: 1,
      rollupIds: ['r'],
      parts,
      segment: null,
      nowMs: NOON_MS + index * 20 * MINUTE_MS,
    });
  }
  // Without events a flush has no segment; these have some, of which only the rollups matter here.
  fake.select('UPDATE flushes SET accepted = 5', []);
  fake.select(
    `INSERT INTO segments (uid, path, source, incarnation, seq_from, seq_to, rollup_ids, row_count, size_bytes, at_min_ms,
       at_max_ms, content_hash) SELECT uid, 'lake/v1/u/l0/i-' || seq_from || '-' || seq_to || '.parquet', 'flush', incarnation,
       seq_from, seq_to, '["r"]', 5, 100, 0, 0, '' FROM flushes`,
    [],
  );
  const ranges = () =>
    (fake.select('SELECT * FROM parts ORDER BY seq_from, chunk', []) as Record<string, number>[]).map(
      ({ seq_from, seq_to, day_min, corrections }) => ({ seq_from, seq_to, day_min, corrections }),
    );
  const counts = () =>
    (fake.select('SELECT cells FROM parts ORDER BY seq_from, chunk', []) as { cells: string }[]).flatMap(({ cells }) =>
      [...decodeRollupCells(fromBase64(cells)).windows].map(([startMs, window]) => [
        (startMs - NOON_MS) / MINUTE_MS,
        window.get('a')!.count,
      ]),
    );
  /** Says that everything below is stored, and lets the grace pass. */
  const merge = async (storedSeq: number, hour: number) => {
    const request = { uid: 'u', incarnation: 'i', storedSeq };
    const before = await mergeParts(db, request, NOON_MS + hour * HOUR_MS - LIMITS.mergeGraceMs);
    return before + (await mergeParts(db, request, NOON_MS + hour * HOUR_MS));
  };
  return { db, fake, ranges, counts, merge };
}

const DAY = Math.floor(NOON_MS / (24 * HOUR_MS));
const AGED_HOURS = LIMITS.mergeAfterMs / HOUR_MS + 1;

describe('merged parts', () => {
  it('take the place of those of the flushes of an hour, by the quarter, once they are old enough', async () => {
    const { ranges, counts, merge } = await databaseOf([0, 1], [1, 14], [15, 16], [60]);
    expect(await merge(40, AGED_HOURS - 1)).toBe(0);
    expect(await merge(40, AGED_HOURS + 1)).toBe(1);
    expect(ranges()).toEqual([
      { seq_from: 0, seq_to: 30, day_min: DAY, corrections: 3 },
      { seq_from: 30, seq_to: 40, day_min: DAY, corrections: 1 },
    ]);
    expect(counts()).toEqual([
      [0, 4],
      [15, 2],
      [60, 1],
    ]);
    expect(await merge(40, AGED_HOURS + 4)).toBe(0);
  });

  it('have rows of one day each', async () => {
    const { ranges, merge } = await databaseOf([0], [5, 12 * 60], [12 * 60 + 1]);
    expect(await merge(30, AGED_HOURS)).toBe(1);
    expect(ranges().map(({ day_min }) => day_min)).toEqual([DAY, DAY + 1]);
  });

  it('are of hours of which the shard has said all to be stored, a grace ago', async () => {
    const { db, merge, ranges } = await databaseOf([0], [1], [2]);
    expect(await merge(20, AGED_HOURS)).toBe(0);
    const request = { uid: 'u', incarnation: 'i', storedSeq: 30 };
    const saidAtMs = NOON_MS + (AGED_HOURS + 2) * HOUR_MS;
    expect(await mergeParts(db, request, saidAtMs)).toBe(0);
    expect(await mergeParts(db, request, saidAtMs + LIMITS.mergeGraceMs - 1)).toBe(0);
    expect(await mergeParts(db, request, saidAtMs + LIMITS.mergeGraceMs)).toBe(1);
    expect(ranges()).toHaveLength(1);
  });

  it('are not made across a flush that lacks the rollup', async () => {
    const { fake, ranges, merge } = await databaseOf([0], [1], [2]);
    fake.select("UPDATE segments SET rollup_ids = '[]' WHERE seq_from = 10", []);
    expect(await merge(30, AGED_HOURS)).toBe(0);
    expect(ranges()).toHaveLength(3);
  });

  it.each([
    ['a plan', "INSERT INTO seal_plans VALUES ('u', ?, 1, 'h', 1, '{\"vector\":{\"i\":20}}', 0)"],
    [
      'a seal',
      `INSERT INTO sealed_days (uid, day, revision, covered_seq, vector, rollup_ids, events, people, drift, sealed_at_ms)
       VALUES ('u', ?, 1, 1, '{"i":10}', '[]', 0, 0, '{}', 0)`,
    ],
  ])('are not made across the vector of %s of their day', async (_, sql) => {
    const { fake, ranges, merge } = await databaseOf([0], [1], [2]);
    fake.select(sql, [DAY]);
    expect(await merge(30, AGED_HOURS)).toBe(0);
    expect(ranges()).toHaveLength(3);
  });

  it.each([
    ['a part lacks a chunk', 'UPDATE parts SET chunk = 1 WHERE seq_from = 10'],
    ['a part is of no flush', 'UPDATE parts SET seq_to = 19 WHERE seq_from = 10'],
  ])('are not made where %s', async (_, sql) => {
    const { fake, ranges, merge } = await databaseOf([0], [1], [2]);
    fake.select(sql, []);
    expect(await merge(30, AGED_HOURS)).toBe(0);
    expect(ranges()).toHaveLength(3);
  });

  it('are not made of parts that have changed since they were read', async () => {
    const { db, fake, ranges, merge } = await databaseOf([0], [1], [2]);
    fake.hook = ({ sql, phase }) => {
      if (phase === 'before' && sql[0]!.includes('group_concat'))
        fake.select("UPDATE parts SET checksum = 'other' WHERE seq_from = 20", []);
    };
    expect(await merge(30, AGED_HOURS)).toBe(0);
    fake.hook = null;
    expect(ranges()).toHaveLength(3);
    expect(await db.prepare("SELECT name FROM leases WHERE name LIKE 'merging/%'").first()).toBeNull();
  });
});
