/**
 * Shard store: all SQL of the shard, as typed rows, with its schema version.
 *
 * - `meta`: one row with identity and positions.
 * - `log`: rows in slots that are reused. A REPLACE into a free slot is one written row; an insert and a delete are
 *   two.
 * - `outbox`: flushes that are cut and not confirmed.
 * - `dedupe_run`: ids of 8 bytes, either those of one flush or of some small ones, or those of many flushes merged and sorted. `day`
 *   is the beginning of their generation (dedupe.ts): a day of receipt, or a fraction of it.
 * - `forgotten`: the receipt before which ids were forgotten for want of room; no row while there was room.
 * - `epoch`: epochs of the shard map that this shard has closed for.
 * Invariants: a log slot is free only below storedSeq; the ids of every row below the last cut are in a dedupe run.
 */
import { crc32 } from 'node:zlib';
import { DAY_MS } from '../src/core/limits.ts';
import type { KnownEpoch } from '../src/core/shard/closing.ts';
import type { RunMerge } from '../src/core/shard/dedupe.ts';
import type { LogRow, RowPlan } from '../src/core/shard/engine.ts';
import type { FlushRef, LoggedBlock } from '../src/core/shard/rpc.ts';
import type { ShardAddress } from '../src/core/shard/shard-map.ts';
import { assert } from '../src/core/std/result.ts';
import { encodeRow, logRowOf, type SlotRow } from './log-row.ts';

const SCHEMA_VERSION = 2;
/**
 * Free slots kept for reuse, which a flush of few events fills when each request has one. A flush with more rows keeps as many as it has, because the next flush needs them; further
 * slots of a backlog are deleted.
 */
const FREE_SLOTS_MAX = 1_024;
/**
 * The ids of a flush join the run of the flushes before it up to this size: a shard of few events, which sleeps between its
 * requests, would read a row for each flush of eight days whenever it wakes.
 */
const JOINED_RUN_SIZE_BYTES_MAX = 16 * 1_024;
/**
 * Adjacent slots read by one statement: a statement for each slot took a fifth of a restore with a log of small rows.
 */
const SLOTS_READ_MAX = 256;

export interface ShardMeta {
  readonly incarnation: string;
  readonly storedSeq: number;
  /** The watermark of the last idle advance or confirmed flush; each log row carries its own. */
  readonly watermarkMs: number | null;
  /** The greatest routing time of the confirmed flushes; each block carries its own. */
  readonly routingAtMsMax: number;
  readonly address: ShardAddress | null;
  readonly registered: boolean;
}

export interface OutboxRow {
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly cutAtMs: number;
}

/** A flush that is cut, and the ids it accepted. */
interface Cut extends OutboxRow {
  readonly run: Uint8Array;
  /** The generation of the ids, in days. */
  readonly generation: number;
  /** The oldest day of receipt whose ids are still remembered. */
  readonly oldestDay: number;
  /** Ids received before are forgotten for want of room. */
  readonly idHorizonMs: number;
}

/** The ids of one flush until they are merged with others. */
export interface FlushRun {
  readonly day: number;
  readonly ids: Uint32Array;
}

/** Blocks of the log, and the row to go on with; null when there is none. */
interface LogPage {
  readonly blocks: LoggedBlock[];
  readonly nextSeq: number | null;
}

export class ShardStore {
  readonly #sql: SqlStorage;
  readonly #slotOf = new Map<number, number>();
  /** The last is taken first. They lie so that rows in order come to lie in adjacent slots, which one statement reads. */
  readonly #freeSlots: number[] = [];
  #slotCount = 0;
  #rowsWritten = 0;
  #sizeBytes = 0;
  readonly #sizeOf = new Map<number, number>();
  /** A lower bound of the days in `dedupe_run`. */
  #runDayMin = 0;
  #idHorizonMs = Number.NEGATIVE_INFINITY;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Creates or opens the tables. `drawIncarnation` is called when the storage is new. Tables of a newer release are
   * refused and stay as they are, so that a rollback loses nothing.
   */
  open(drawIncarnation: () => string): ShardMeta {
    const stored = this.#storedMeta();
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS meta (
        one INTEGER PRIMARY KEY CHECK (one = 1), schema_version INTEGER NOT NULL, incarnation TEXT NOT NULL,
        stored_seq INTEGER NOT NULL, watermark_ms REAL, address TEXT, registered INTEGER NOT NULL,
        routing_at_ms_max REAL NOT NULL DEFAULT 0);
      CREATE TABLE IF NOT EXISTS log (
        slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, watermark_ms REAL NOT NULL, checksum INTEGER NOT NULL,
        blocks BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS outbox (seq_from INTEGER PRIMARY KEY, seq_to INTEGER NOT NULL, cut_at_ms INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS dedupe_run (
        run INTEGER PRIMARY KEY, day INTEGER NOT NULL, merged INTEGER NOT NULL, ids BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS forgotten (one INTEGER PRIMARY KEY CHECK (one = 1), before_ms REAL NOT NULL);
      CREATE TABLE IF NOT EXISTS epoch (epoch INTEGER PRIMARY KEY, start_ms REAL NOT NULL, published INTEGER NOT NULL);
    `);
    if (stored === undefined) {
      const incarnation = drawIncarnation();
      this.#sql.exec('INSERT INTO meta VALUES (1, ?, ?, 0, NULL, NULL, 0, 0)', SCHEMA_VERSION, incarnation);
      return { incarnation, storedSeq: 0, watermarkMs: null, routingAtMsMax: 0, address: null, registered: false };
    }
    if (stored.schema_version < SCHEMA_VERSION) this.#upgrade();
    return {
      incarnation: stored.incarnation,
      storedSeq: stored.stored_seq,
      watermarkMs: stored.watermark_ms,
      routingAtMsMax: stored.routing_at_ms_max ?? 0,
      address: stored.address === null ? null : (JSON.parse(stored.address) as ShardAddress),
      registered: stored.registered === 1,
    };
  }

  /** Rows written since this instance woke, which is the number that the platform bills. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  /** Bytes of log rows not yet stored. */
  get logSizeBytes(): number {
    return this.#sizeBytes;
  }

  saveRegistration(address: ShardAddress): void {
    this.#write('UPDATE meta SET address = ?, registered = 1', JSON.stringify(address));
  }

  /** Notes that the shard rests: it registers again before its next ack. */
  saveRest(): void {
    this.#write('UPDATE meta SET registered = 0');
  }

  epochs(): KnownEpoch[] {
    return this.#sql
      .exec<{ epoch: number; start_ms: number; published: number }>('SELECT * FROM epoch ORDER BY epoch')
      .toArray()
      .map(({ epoch, start_ms, published }) => ({ epoch, startMs: start_ms, isPublished: published === 1 }));
  }

  saveEpochs(epochs: readonly KnownEpoch[]): void {
    for (const { epoch, startMs, isPublished } of epochs)
      this.#write('INSERT OR REPLACE INTO epoch VALUES (?, ?, ?)', epoch, startMs, isPublished ? 1 : 0);
  }

  saveWatermark(watermarkMs: number): void {
    this.#write('UPDATE meta SET watermark_ms = ?', watermarkMs);
  }

  /** Writes one row of the log and returns it as `Engine.apply` takes it. */
  appendRow(plan: RowPlan): LogRow {
    assert(
      plan.watermarkMs !== null || plan.blocks.every((block) => block.eventCount === 0),
      'a row with events has a watermark',
    );
    const bytes = encodeRow(plan);
    const checksum = crc32(bytes);
    const slot = this.#freeSlots.pop() ?? this.#slotCount++;
    this.#write(
      'INSERT OR REPLACE INTO log (slot, seq, watermark_ms, checksum, blocks) VALUES (?, ?, ?, ?, ?)',
      slot,
      plan.seq,
      plan.watermarkMs ?? Number.NEGATIVE_INFINITY,
      checksum,
      bytes,
    );
    this.#hold(plan.seq, slot, bytes.byteLength);
    return { ...plan, sizeBytes: bytes.byteLength, checksum };
  }

  /** Reads the log from storedSeq on, in order, and notes which slots are free. */
  *replay(storedSeq: number): Generator<LogRow> {
    const slots = this.#sql.exec<{ slot: number; seq: number }>('SELECT slot, seq FROM log').toArray();
    for (const { slot, seq } of slots.reverse()) {
      this.#slotCount = Math.max(this.#slotCount, slot + 1);
      if (seq >= storedSeq) this.#slotOf.set(seq, slot);
      else this.#freeSlots.push(slot);
    }
    const seqs = [...this.#slotOf.keys()].sort((a, b) => a - b);
    for (const row of this.#readHeld(seqs)) {
      this.#hold(row.seq, this.#slotOf.get(row.seq)!, row.sizeBytes);
      yield row;
    }
  }

  /** Reads rows [seqFrom, seqTo), each of which the shard holds. */
  rows(seqFrom: number, seqTo: number): Generator<LogRow> {
    return this.#readHeld(seqsOf(seqFrom, seqTo));
  }

  /**
   * The blocks of rows [seqFrom, seqTo) up to about `sizeBytesMax`; null when the shard no longer holds one of them.
   */
  read(seqFrom: number, seqTo: number, sizeBytesMax: number): LogPage | null {
    return this.readRows(seqsOf(seqFrom, seqTo), sizeBytesMax);
  }

  /** As `read`, of the rows that are given. */
  readRows(seqs: readonly number[], sizeBytesMax: number): LogPage | null {
    const blocks: LoggedBlock[] = [];
    let sizeBytes = 0;
    let count = 0;
    for (; count < seqs.length && (sizeBytes < sizeBytesMax || count === 0); count++) {
      const rowSizeBytes = this.#sizeOf.get(seqs[count]!);
      if (rowSizeBytes === undefined) return null;
      sizeBytes += rowSizeBytes;
    }
    for (const row of this.#readHeld(seqs.slice(0, count))) {
      row.blocks.forEach((block, i) => {
        blocks.push({ seq: row.seq, block: block.bytes.slice(), dispositions: row.dispositions[i]!.slice() });
      });
    }
    return { blocks, nextSeq: seqs[count] ?? null };
  }

  /**
   * Saves a cut: the ids of its flush and its outbox row, in one transaction (CORRECTNESS A1). The first cut of a day
   * also drops the ids beyond the horizon: a shard with few events never merges, and would read all ids it ever took
   * at each restart.
   */
  saveCut(flush: Cut): void {
    const oldestDay = Math.max(flush.oldestDay, flush.idHorizonMs / DAY_MS);
    if (this.#runDayMin < oldestDay) {
      this.#write('DELETE FROM dedupe_run WHERE day < ?', oldestDay);
      this.#runDayMin = oldestDay;
    }
    if (this.#idHorizonMs < flush.idHorizonMs) {
      this.#write('INSERT OR REPLACE INTO forgotten VALUES (1, ?)', flush.idHorizonMs);
      this.#idHorizonMs = flush.idHorizonMs;
    }
    this.#write('INSERT INTO outbox VALUES (?, ?, ?)', flush.seqFrom, flush.seqTo, flush.cutAtMs);
    if (flush.run.byteLength > 0) this.#saveRun(flush);
  }

  #saveRun({ generation, run }: Cut): void {
    const joined = this.#write(
      `UPDATE dedupe_run SET ids = CAST(ids || ? AS BLOB)
       WHERE run = (SELECT max(run) FROM dedupe_run) AND merged = 0 AND day = ? AND length(ids) <= ?`,
      run,
      generation,
      JOINED_RUN_SIZE_BYTES_MAX - run.byteLength,
    );
    if (joined === 0) this.#write('INSERT INTO dedupe_run (day, merged, ids) VALUES (?, 0, ?)', generation, run);
  }

  /** Replaces the runs of single flushes by merged runs. */
  saveMerge(merges: readonly RunMerge[]): void {
    this.#write('DELETE FROM dedupe_run WHERE merged = 0');
    for (const { day, ids } of merges) {
      this.#write('INSERT INTO dedupe_run (day, merged, ids) VALUES (?, 1, ?)', day, bytesOf(ids));
    }
  }

  /**
   * Drops a flush that the sink has stored: its outbox row goes and its slots become free. Saves the watermark and the
   * greatest routing time, because a restart replays only rows that are not stored and may find none that carries them.
   */
  saveConfirm(flush: FlushRef, watermarkMs: number | null, routingAtMsMax: number): void {
    this.#write('DELETE FROM outbox WHERE seq_from = ?', flush.seqFrom);
    this.#write(
      'UPDATE meta SET stored_seq = ?, watermark_ms = ?, routing_at_ms_max = ?',
      flush.seqTo,
      watermarkMs,
      routingAtMsMax,
    );
    for (let seq = flush.seqTo - 1; seq >= flush.seqFrom; seq--) this.#release(seq);
    const freeSlotsMax = Math.max(FREE_SLOTS_MAX, flush.seqTo - flush.seqFrom);
    while (this.#freeSlots.length > freeSlotsMax)
      this.#write('DELETE FROM log WHERE slot = ?', this.#freeSlots.shift());
  }

  outbox(): OutboxRow[] {
    return this.#sql
      .exec<{ seq_from: number; seq_to: number; cut_at_ms: number }>('SELECT * FROM outbox ORDER BY seq_from')
      .toArray()
      .map((row) => ({ seqFrom: row.seq_from, seqTo: row.seq_to, cutAtMs: row.cut_at_ms }));
  }

  *flushRuns(oldestDay: number): Generator<FlushRun> {
    const rows = this.#sql.exec<{ day: number; ids: ArrayBuffer }>(
      'SELECT day, ids FROM dedupe_run WHERE merged = 0 AND day >= ? ORDER BY run',
      oldestDay,
    );
    for (const { day, ids } of rows) yield { day, ids: new Uint32Array(ids) };
  }

  /** The receipt before which ids were forgotten for want of room. */
  idHorizonMs(): number {
    const [row] = this.#sql.exec<{ before_ms: number }>('SELECT before_ms FROM forgotten').toArray();
    this.#idHorizonMs = row?.before_ms ?? Number.NEGATIVE_INFINITY;
    return this.#idHorizonMs;
  }

  mergedDays(oldestDay: number): number[] {
    const rows = this.#sql.exec<{ day: number }>('SELECT day FROM dedupe_run WHERE merged = 1 AND day >= ?', oldestDay);
    return [...new Set([...rows].map(({ day }) => day))];
  }

  /** The merged runs of a generation, each sorted; one at a time, because it may have 8 bytes of them for each of many ids. */
  *readRuns(day: number): Generator<Uint32Array> {
    const rows = this.#sql.exec<{ ids: ArrayBuffer }>('SELECT ids FROM dedupe_run WHERE merged = 1 AND day = ?', day);
    for (const { ids } of rows) yield new Uint32Array(ids);
  }

  /** Returns the number of rows written. */
  #write(statement: string, ...values: (string | number | ArrayBuffer | Uint8Array | null | undefined)[]): number {
    const { rowsWritten } = this.#sql.exec(statement, ...values);
    this.#rowsWritten += rowsWritten;
    return rowsWritten;
  }

  /** Reads the schema before any table is touched. Undefined where the storage is new. */
  #storedMeta(): MetaRow | undefined {
    const [table] = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray();
    if (!table) return undefined;
    const [stored] = this.#sql.exec<MetaRow>('SELECT * FROM meta').toArray();
    const version = stored?.schema_version ?? SCHEMA_VERSION;
    assert(version <= SCHEMA_VERSION, `the shard has schema ${version}, this release knows ${SCHEMA_VERSION}`);
    return stored;
  }

  /** Upgrades storage of schema 1, which had no epochs. */
  #upgrade(): void {
    const columns = this.#sql.exec<{ name: string }>('SELECT name FROM pragma_table_info(?)', 'meta').toArray();
    if (!columns.some(({ name }) => name === 'routing_at_ms_max'))
      this.#sql.exec('ALTER TABLE meta ADD COLUMN routing_at_ms_max REAL NOT NULL DEFAULT 0');
    this.#sql.exec('UPDATE meta SET schema_version = ?', SCHEMA_VERSION);
  }

  /** Rows that the shard holds, those of adjacent slots by one statement. */
  *#readHeld(seqs: readonly number[]): Generator<LogRow> {
    for (let at = 0; at < seqs.length; ) {
      const seqFrom = seqs[at]!;
      const slotFrom = this.#slotOf.get(seqFrom);
      assert(slotFrom !== undefined, `row ${seqFrom} is read, which is no longer held`);
      let count = 1;
      const isNext = (seq: number | undefined) =>
        seq === seqFrom + count && this.#slotOf.get(seq) === slotFrom + count && count < SLOTS_READ_MAX;
      while (isNext(seqs[at + count])) count++;
      yield* this.#readSlots(slotFrom, slotFrom + count, seqFrom);
      at += count;
    }
  }

  /** The rows of slots [slotFrom, slotTo), which hold the rows from `seqFrom` on. */
  *#readSlots(slotFrom: number, slotTo: number, seqFrom: number): Generator<LogRow> {
    const found = this.#sql.exec<SlotRow>(
      'SELECT seq, watermark_ms, checksum, blocks FROM log WHERE slot >= ? AND slot < ? ORDER BY slot',
      slotFrom,
      slotTo,
    );
    let seq = seqFrom;
    for (const row of found) {
      assert(row.seq === seq, `slot ${slotFrom + seq - seqFrom} holds row ${row.seq} where ${seq} was expected`);
      yield logRowOf(row);
      seq++;
    }
    assert(seq - seqFrom === slotTo - slotFrom, `row ${seq} is not in slot ${slotFrom + seq - seqFrom}`);
  }

  #hold(seq: number, slot: number, sizeBytes: number): void {
    this.#slotOf.set(seq, slot);
    this.#sizeOf.set(seq, sizeBytes);
    this.#sizeBytes += sizeBytes;
  }

  #release(seq: number): void {
    const slot = this.#slotOf.get(seq);
    assert(slot !== undefined, `row ${seq} is released twice`);
    this.#slotOf.delete(seq);
    this.#freeSlots.push(slot);
    this.#sizeBytes -= this.#sizeOf.get(seq) ?? 0;
    this.#sizeOf.delete(seq);
  }
}

type MetaRow = {
  one: number;
  schema_version: number;
  incarnation: string;
  stored_seq: number;
  watermark_ms: number | null;
  address: string | null;
  registered: number;
  routing_at_ms_max: number;
};

function seqsOf(seqFrom: number, seqTo: number): number[] {
  return Array.from({ length: seqTo - seqFrom }, (_, index) => seqFrom + index);
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
