/**
 * Throttle store: the SQL of what a tenant's hub counts of requests that were refused for now.
 *
 * An hour of a code is one row, which is written once for each call that tells of it: a row written is what the platform bills.
 */
import { HOUR_MS, MINUTE_MS } from '../src/core/limits.ts';
import {
  type ThrottleCount,
  type ThrottledRequest,
  type ThrottledSpan,
  type ThrottleHour,
  throttledSpans,
  withThrottle,
} from '../src/core/live/throttle.ts';

type HourRow = { hour: number; code: string; minutes: string };

export class ThrottleStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  open(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS throttle (
        hour INTEGER NOT NULL, code TEXT NOT NULL, minutes TEXT NOT NULL, PRIMARY KEY (hour, code)) WITHOUT ROWID
    `);
  }

  add(counts: readonly ThrottleCount[]): void {
    const hours = new Map<string, ThrottleHour>();
    for (const count of counts) {
      const hour = Math.floor((count.minute * MINUTE_MS) / HOUR_MS);
      const name = `${hour} ${count.code}`;
      hours.set(name, withThrottle(hours.get(name) ?? this.#hourOf(hour, count.code), count));
    }
    for (const { hour, code, minutes } of hours.values())
      this.#sql.exec('INSERT OR REPLACE INTO throttle VALUES (?, ?, ?)', hour, code, JSON.stringify(minutes));
  }

  spans(request: ThrottledRequest): ThrottledSpan[] {
    const rows = this.#sql.exec<HourRow>(
      'SELECT * FROM throttle WHERE hour >= ? AND hour < ? ORDER BY hour',
      Math.floor(request.startMs / HOUR_MS),
      Math.ceil(request.endMs / HOUR_MS),
    );
    return throttledSpans(hoursOf(rows), request);
  }

  /** Start of the oldest hour that is kept; null when none is. */
  get oldestMs(): number | null {
    const [oldest] = this.#sql.exec<{ hour: number }>('SELECT hour FROM throttle ORDER BY hour LIMIT 1').toArray();
    return oldest === undefined ? null : oldest.hour * HOUR_MS;
  }

  dropBefore(instantMs: number): void {
    this.#sql.exec('DELETE FROM throttle WHERE hour < ?', Math.floor(instantMs / HOUR_MS));
  }

  #hourOf(hour: number, code: string): ThrottleHour | undefined {
    const [row] = this.#sql.exec<HourRow>('SELECT * FROM throttle WHERE hour = ? AND code = ?', hour, code).toArray();
    return row && hourOf(row);
  }
}

function* hoursOf(rows: Iterable<HourRow>): Generator<ThrottleHour> {
  for (const row of rows) yield hourOf(row);
}

function hourOf({ hour, code, minutes }: HourRow): ThrottleHour {
  return { hour, code, minutes: JSON.parse(minutes) as number[] };
}
