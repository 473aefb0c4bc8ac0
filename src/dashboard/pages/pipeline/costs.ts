/**
 * Costs: an estimate of what the events of a month cost by list prices, from what the API tells.
 *
 * The prices are those of docs/costs.md: what a request costs hardly depends on its events, so their number a request decides.
 */

/** Dollars a million requests: the Worker's request, the object's request, its row, and its time. */
const REQUEST_DOLLARS = { worker: 0.3, object: 0.15, row: 1, time: 0.017 } as const;
/** Dollars a million events: rows of the database, queue, files. */
const EVENT_DOLLARS = 0.0037;
/** Dollars a GB and month of the database. */
const STORED_DOLLARS = 0.75;
const MILLION = 1e6;
const GB = 1e9;

export interface CostFacts {
  /** Events of the month so far. */
  readonly events: number;
  readonly eventsPerRequest: number;
  /** Bytes taken of the database; null before the first flush. */
  readonly storedBytes: number | null;
  /** The part of the month that has passed, 0 to 1. */
  readonly monthShare: number;
}

export interface Costs {
  readonly requests: number;
  readonly receipt: number;
  readonly storing: number;
  readonly storage: number;
  readonly total: number;
}

/** In dollars; `requests` is a number. */
export function costsOf({ events, eventsPerRequest, storedBytes, monthShare }: CostFacts): Costs {
  const { worker, object, row, time } = REQUEST_DOLLARS;
  const requests = events / Math.max(1, eventsPerRequest);
  const receipt = (requests / MILLION) * (worker + object + row + time);
  const storing = (events / MILLION) * EVENT_DOLLARS;
  const storage = ((storedBytes ?? 0) / GB) * STORED_DOLLARS * monthShare;
  return { requests, receipt, storing, storage, total: receipt + storing + storage };
}

/** The month of an instant, as the bill has it: in UTC. */
export function monthOf(nowMs: number): { readonly startMs: number; readonly share: number; readonly name: string } {
  const now = new Date(nowMs);
  const startMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  const endMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
  const name = now.toLocaleString('en', { month: 'long', timeZone: 'UTC' });
  return { startMs, share: (nowMs - startMs) / (endMs - startMs), name };
}

/** Two digits that say something, and never a zero for what is not nothing. */
export function dollars(amount: number): string {
  if (amount > 0 && amount < 0.01) return 'under $0.01';
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
