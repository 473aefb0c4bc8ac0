// Prices: the units that the platform bills, and the price in dollars of a million of each.
//
// The source is developers.cloudflare.com: the pricing pages of Workers, Durable Objects, D1, R2, Queues and Analytics
// Engine, November 2026, for usage beyond the included amounts of a plan.

export interface Units {
  /** Requests, queue batches and cron runs of the Worker. */
  workerRequests: number;
  /** Calls and alarms of objects. */
  objectRequests: number;
  objectRowsRead: number;
  /** Rows that SQLite writes; each `setAlarm` is one as well. */
  objectRowsWritten: number;
  /** Memory of 128 MB, for the time in which a call, an alarm or a commit is under way. */
  objectGbSeconds: number;
  d1RowsRead: number;
  /** Rows of tables and of indexes. */
  d1RowsWritten: number;
  /** Three operations for each message: write, read, delete. */
  queueOperations: number;
  /** Class A: put, list. */
  r2Writes: number;
  /** Class B: get, head. */
  r2Reads: number;
  analyticsPoints: number;
}

export const DOLLARS_PER_MILLION: Readonly<Record<keyof Units, number>> = {
  workerRequests: 0.3,
  objectRequests: 0.15,
  objectRowsRead: 0.001,
  objectRowsWritten: 1,
  objectGbSeconds: 12.5,
  d1RowsRead: 0.001,
  d1RowsWritten: 1,
  queueOperations: 0.4,
  r2Writes: 4.5,
  r2Reads: 0.36,
  analyticsPoints: 0.25,
};
/** CPU time of Workers. */
export const DOLLARS_PER_MILLION_CPU_MS = 0.02;
/** Lines of Workers Logs. */
export const DOLLARS_PER_MILLION_LOG_LINES = 0.6;
export const DOLLARS_PER_GB_MONTH = { r2: 0.015, d1: 0.75 } as const;
/** The memory that an object is billed for: 128 MB. */
export const OBJECT_GB = 0.125;

export function noUnits(): Units {
  return {
    workerRequests: 0,
    objectRequests: 0,
    objectRowsRead: 0,
    objectRowsWritten: 0,
    objectGbSeconds: 0,
    d1RowsRead: 0,
    d1RowsWritten: 0,
    queueOperations: 0,
    r2Writes: 0,
    r2Reads: 0,
    analyticsPoints: 0,
  };
}

/** Scales units of `events` events to a million events. */
export function perMillion(units: Units, events: number): Units {
  const scaled = noUnits();
  for (const name of unitNames) scaled[name] = (units[name] / events) * 1_000_000;
  return scaled;
}

export function dollarsOf(units: Units): number {
  return unitNames.reduce((sum, name) => sum + (units[name] * DOLLARS_PER_MILLION[name]) / 1_000_000, 0);
}

export const unitNames = Object.keys(DOLLARS_PER_MILLION) as (keyof Units)[];

/** Rows written by objects and in D1. */
export function rowsWrittenOf(units: Units): number {
  return units.objectRowsWritten + units.d1RowsWritten;
}
