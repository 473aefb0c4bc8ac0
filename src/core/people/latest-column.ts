/**
 * LatestColumn: one value for each of many numbered owners: of all that were offered, the latest or the earliest.
 *
 * It takes 24 bytes an owner, and its long or rare texts. Times lie in flat arrays, and a text that many owners share
 * is held once.
 */
import type { JsonValue } from '../event/event.ts';
import { SharedValues } from './shared-values.ts';

/** A value, with the times that make it the latest. */
export interface Latest {
  /** The time from which the value counts (`timesOf`). */
  readonly atMs: number;
  readonly receivedAtMs: number;
  readonly value: JsonValue;
}

/** A value counts from its event's time on, but not before it was received: a clock that is ahead pins nothing. */
export function timesOf(atMs: number, receivedAtMs: number): Pick<Latest, 'atMs' | 'receivedAtMs'> {
  return { atMs: Math.min(atMs, receivedAtMs), receivedAtMs };
}

/** Earlier than every trusted value. */
const BEFORE_TRUSTED_MS = 2 ** 44;
/** Earlier than every value that is set by the same class of senders: half of the distance between the classes. */
const BEFORE_SET_MS = 2 ** 43;

/**
 * The times of a trait that a sender gives. One of a browser key counts before any of a trusted sender, whatever their times:
 * a stranger sets no trait that a server or an import has set. One that is set once counts before any that is set, and of
 * two such the earlier wins: their times run backwards.
 */
export function traitTimesOf(
  atMs: number,
  receivedAtMs: number,
  sender: string | null | undefined,
  isOnce = false,
): Pick<Latest, 'atMs' | 'receivedAtMs'> {
  const given = timesOf(atMs, receivedAtMs);
  const times = isOnce ? { atMs: -BEFORE_SET_MS - given.atMs, receivedAtMs: -receivedAtMs } : given;
  return sender === 'browser' ? { ...times, atMs: times.atMs - BEFORE_TRUSTED_MS } : times;
}

/** Compares two values by time; positive when the first is the later. */
export function compareLatest(a: Latest, b: Latest): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  if (a.receivedAtMs !== b.receivedAtMs) return a.receivedAtMs - b.receivedAtMs;
  const [left, right] = [JSON.stringify(a.value), JSON.stringify(b.value)];
  return left === right ? 0 : left < right ? -1 : 1;
}

const OWNER_BYTES = 24;

export class LatestColumn {
  /** 1 when the latest value stays, −1 when the earliest does. */
  readonly #sign: 1 | -1;
  readonly #shared = new SharedValues();
  #at = new Float64Array(4);
  #receivedAt = new Float64Array(4);
  /** undefined for an owner without a value. */
  #values: (JsonValue | undefined)[] = [];

  constructor(stays: 'latest' | 'earliest' = 'latest') {
    this.#sign = stays === 'latest' ? 1 : -1;
  }

  get sizeBytes(): number {
    return this.#values.length * OWNER_BYTES + this.#shared.sizeBytes;
  }

  /** Returns the owner's value; undefined when it has none. */
  value(owner: number): JsonValue | undefined {
    return this.#values[owner];
  }

  /** Whether a value of that time may stay. */
  mayTake(owner: number, atMs: number): boolean {
    return this.#values[owner] === undefined || this.#sign * (atMs - this.#at[owner]!) >= 0;
  }

  offer(owner: number, latest: Latest): void {
    const value = this.#values[owner];
    if (value !== undefined) {
      const known = { atMs: this.#at[owner]!, receivedAtMs: this.#receivedAt[owner]!, value };
      if (this.#sign * compareLatest(latest, known) <= 0) return;
      this.#shared.release(value);
    }
    this.#cover(owner);
    this.#at[owner] = latest.atMs;
    this.#receivedAt[owner] = latest.receivedAtMs;
    this.#values[owner] = this.#shared.take(latest.value);
  }

  /** Keeps the owners with a new number; the others have a negative one. */
  renumber(numbers: Int32Array): void {
    const [at, receivedAt, values] = [this.#at, this.#receivedAt, this.#values];
    this.#at = new Float64Array(4);
    this.#receivedAt = new Float64Array(4);
    this.#values = [];
    this.#shared.clear();
    for (const [owner, value] of values.entries()) {
      const number = numbers[owner]!;
      if (value !== undefined && number >= 0) {
        this.offer(number, { atMs: at[owner]!, receivedAtMs: receivedAt[owner]!, value });
      }
    }
  }

  #cover(owner: number): void {
    // Owners between have no value; the array stays dense, which a hole would end.
    while (this.#values.length <= owner) this.#values.push(undefined);
    if (owner < this.#at.length) return;
    const size = Math.max(owner + 1, Math.ceil(1.5 * this.#at.length));
    this.#at = grown(this.#at, size);
    this.#receivedAt = grown(this.#receivedAt, size);
  }
}

function grown(array: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const more = new Float64Array(size);
  more.set(array);
  return more;
}
