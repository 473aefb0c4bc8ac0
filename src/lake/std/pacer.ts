/**
 * Pacer: pauses a reader each time it has worked through a number of rows, so that other tenants' requests in the same
 * isolate are served meanwhile. A pause for each row group would cost a reader of many small files more than its work.
 */
import { pause } from './pause.ts';

/** Some five to twenty milliseconds of work. */
const ROWS_MAX = 16_384;

export class Pacer {
  #rowCount = 0;

  /** Pauses when the rows since the last pause are many enough. */
  async spend(rowCount: number): Promise<void> {
    this.#rowCount += rowCount;
    if (this.#rowCount < ROWS_MAX) return;
    this.#rowCount = 0;
    await pause();
  }
}
