// Tenant lake: one tenant's D1 and R2 as fakes, into which a test stores flushes and imports as the pipeline would.

import { type EventColumns, LATE_BEYOND, LATE_IMPORT } from '../../../src/core/event/columns.ts';
import type { StringColumn } from '../../../src/core/event/event.ts';
import { DAY_MS, MINUTE_MS } from '../../../src/core/limits.ts';
import { decodeRollupCells, encodeRollupCells } from '../../../src/core/rollup/cell-codec.ts';
import { DEFAULT_ROLLUPS, type Rollup } from '../../../src/core/rollup/rollup.ts';
import { RollupCells, tupleKey, tupleValues } from '../../../src/core/rollup/rollup-cells.ts';
import type { FlushPart, SealTaskName } from '../../../src/core/shard/rpc.ts';
import { wordsOf } from '../../../src/core/std/words.ts';
import { startChunk, storeChunk } from '../../../src/lake/import/chunk-store.ts';
import { importIncarnation } from '../../../src/lake/import/names.ts';
import { drawVersion, finishVersion, undoImport } from '../../../src/lake/import/version-store.ts';
import { storeFlush } from '../../../src/lake/manifest/flushes.ts';
import { importPath, l0Path } from '../../../src/lake/manifest/paths.ts';
import { readRange } from '../../../src/lake/manifest/range.ts';
import { type SealResult, sealDay, sealTask } from '../../../src/lake/seal/seal-day.ts';
import { putSegment } from '../../../src/lake/segment/put.ts';
import { SegmentCache } from '../../../src/lake/segment/segment-cache.ts';
import { encodeSegment } from '../../../src/lake/segment/segment-write.ts';
import { readHourPieces } from '../../../src/query/ask/hour-pieces.ts';
import { FakeBucket } from '../../support/fake-bucket.ts';
import { fakeD1 } from '../../support/fake-d1.ts';
import { columnsOf } from '../generate.ts';

export const UID = 'u1';
export const HASH_KEY = [1, 2, 3, 4] as const;
export const DAY = 19_000;
export const DAY_START_MS = DAY * DAY_MS;

export type Row = Parameters<typeof columnsOf>[0][number] & { readonly late?: number };

export class TenantLake {
  readonly bucket = new FakeBucket();
  readonly fake = fakeD1();
  readonly db = this.fake.db;
  nowMs = DAY_START_MS + 2 * DAY_MS;
  rollups: readonly Rollup[] = DEFAULT_ROLLUPS;
  #holders = 0;
  #chunks = 0;

  async flush(
    incarnation: string,
    seqFrom: number,
    seqTo: number,
    rows: readonly Row[],
    checksum = 'c',
  ): Promise<void> {
    await this.flushColumns(incarnation, seqFrom, seqTo, withLate(rows), checksum);
  }

  async flushColumns(
    incarnation: string,
    seqFrom: number,
    seqTo: number,
    columns: EventColumns,
    checksum = 'c',
  ): Promise<void> {
    const { rowCount } = columns;
    const encoded = encodeSegment(columns, { order: 'l0' });
    const path = l0Path(UID, incarnation, seqFrom, seqTo);
    const put = await putSegment(this.bucket.binding, path, encoded);
    await storeFlush(this.db, {
      uid: UID,
      flush: { incarnation, seqFrom, seqTo },
      checksum,
      tally: { received: rowCount, accepted: rowCount, duplicate: 0, quarantined: 0, rejected: 0, clamped: 0 },
      corrections: 0,
      rollupIds: this.rollups.map(({ id }) => id),
      parts: this.rollups.flatMap((rollup) => partsOf(rollup, columns)),
      segment: { path, encoded, ...put },
      nowMs: this.nowMs,
    });
  }

  /** Stores the rows as a chunk, and finishes the version unless `finishes` is false. */
  async import(
    rows: readonly Row[],
    importId = `imp${this.#chunks++}`,
    { chunk = 0, version = 1, draws = false, finishes = true } = {},
  ): Promise<void> {
    const columns = withLate(rows.map((row) => ({ ...row, late: LATE_IMPORT })));
    const encoded = encodeSegment(columns, { order: 'l0' });
    const path = importPath(UID, importIncarnation(importId, version, chunk), rows.length, encoded.contentHash);
    const put = await putSegment(this.bucket.binding, path, encoded);
    const named = { uid: UID, importId, version, chunk, contentHash: encoded.contentHash };
    if (draws) await this.draw(importId, version);
    await startChunk(this.db, named, this.nowMs);
    const verdict = {
      received: rows.length,
      accepted: rows.length,
      duplicate: 0,
      quarantined: 0,
      rejected: 0,
    } as const;
    const segment = { path, encoded, ...put };
    const names = { statements: [], remember: () => {} };
    await storeChunk(this.db, named, {
      segment,
      idsPath: null,
      links: [],
      names,
      verdict: { ...verdict, errors: [], days: [] },
    });
    if (finishes) await this.finish(importId, version, chunk + 1);
  }

  /** Draws the next version, which is to have this number. */
  async draw(importId: string, version: number): Promise<void> {
    const drawn = await drawVersion(
      this.db,
      { uid: UID, importId },
      { fingerprint: `${version}`, replaces: true },
      this.nowMs,
    );
    if (drawn.status !== 'drawn' || drawn.version !== version) throw new Error(`drew ${JSON.stringify(drawn)}`);
  }

  finish(importId: string, version: number, chunks: number): Promise<boolean> {
    return finishVersion(this.db, { uid: UID, importId, version }, { chunks, copies: 0 }, this.nowMs);
  }

  async undo(importId: string): Promise<boolean> {
    return undoImport(this.db, { uid: UID, importId }, this.nowMs);
  }

  /** Seals the day; each task of a big day runs in an invocation of its own. */
  async seal(day = DAY, holder?: string): Promise<SealResult> {
    for (;;) {
      const result = await this.sealStep(day, holder);
      if (result.status !== 'tasks') return result;
      for (const task of result.tasks) await this.task(task, day);
    }
  }

  /** Seals the day in a new invocation, or returns the tasks that must be done first. */
  sealStep(day = DAY, holder = `h${this.#holders++}`): Promise<SealResult> {
    const { db, rollups } = this;
    const cache = new SegmentCache(this.bucket.binding);
    return sealDay(
      { db, hashKey: HASH_KEY, bucket: this.bucket.binding, cache, now: () => this.nowMs, holder },
      UID,
      day,
      rollups,
    );
  }

  task(task: SealTaskName, day = DAY): Promise<readonly string[] | null> {
    const bucket = this.bucket.binding;
    return sealTask({ db: this.db, hashKey: HASH_KEY, bucket }, UID, day, task);
  }

  async sealed(day = DAY) {
    return (await this.range(day)).days[0];
  }

  /** What is stored of the day, with all cells of the grain, from wherever they lie. */
  async range(day = DAY, grain: 'hour' | 'day' = 'day', rollupName = 'events') {
    const rollupId = this.rollups.find(({ name }) => name === rollupName)!.id;
    const range = await readRange(this.db, { uid: UID, rollupId, dayFrom: day, dayTo: day, grain, kind: 'people' });
    const hours = await readHourPieces(this.bucket.binding, range.hourPieces);
    return { ...range, cells: [...range.cells, ...hours!] };
  }

  /**
   * The events of the day by tuple, as the rollup path answers when no shard holds more: sealed cells plus parts beyond
   * the vector.
   */
  async counts(day = DAY, rollupName = 'events'): Promise<Record<string, { count: number; people: number }>> {
    const { cells, parts, days } = await this.range(day, 'day', rollupName);
    const rollup = this.rollups.find(({ name }) => name === rollupName)!;
    const merged = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
    const vector = days[0]?.vector ?? {};
    const counting = parts.filter(({ incarnation, seqFrom }) => seqFrom >= (vector[incarnation] ?? 0));
    for (const { cells: bytes } of [...cells, ...counting]) {
      for (const [startMs, window] of decodeRollupCells(bytes!).windows) {
        if (Math.floor(startMs / DAY_MS) !== day) continue;
        for (const [key, cell] of window) merged.cell(0, key).merge(cell);
      }
    }
    const named = [...(merged.windows.get(0) ?? [])].map(([key, cell]) => {
      return [tupleValues(key).join('|'), { count: cell.count, people: cell.peopleCount() }] as const;
    });
    return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  all<T>(sql: string): Promise<T[]> {
    return this.db
      .prepare(sql)
      .all<T>()
      .then(({ results }) => results);
  }
}

function withLate(rows: readonly Row[]): EventColumns {
  return { ...columnsOf(rows), late: Uint8Array.from(rows, ({ late = 0 }) => late) };
}

function partsOf(rollup: Rollup, columns: EventColumns): FlushPart[] {
  const cells = new RollupCells(rollup.dimensions.length, rollup.numbers.length);
  const words = wordsOf(columns.person);
  for (let row = 0; row < columns.rowCount; row++) {
    if ((columns.late[row]! & LATE_BEYOND) !== 0 || rollup.where !== undefined) continue;
    const key = tupleKey(rollup.dimensions.map((name) => columns.strings[name as StringColumn]?.[row] ?? null));
    const cell = cells.cell(Math.floor(columns.at[row]! / MINUTE_MS) * MINUTE_MS, key);
    cell.count++;
    cell.people.add(words[2 * row + 1]!, words[2 * row]!);
  }
  const starts = [...cells.windows.keys()];
  return encodeRollupCells(cells).map((bytes, chunk) => ({
    rollupId: rollup.id,
    chunk,
    cells: bytes,
    startMsMin: Math.min(...starts),
    startMsMax: Math.max(...starts),
    overflowed: cells.overflowed,
  }));
}

let serial = 0;

/** An event of the day. Default: an hour after its start. */
export function row(id = `e${serial++}`, parts: Partial<Row> = {}): Row {
  return { id, at: DAY_START_MS + 3_600_000, receivedAt: DAY_START_MS + 3_600_500, person: 7n, ...parts };
}
