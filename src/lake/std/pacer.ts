/**
 * Pacer: pauses long work each time it has worked for some milliseconds, so that other tenants' requests in the same isolate are
 * served meanwhile. Work is measured in rows, and how many rows make a stretch is learned as it goes. A pause for each row group
 * would cost a reader of many small files more than its work.
 *
 * Where several do long work at a time, a pause also keeps their stretches apart: a request that waits for the thread several
 * times would else wait for a stretch of each of them every time. Work that is alone does not wait, nor do the calls of one tenant
 * for each other while the isolate serves nothing but them.
 */
import type { HashKey } from '../../core/std/hash.ts';
import { pause } from './pause.ts';

/** Rows of the first stretch: up to some ten milliseconds of the slowest work, which decodes them. */
const FIRST_ROWS = 8_192;
/** Rows of the longest stretch. */
const ROWS_MAX = 16 * FIRST_ROWS;
/** A stretch that took less time, with its pause, makes the next one longer. */
const SHORT_MS = 5;
/** A stretch that took longer makes the next one shorter. */
const LONG_MS = 10;
/** Time from the end of one stretch to the beginning of another's. */
const APART_MS = 4;
/** Work that has waited this often goes on: there is more of it than time. */
const WAITS_MAX = 6;

/** The owner and the end of the stretch that ended last in this isolate. */
const last: { owner: object | null; endedAtMs: number } = { owner: null, endedAtMs: 0 };

/** Time from the coming of other work until it is served, most often. */
const OTHERS_MS = 1_000;

/** The tenant whose question came last, and when something came that was not that tenant's question. */
const others = { asker: '', cameAtMs: Number.NEGATIVE_INFINITY };

/** Notes that work has come for which stretches of long work stand apart: events, which are to be acknowledged soon. */
export function noteOthers(): void {
  others.cameAtMs = Date.now();
}

/** Notes a question of the tenant with this key. That of another tenant than the last is other work. */
export function noteAsker(hashKey: HashKey): void {
  const asker = hashKey.join();
  if (others.asker !== asker) noteOthers();
  others.asker = asker;
}

function areOthersNear(): boolean {
  const sinceMs = Date.now() - others.cameAtMs;
  // The clock of another simulated world may be ahead.
  return sinceMs >= 0 && sinceMs <= OTHERS_MS;
}

/** The pacers of the scans of calls that are being answered. */
const scanPacers = new WeakMap<object, Pacer>();

/** The pacer of the scans of a call: a scan and the reader of its rows count into the same stretches. */
export function scanPacer(owner: object | undefined): Pacer {
  const known = owner && scanPacers.get(owner);
  if (known) return known;
  const pacer = new Pacer(owner);
  if (owner) scanPacers.set(owner, pacer);
  return pacer;
}

export class Pacer {
  readonly #owner: object;
  #rowCount = 0;
  #rowsMax = FIRST_ROWS;
  #resumedAtMs = Date.now();

  /**
   * `owner`: pacers of one piece of work, such as a call, have the same. Default: the pacer itself. Rows of one pacer take about the
   * same time each: what it learns of decoded rows says nothing of a sort.
   */
  constructor(owner?: object) {
    this.#owner = owner ?? this;
  }

  /** Pauses when the rows since the last pause are many enough. */
  async spend(rowCount: number): Promise<void> {
    this.#rowCount += rowCount;
    if (this.#rowCount >= this.#rowsMax) await this.pause();
  }

  /** Pauses after a step of some milliseconds, whatever was spent. */
  async pause(): Promise<void> {
    const rowCount = this.#rowCount;
    this.#rowCount = 0;
    last.owner = this.#owner;
    last.endedAtMs = Date.now();
    await pause();
    for (let waits = 0; waits < WAITS_MAX; waits++) {
      const waitMs = last.owner === this.#owner || !areOthersNear() ? 0 : last.endedAtMs + APART_MS - Date.now();
      // The clock of another simulated world may be behind.
      if (waitMs <= 0 || waitMs > APART_MS) break;
      await pause(waitMs);
    }
    this.#learn(rowCount);
  }

  /**
   * Fits the next stretch to the time that the last one took. A pause takes a millisecond whatever there is to do meanwhile:
   * rows that are decoded already, a hundred thousand in a few milliseconds, would spend most of their time in pauses.
   */
  #learn(rowCount: number): void {
    // The clock of a Worker stands still between two inputs or outputs, so the time of the pause is in.
    const nowMs = Date.now();
    const tookMs = nowMs - this.#resumedAtMs;
    this.#resumedAtMs = nowMs;
    if (tookMs <= SHORT_MS) this.#rowsMax = Math.min(ROWS_MAX, 2 * this.#rowsMax);
    else if (tookMs > LONG_MS) this.#rowsMax = Math.max(FIRST_ROWS, Math.floor((rowCount * LONG_MS) / tookMs));
  }
}

/** Rows that a reader works through at a time. */
const SLICE_ROWS = 4_096;
/** A row counts as two for a reader that tests each row for many steps. */
export const COSTLY = 2;

/** Hands the rows on in slices, with pauses between them. `weight`: what a row counts as. */
export async function inSlices(
  rows: Uint32Array,
  pacer: Pacer,
  add: (rows: Uint32Array) => void,
  weight = 1,
): Promise<void> {
  for (let from = 0; from < rows.length; from += SLICE_ROWS) {
    const slice = rows.subarray(from, from + SLICE_ROWS);
    add(slice);
    await pacer.spend(weight * slice.length);
  }
}
