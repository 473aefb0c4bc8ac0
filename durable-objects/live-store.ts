/**
 * Live store: all SQL of a tenant's hub, as typed rows, with its schema version.
 *
 * - `meta`: one row with the tenant, and where the rounds begin.
 * - `round`: the latest rounds, each with the positions behind it, in slots that are reused: one written row a round.
 * - `ticket`: tickets that are spent, until they would have ended.
 * - `report`: the refusals of one request, as one row of JSON: a row written is what the platform bills.
 * - `unkept`: refusals that were counted and not kept, by the minute.
 * Reports are dropped, the oldest first, when there are too many refusals or when they are a day old; those of browsers before
 * those of servers while they are more than half.
 */
import { LIMITS, MINUTE_MS } from '../src/core/limits.ts';
import {
  fitsRefusal,
  type KeptRefusal,
  parseRef,
  type RefusalReport,
  type RefusalsReply,
  type RefusalsRequest,
  refOf,
} from '../src/core/live/refusal.ts';
import type { Round, RoundRefusals } from '../src/core/live/round.ts';
import type { RecentPosition } from '../src/core/shard/recent.ts';
import { assert } from '../src/core/std/result.ts';

const SCHEMA_VERSION = 1;
/** Refusals beyond the limit that are kept for a while, so that a new one seldom has to drop an old one. */
const SLACK = LIMITS.refusalsKeptMax / 10;

type MetaRow = { schema_version: number; uid: string | null; first_seq: number; watched_until_ms: number };
type CountedReport = { id: number; count: number; isBrowser: number };
type ReportRow = { id: number; at_ms: number; count: number; body: string };

/** How far the hub has looked. */
export interface LivePositions {
  /** By the name of the shard. */
  readonly shards: Readonly<Record<string, RecentPosition>>;
  /** Id of the last report that is in a round. */
  readonly report: number;
}

export interface StoredRound {
  readonly round: Round;
  /** Characters that it takes as JSON. */
  readonly length: number;
}

export class LiveStore {
  readonly #sql: SqlStorage;
  /** Refusals that are kept. */
  #kept = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  open(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS meta (
        one INTEGER PRIMARY KEY CHECK (one = 1), schema_version INTEGER NOT NULL, uid TEXT,
        first_seq INTEGER NOT NULL DEFAULT 0, watched_until_ms REAL NOT NULL DEFAULT 0);
      CREATE TABLE IF NOT EXISTS round (
        slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms REAL NOT NULL, body TEXT NOT NULL, positions TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS ticket (name TEXT PRIMARY KEY, ends_at_ms REAL NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS report (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms REAL NOT NULL, count INTEGER NOT NULL, body TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS unkept (minute INTEGER PRIMARY KEY, count INTEGER NOT NULL);
    `);
    this.#sql.exec('INSERT OR IGNORE INTO meta (one, schema_version) VALUES (1, ?)', SCHEMA_VERSION);
    const { schema_version: version } = this.#meta();
    assert(version <= SCHEMA_VERSION, `the hub has schema ${version}, this release knows ${SCHEMA_VERSION}`);
    this.#kept = this.#sql.exec<{ kept: number }>('SELECT COALESCE(SUM(count), 0) AS kept FROM report').one().kept;
  }

  /** Null until somebody has watched. */
  get uid(): string | null {
    return this.#meta().uid;
  }

  /** Sequence number of the first round since the last beginning; 0 before the first. */
  get firstSeq(): number {
    return this.#meta().first_seq;
  }

  /** Instant up to which the shards were looked at, give or take one run of the alarm. */
  get watchedUntilMs(): number {
    return this.#meta().watched_until_ms;
  }

  /** Begins the rounds anew: earlier ones are dropped. */
  saveBeginning(uid: string, firstSeq: number, nowMs: number): void {
    this.#sql.exec('DELETE FROM round');
    this.#sql.exec('UPDATE meta SET uid = ?, first_seq = ?, watched_until_ms = ?', uid, firstSeq, nowMs);
  }

  saveWatchedUntil(instantMs: number): void {
    this.#sql.exec('UPDATE meta SET watched_until_ms = ?', instantMs);
  }

  saveRound(round: Round, positions: LivePositions): StoredRound {
    const body = JSON.stringify(round);
    this.#sql.exec(
      'INSERT OR REPLACE INTO round VALUES (?, ?, ?, ?, ?)',
      round.seq % LIMITS.liveRoundsMax,
      round.seq,
      round.atMs,
      body,
      JSON.stringify(positions),
    );
    return { round, length: body.length };
  }

  /** The latest rounds that are kept, as many as `LIMITS.liveRoundsLengthMax` takes, the oldest first. */
  rounds(): StoredRound[] {
    const slots = this.#sql.exec<{ slot: number }>('SELECT slot FROM round ORDER BY seq DESC').toArray();
    const rounds: StoredRound[] = [];
    let left: number = LIMITS.liveRoundsLengthMax;
    for (const { slot } of slots) {
      const { body } = this.#sql.exec<{ body: string }>('SELECT body FROM round WHERE slot = ?', slot).one();
      left -= body.length;
      if (left < 0) break;
      rounds.push({ round: JSON.parse(body) as Round, length: body.length });
    }
    return rounds.reverse();
  }

  /** The positions behind the last round; null when no round is kept. */
  positions(): LivePositions | null {
    const [last] = this.#sql
      .exec<{ positions: string }>('SELECT positions FROM round ORDER BY seq DESC LIMIT 1')
      .toArray();
    return last === undefined ? null : (JSON.parse(last.positions) as LivePositions);
  }

  /** Drops the rounds of a hub that nobody watches any more. */
  saveEnd(): void {
    this.#sql.exec('DELETE FROM round');
    this.#sql.exec('DELETE FROM ticket');
    this.#sql.exec('UPDATE meta SET uid = NULL');
  }

  /** Spends a ticket; false when it was spent before. */
  spendTicket(name: string, endsAtMs: number, nowMs: number): boolean {
    this.#sql.exec('DELETE FROM ticket WHERE ends_at_ms < ?', nowMs);
    return this.#sql.exec('INSERT OR IGNORE INTO ticket VALUES (?, ?)', name, endsAtMs).rowsWritten > 0;
  }

  /** The reports after the one with the id, the oldest first, at most `countMax`. */
  reportsAfter(id: number, countMax: number): RoundRefusals[] {
    const rows = this.#sql
      .exec<ReportRow>('SELECT * FROM report WHERE id > ? ORDER BY id LIMIT ?', id, countMax)
      .toArray();
    return rows.map((row) => ({ id: row.id, report: JSON.parse(row.body) as RefusalReport }));
  }

  /** Id of the last report that was received before the instant; 0 when there is none. */
  reportBefore(instantMs: number): number {
    const { id } = this.#sql
      .exec<{ id: number }>('SELECT COALESCE(MAX(id), 0) AS id FROM report WHERE at_ms < ?', instantMs)
      .one();
    return id;
  }

  saveReport(report: RefusalReport): void {
    const { length } = report.items;
    this.#sql.exec(
      'INSERT INTO report (at_ms, count, body) VALUES (?, ?, ?)',
      report.receivedAtMs,
      length,
      JSON.stringify(report),
    );
    this.#kept += length;
    if (this.#kept > LIMITS.refusalsKeptMax + SLACK) this.#dropOldest();
  }

  addUnkept(count: number, nowMs: number): void {
    if (count === 0) return;
    this.#sql.exec(
      'INSERT INTO unkept VALUES (?, ?) ON CONFLICT (minute) DO UPDATE SET count = count + excluded.count',
      Math.floor(nowMs / MINUTE_MS),
      count,
    );
  }

  refusals(request: RefusalsRequest, nowMs: number): RefusalsReply {
    const page = this.#page(request);
    return { ...page, kept: this.#kept, sinceMs: this.#oldestReportMs, notKept: this.#notKept(nowMs) };
  }

  /** Whether no refusal is kept or counted. */
  get isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM report UNION ALL SELECT 1 FROM unkept LIMIT 1').toArray().length === 0;
  }

  /** Time of the oldest refusal that is kept or counted; null when there is none. */
  get oldestMs(): number | null {
    const [counted] = this.#sql.exec<{ minute: number }>('SELECT minute FROM unkept ORDER BY minute LIMIT 1').toArray();
    const times = [this.#oldestReportMs, counted && counted.minute * MINUTE_MS].filter((ms) => ms != null);
    return times.length === 0 ? null : Math.min(...times);
  }

  get #oldestReportMs(): number | null {
    const [oldest] = this.#sql.exec<{ at_ms: number }>('SELECT at_ms FROM report ORDER BY id LIMIT 1').toArray();
    return oldest?.at_ms ?? null;
  }

  /** Drops what was received before the instant. Reports are nearly in the order of their receipt. */
  dropBefore(instantMs: number): void {
    const { kept } = this.#sql
      .exec<{ kept: number }>('SELECT COALESCE(SUM(count), 0) AS kept FROM report WHERE at_ms < ?', instantMs)
      .one();
    this.#sql.exec('DELETE FROM report WHERE at_ms < ?', instantMs);
    this.#sql.exec('DELETE FROM unkept WHERE minute < ?', Math.floor(instantMs / MINUTE_MS));
    this.#kept -= kept;
  }

  #meta(): MetaRow {
    return this.#sql.exec<MetaRow>('SELECT * FROM meta').one();
  }

  #page({ limit, before, ...filter }: RefusalsRequest): Pick<RefusalsReply, 'refusals' | 'next'> {
    if (limit === 0) return { refusals: [], next: null };
    const start = before === undefined ? null : parseRef(before);
    const rows = this.#sql.exec<ReportRow>(
      'SELECT * FROM report WHERE id <= ? ORDER BY id DESC',
      start?.report ?? Number.MAX_SAFE_INTEGER,
    );
    const refusals: KeptRefusal[] = [];
    let read = 0;
    for (const row of rows) {
      const { items, more: _more, ...common } = JSON.parse(row.body) as RefusalReport;
      for (let item = items.length - 1; item >= 0; item--) {
        const ref = refOf({ report: row.id, item });
        if (start !== null && row.id === start.report && item >= start.item) continue;
        const kept = { ...common, ...items[item]!, ref };
        if (fitsRefusal(filter, kept)) refusals.push(kept);
        read++;
        if (refusals.length === limit || read === LIMITS.refusalsReadMax)
          return { refusals, next: this.#hasBefore(row.id, item) ? ref : null };
      }
    }
    return { refusals, next: null };
  }

  #hasBefore(report: number, item: number): boolean {
    if (item > 0) return true;
    return this.#sql.exec('SELECT 1 FROM report WHERE id < ? LIMIT 1', report).toArray().length > 0;
  }

  #notKept(nowMs: number): number {
    const since = Math.floor((nowMs - LIMITS.refusalsKeptMs) / MINUTE_MS);
    return this.#sql
      .exec<{ count: number }>('SELECT COALESCE(SUM(count), 0) AS count FROM unkept WHERE minute >= ?', since)
      .one().count;
  }

  #dropOldest(): void {
    const dropped: number[] = [];
    const isFull = () => this.#kept > LIMITS.refusalsKeptMax;
    const drop = (reports: readonly CountedReport[], mayGo: (count: number) => boolean) => {
      for (const { id, count } of reports) {
        if (!isFull() || this.#kept - count < LIMITS.refusalsKeptMax || !mayGo(count)) break;
        dropped.push(id);
        this.#kept -= count;
      }
    };
    const reports = this.#sql
      .exec<CountedReport>("SELECT id, count, body ->> '$.keyClass' = 'browser' AS isBrowser FROM report ORDER BY id")
      .toArray();
    const ofBrowsers = reports.filter(({ isBrowser }) => isBrowser === 1);
    let left = ofBrowsers.reduce((sum, { count }) => sum + count, 0);
    // Half of the place is that of servers, as far as they need it: anybody has a browser's key.
    const least = LIMITS.refusalsKeptMax / 2 + LIMITS.refusalsPerRequestMax;
    drop(ofBrowsers, (count) => {
      if (left < least) return false;
      left -= count;
      return true;
    });
    const gone = new Set(dropped);
    const others = left < least ? reports.filter(({ id }) => !gone.has(id)) : [];
    drop(others, () => true);
    this.#sql.exec('DELETE FROM report WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(dropped));
  }
}
