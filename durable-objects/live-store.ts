/**
 * Live store: all SQL of a tenant's hub, as typed rows, with its schema version.
 *
 * - `report`: the refusals of one request, as one row of JSON: a row written is what the platform bills.
 * - `unkept`: refusals that were counted and not kept, by the minute.
 * Reports are dropped, the oldest first, when there are too many refusals or when they are a day old.
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
import { assert } from '../src/core/std/result.ts';

const SCHEMA_VERSION = 1;
/** Refusals beyond the limit that are kept for a while, so that a new one seldom has to drop an old one. */
const SLACK = LIMITS.refusalsKeptMax / 10;

type ReportRow = { id: number; at_ms: number; count: number; body: string };

export class LiveStore {
  readonly #sql: SqlStorage;
  /** Refusals that are kept. */
  #kept = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  open(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS meta (one INTEGER PRIMARY KEY CHECK (one = 1), schema_version INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS report (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms REAL NOT NULL, count INTEGER NOT NULL, body TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS unkept (minute INTEGER PRIMARY KEY, count INTEGER NOT NULL);
    `);
    this.#sql.exec('INSERT OR IGNORE INTO meta VALUES (1, ?)', SCHEMA_VERSION);
    const { schema_version: version } = this.#sql.exec<{ schema_version: number }>('SELECT * FROM meta').one();
    assert(version <= SCHEMA_VERSION, `the hub has schema ${version}, this release knows ${SCHEMA_VERSION}`);
    this.#kept = this.#sql.exec<{ kept: number }>('SELECT COALESCE(SUM(count), 0) AS kept FROM report').one().kept;
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
    return { ...page, kept: this.#kept, sinceMs: this.oldestMs(), notKept: this.#notKept(nowMs) };
  }

  get isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM report UNION ALL SELECT 1 FROM unkept LIMIT 1').toArray().length === 0;
  }

  /** Receipt time of the oldest report; null when there is none. */
  oldestMs(): number | null {
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
    let until = 0;
    let left = this.#kept;
    const rows = this.#sql.exec<{ id: number; count: number }>('SELECT id, count FROM report ORDER BY id');
    for (const { id, count } of rows) {
      if (left - count < LIMITS.refusalsKeptMax) break;
      left -= count;
      until = id;
    }
    this.#sql.exec('DELETE FROM report WHERE id <= ?', until);
    this.#kept = left;
  }
}
