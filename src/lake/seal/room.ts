/**
 * Room: how many rows the seals of one invocation hold at a time, over all of its days and tasks: small days run side by
 * side, big ones one after the other, and none beside a task.
 *
 * A row decoded is about 1 KB, and a batch of the queue may name 50 days of 40,000 rows each (CORRECTNESS B6).
 */
import { LIMITS } from '../../core/limits.ts';

interface Waiting {
  readonly rows: number;
  readonly enter: () => void;
}

export class Room {
  readonly #rowsMax = LIMITS.sealBucketRowsMax;
  readonly #waiting: Waiting[] = [];
  #rows = 0;

  /**
   * Does the work when there is room for its rows; work of more than there is room for is done alone. First come, first
   * served, so that a big day is not passed by small ones for ever. `hasWaited`: what was known before may be old by now.
   */
  async run<T>(rows: number, work: (hasWaited: boolean) => Promise<T>): Promise<T> {
    const taken = Math.min(rows, this.#rowsMax);
    const hasWaited = this.#waiting.length > 0 || this.#rows + taken > this.#rowsMax;
    if (hasWaited) await new Promise<void>((enter) => this.#waiting.push({ rows: taken, enter }));
    else this.#rows += taken;
    try {
      return await work(hasWaited);
    } finally {
      this.#rows -= taken;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#rows + next.rows > this.#rowsMax) return;
      this.#waiting.shift();
      this.#rows += next.rows;
      next.enter();
    }
  }
}
