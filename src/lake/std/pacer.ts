/**
 * Pacer: pauses long work each time it has worked through a number of rows, so that other tenants' requests in the same
 * isolate are served meanwhile. A pause for each row group would cost a reader of many small files more than its work.
 *
 * Where several do long work at a time, a pause also keeps their stretches apart: a request that waits for the thread several
 * times would else wait for a stretch of each of them every time. Work that is alone does not wait.
 */
import { pause } from './pause.ts';

/** Some five to ten milliseconds of work. */
const ROWS_MAX = 8_192;
/** Time from the end of one stretch to the beginning of another's. */
const APART_MS = 4;
/** Work that has waited this often goes on: there is more of it than time. */
const WAITS_MAX = 6;

/** The owner and the end of the stretch that ended last in this isolate. */
const last: { owner: object | null; endedAtMs: number } = { owner: null, endedAtMs: 0 };

export class Pacer {
  readonly #owner: object;
  #rowCount = 0;

  /** `owner`: pacers of one piece of work, such as a call, have the same. Default: the pacer itself. */
  constructor(owner?: object) {
    this.#owner = owner ?? this;
  }

  /** Pauses when the rows since the last pause are many enough. */
  async spend(rowCount: number): Promise<void> {
    this.#rowCount += rowCount;
    if (this.#rowCount >= ROWS_MAX) await this.pause();
  }

  async pause(): Promise<void> {
    this.#rowCount = 0;
    last.owner = this.#owner;
    last.endedAtMs = Date.now();
    await pause();
    for (let waits = 0; waits < WAITS_MAX; waits++) {
      const waitMs = last.owner === this.#owner ? 0 : last.endedAtMs + APART_MS - Date.now();
      // The clock of another simulated world may be behind.
      if (waitMs <= 0 || waitMs > APART_MS) return;
      await pause(waitMs);
    }
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
