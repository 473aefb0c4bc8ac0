import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../../src/core/limits.ts';
import { decodeRollupCells, encodeRollupCells, readCellsHeader } from '../../../src/core/rollup/cell-codec.ts';
import { RollupCells } from '../../../src/core/rollup/rollup-cells.ts';
import { dayOf } from '../../../src/core/std/day.ts';
import { storeFlush } from '../../../src/lake/manifest/flushes.ts';
import { mergeParts } from '../../../src/lake/merge/merge-parts.ts';
import { fromBase64 } from '../../../src/lake/std/base64.ts';
import { fakeD1 } from '../../support/fake-d1.ts';

const NOON_MS = Date.UTC(2026, 2, 10, 12);
const TALLY = { received: 5, accepted: 0, duplicate: 0, quarantined: 5, rejected: 0, clamped: 0 };

interface Row {
  readonly seq_from: number;
  readonly seq_to: number;
  readonly day_min: number;
  readonly corrections: number;
  readonly start_ms_min: number;
  readonly start_ms_max: number;
  readonly size_bytes: number;
  readonly cells: string;
}

function partsOf(cells: RollupCells, day: number, kind: 'counts' | 'people') {
  const options = { kind, startMs: day * DAY_MS, endMs: (day + 1) * DAY_MS };
  return encodeRollupCells(cells, options).map((encoded, chunk) => {
    const { startMsMin, startMsMax } = readCellsHeader(encoded);
    return { rollupId: 'r', kind, chunk, cells: encoded, startMsMin, startMsMax, overflowed: false };
  });
}

/** A database with flushes of one shard, stored three to an hour; each has a cell of rollup `r` in each of the given minutes. */
async function databaseOf(...minutesOf: readonly (readonly number[])[]) {
  const { db, fake } = fakeD1();
  for (const [index, minutes] of minutesOf.entries()) {
    const cells = new RollupCells(1, 0);
    for (const minute of minutes) {
      const cell = cells.cell(NOON_MS + minute * MINUTE_MS, 'a');
      cell.count++;
      cell.people.add(index + 1, index + 1);
    }
    const days = [...new Set([...cells.windows.keys()].map(dayOf))];
    await storeFlush(db, {
      uid: 'u',
      flush: { incarnation: 'i', seqFrom: 10 * index, seqTo: 10 * (index + 1) },
      checksum: `c${index}`,
      tally: TALLY,
      corrections: 1,
      rollupIds: ['r'],
      parts: days.flatMap((day) => [...partsOf(cells, day, 'counts'), ...partsOf(cells, day, 'people')]),
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
  fake.select(
    `INSERT INTO segment_days (uid, day, manifest_seq, row_count, uncounted) SELECT DISTINCT s.uid, p.day_min, s.manifest_seq, 1, 0
       FROM segments s JOIN parts p ON p.uid = s.uid AND p.seq_from = s.seq_from`,
    [],
  );
  const rows = (kind: string) =>
    fake.select('SELECT * FROM parts WHERE kind = ? ORDER BY seq_from, day_min, chunk', [kind]) as Row[];
  /** Both kinds have the same ranges. */
  const ranges = () => {
    const [counts, people] = ['counts', 'people'].map((kind) =>
      rows(kind).map(({ seq_from, seq_to, day_min, corrections }) => ({ seq_from, seq_to, day_min, corrections })),
    );
    expect(people).toEqual(counts);
    return counts!;
  };
  /** Events, or people, by the minute at which a window begins. */
  const told = (kind: 'counts' | 'people') =>
    rows(kind).flatMap(({ cells }) =>
      [...decodeRollupCells(fromBase64(cells)).windows].map(([startMs, window]) => [
        (startMs - NOON_MS) / MINUTE_MS,
        kind === 'counts' ? window.get('a')!.count : window.get('a')!.people.count(),
      ]),
    );
  /** Says that everything below is stored, and lets the grace pass. */
  const merge = async (storedSeq: number, hour: number, shards = 1) => {
    const request = { uid: 'u', incarnation: 'i', storedSeq, shards };
    const before = await mergeParts(db, request, NOON_MS + hour * HOUR_MS - LIMITS.mergeGraceMs);
    return before + (await mergeParts(db, request, NOON_MS + hour * HOUR_MS));
  };
  return { db, fake, rows, ranges, told, merge };
}

const DAY = Math.floor(NOON_MS / (24 * HOUR_MS));
const AGED_HOURS = LIMITS.mergeAfterMs / HOUR_MS + 1;

const limits = LIMITS as { -readonly [name in 'mergeFewAfterMs' | 'mergePauseMs']: number };
const { mergeFewAfterMs, mergePauseMs } = LIMITS;

describe('merged parts', () => {
  // The flushes of these tests have few events, and are merged as those of many.
  beforeEach(
    () => void Object.assign(limits, { mergeFewAfterMs: LIMITS.mergeAfterMs, mergePauseMs: LIMITS.mergeGraceMs }),
  );
  afterEach(() => void Object.assign(limits, { mergeFewAfterMs, mergePauseMs }));

  it('take the place of those of the flushes of an hour, by the quarter, once they are old enough', async () => {
    const { ranges, rows, told, merge } = await databaseOf([0, 1], [1, 14], [15, 16], [60]);
    expect(await merge(40, AGED_HOURS - 1)).toBe(0);
    expect(await merge(40, AGED_HOURS)).toBe(1);
    expect(ranges()).toEqual([
      { seq_from: 0, seq_to: 30, day_min: DAY, corrections: 3 },
      { seq_from: 30, seq_to: 40, day_min: DAY, corrections: 1 },
    ]);
    expect(told('counts')).toEqual([
      [0, 4],
      [15, 2],
      [60, 1],
    ]);
    expect(told('people')).toEqual([
      [0, 2],
      [15, 1],
      [60, 1],
    ]);
    const [{ start_ms_min, start_ms_max, size_bytes, cells }] = rows('counts') as [Row, ...Row[]];
    expect([start_ms_min, start_ms_max]).toEqual([NOON_MS, NOON_MS + 29 * MINUTE_MS]);
    expect(size_bytes).toBe(cells.length);
  });

  it('grow by an hour after the other', async () => {
    const { ranges, rows, told, merge } = await databaseOf([0, 1], [1, 14], [15, 16], [60], [80], [85], [125]);
    expect(await merge(70, AGED_HOURS)).toBe(1);
    expect(await merge(70, AGED_HOURS + 1)).toBe(1);
    expect(ranges()).toEqual([
      { seq_from: 0, seq_to: 60, day_min: DAY, corrections: 6 },
      { seq_from: 60, seq_to: 70, day_min: DAY, corrections: 1 },
    ]);
    expect(await merge(70, AGED_HOURS + 2)).toBe(1);
    expect(ranges()).toEqual([{ seq_from: 0, seq_to: 70, day_min: DAY, corrections: 7 }]);
    const quarters = [0, 15, 60, 75, 120];
    expect(told('counts')).toEqual(quarters.map((minute, i) => [minute, [4, 2, 1, 2, 1][i]]));
    expect(told('people')).toEqual(quarters.map((minute, i) => [minute, [2, 1, 1, 2, 1][i]]));
    expect(rows('people').map(({ start_ms_max }) => start_ms_max)).toEqual([NOON_MS + 134 * MINUTE_MS]);
    expect(await merge(70, AGED_HOURS + 5)).toBe(0);
  });

  it('begin anew where they would be too big', async () => {
    const { fake, ranges, merge } = await databaseOf([0], [1], [2], [60], [61], [62], [120], [121], [122]);
    await merge(90, AGED_HOURS);
    fake.select('UPDATE parts SET size_bytes = ? WHERE seq_to = 30', [LIMITS.mergeSizeBytesMax]);
    await merge(90, AGED_HOURS + 1);
    await merge(90, AGED_HOURS + 2);
    expect(ranges().map(({ seq_from, seq_to }) => [seq_from, seq_to])).toEqual([
      [0, 30],
      [30, 90],
    ]);
  });

  it('do not grow across a flush that is missing', async () => {
    const { fake, ranges, merge } = await databaseOf([0], [1], [2], [60], [61], [62]);
    await merge(60, AGED_HOURS);
    for (const table of ['flushes', 'parts']) fake.select(`DELETE FROM ${table} WHERE seq_from = 30`, []);
    await merge(60, AGED_HOURS + 1);
    expect(ranges().map(({ seq_from, seq_to }) => [seq_from, seq_to])).toEqual([
      [0, 30],
      [40, 60],
    ]);
  });

  it('are of minutes while they are young, hour by hour, once there are events enough', async () => {
    const { fake, ranges, rows, told, merge } = await databaseOf([0, 1], [1, 14], [15, 16], [60], [80], [85]);
    fake.select('UPDATE flushes SET accepted = ?', [LIMITS.mergeMinutesEventsMin / 2]);
    expect(await merge(20, 1)).toBe(1);
    expect(ranges()[0]).toEqual({ seq_from: 0, seq_to: 20, day_min: DAY, corrections: 2 });
    expect(await merge(60, 2)).toBe(1);
    // The third flush of the first hour came alone: an hour that is over waits for no other.
    expect(ranges().map(({ seq_from, seq_to }) => [seq_from, seq_to])).toEqual([
      [0, 20],
      [20, 30],
      [30, 60],
    ]);
    expect(told('counts')).toEqual([0, 1, 14, 15, 16, 60, 80, 85].map((minute) => [minute, minute === 1 ? 2 : 1]));
    expect(told('people')).toEqual(told('counts'));
    expect(rows('people')[0]).toMatchObject({ start_ms_min: NOON_MS, start_ms_max: NOON_MS + 14 * MINUTE_MS });
    expect(await merge(60, AGED_HOURS + 1)).toBe(2);
    expect(ranges()).toEqual([{ seq_from: 0, seq_to: 60, day_min: DAY, corrections: 6 }]);
    expect(told('people').map(([minute]) => minute)).toEqual([0, 15, 60, 75]);
  });

  it('of minutes grow within their hour alone', async () => {
    const { fake, ranges, merge } = await databaseOf([0], [1], [2], [60], [61], [62]);
    fake.select('UPDATE flushes SET accepted = ?', [LIMITS.mergeMinutesEventsMin]);
    for (const [storedSeq, hour] of [
      [10, 0.5],
      [20, 1],
      [30, 1.25],
      [40, 1.5],
      [50, 2],
    ] as const)
      await merge(storedSeq, hour);
    expect(ranges().map(({ seq_from, seq_to }) => [seq_from, seq_to])).toEqual([
      [0, 30],
      [30, 50],
      [50, 60],
    ]);
  });

  it('of minutes wait for fewer events where they are one of many shards', async () => {
    const perFlush = LIMITS.mergeMinutesEventsMin / 16;
    for (const [shards, merged] of [
      [1, 0],
      [4, 0],
      [8, 1],
    ] as const) {
      const { fake, merge } = await databaseOf([0], [1]);
      fake.select('UPDATE flushes SET accepted = ?', [perFlush]);
      expect(await merge(20, 0.5, shards)).toBe(merged);
    }
  });

  it('are of one day each', async () => {
    const { ranges, merge } = await databaseOf([0], [5, 12 * 60], [12 * 60 + 1]);
    expect(await merge(30, AGED_HOURS)).toBe(2);
    expect(ranges()).toEqual([
      { seq_from: 0, seq_to: 30, day_min: DAY, corrections: 3 },
      { seq_from: 0, seq_to: 30, day_min: DAY + 1, corrections: 3 },
    ]);
  });

  it('are made of the days that have no vector in their range', async () => {
    const { fake, ranges, merge } = await databaseOf([0, 12 * 60], [5, 12 * 60], [12 * 60 + 1]);
    fake.select("INSERT INTO seal_plans VALUES ('u', ?, 1, 'h', 1, '{\"vector\":{\"i\":20}}', 0)", [DAY]);
    expect(await merge(30, AGED_HOURS)).toBe(1);
    expect(ranges().map(({ seq_from, seq_to, day_min }) => [day_min - DAY, seq_from, seq_to])).toEqual([
      [0, 0, 10],
      [1, 0, 30],
      [0, 10, 20],
    ]);
  });

  it('are of hours of which the shard has said all to be stored, a grace ago', async () => {
    const { db, merge, ranges } = await databaseOf([0], [1], [2]);
    expect(await merge(20, AGED_HOURS)).toBe(0);
    const request = { uid: 'u', incarnation: 'i', storedSeq: 30, shards: 1 };
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
    ['a part lacks a chunk of one kind', "UPDATE parts SET chunk = 1 WHERE seq_from = 10 AND kind = 'people'"],
    ['a part lacks its people', "DELETE FROM parts WHERE seq_from = 10 AND kind = 'people'"],
    ['a part lacks its counts', "DELETE FROM parts WHERE seq_from = 10 AND kind = 'counts'"],
    ['a part is of an earlier release', "UPDATE parts SET kind = 'all' WHERE seq_from = 10 AND kind = 'counts'"],
    ['a part is of no flush', 'UPDATE parts SET seq_to = 19 WHERE seq_from = 10'],
  ])('are not made where %s', async (_, sql) => {
    const { fake, merge } = await databaseOf([0], [1], [2]);
    fake.select(sql, []);
    const before = fake.select('SELECT * FROM parts', []);
    expect(await merge(30, AGED_HOURS)).toBe(0);
    expect(fake.select('SELECT * FROM parts', [])).toEqual(before);
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

describe('parts of few events', () => {
  const hours = Array.from({ length: 7 }, (_, hour) =>
    [60 * hour, 60 * hour + 1, 60 * hour + 2].map((minute) => [minute]),
  );

  it('wait for each other until the first are old, and are then merged at once', async () => {
    const { ranges, merge } = await databaseOf(...hours.flat());
    const agedHours = mergeFewAfterMs / HOUR_MS + 1;
    for (let hour = AGED_HOURS; hour < agedHours; hour += 0.5) expect(await merge(210, hour)).toBe(0);
    expect(await merge(210, agedHours)).toBe(1);
    // All hours that are over for long enough to be of quarters.
    expect(ranges()[0]).toEqual({ seq_from: 0, seq_to: 150, day_min: DAY, corrections: 15 });
    expect(ranges()).toHaveLength(1 + 6);
    for (let hour = agedHours + 0.5; hour < agedHours + 5; hour += 0.5) expect(await merge(210, hour)).toBe(0);
    expect(await merge(210, agedHours + 5)).toBe(1);
    expect(ranges()).toEqual([{ seq_from: 0, seq_to: 210, day_min: DAY, corrections: 21 }]);
  });

  it('are merged like others once they are many together', async () => {
    const { fake, ranges, merge } = await databaseOf(...hours.flat());
    fake.select('UPDATE flushes SET accepted = ?', [LIMITS.mergeMinutesEventsMin / 6]);
    expect(await merge(210, AGED_HOURS)).toBe(0);
    expect(await merge(210, AGED_HOURS + 1)).toBe(1);
    expect(ranges()[0]).toMatchObject({ seq_from: 0, seq_to: 60 });
  });

  it('are looked up seldom', async () => {
    const { db, fake } = await databaseOf(...hours.flat());
    let calls = 0;
    fake.hook = () => calls++;
    const asked: number[] = [];
    for (let minute = 0; minute <= 120; minute += 10) {
      calls = 0;
      await mergeParts(
        { ...db, prepare: db.prepare.bind(db) } as D1Database,
        { uid: 'u', incarnation: 'i', storedSeq: 210, shards: 1 },
        NOON_MS + minute * MINUTE_MS,
      );
      if (calls > 2) asked.push(minute);
    }
    expect(asked).toEqual([0, 10, 40, 70, 100]);
  });
});
