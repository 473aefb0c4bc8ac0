/**
 * Gathering: how long a commit under load waits for the requests that should share it (decision 0030).
 *
 * A commit costs more than the small requests in it, and clients that were answered together come back together. So the
 * next commit waits until most of the last one's crowd is there, and no longer than it takes them: a pause ends it, and
 * so do a few milliseconds. As it asks for less than came before, a crowd that is gone is soon no longer waited for.
 */

/** Of the requests of the last commit: with so many waiting, the next one starts. */
const CROWD_SHARE = 0.75;
/** Of a millisecond or little more each. */
const ROUNDS_MAX = 8;
/** Rounds in which nobody came: the crowd is not coming. */
const QUIET_ROUNDS_MAX = 2;
/** Of blocks: with this much in a row its commit is a small part of its cost. */
const SIZE_BYTES_ENOUGH = 64 * 1024;

export interface Waiting {
  readonly count: number;
  readonly sizeBytes: number;
}

export class Gathering {
  readonly #waiting: () => Waiting;
  #crowd = 0;
  #endRound: (() => void) | null = null;

  /** `waiting` tells what waits now. */
  constructor(waiting: () => Waiting) {
    this.#waiting = waiting;
  }

  /** After a commit of so many requests: resolves when the next should start. One that was alone is not waited for. */
  async gather(committed: number): Promise<void> {
    if (committed <= 1) return;
    this.#crowd = Math.ceil(committed * CROWD_SHARE);
    for (let round = 0, quiet = 0; round < ROUNDS_MAX && quiet < QUIET_ROUNDS_MAX && !this.#isEnough(); round++) {
      const { count } = this.#waiting();
      await this.#round();
      quiet = this.#waiting().count > count ? 0 : quiet + 1;
    }
  }

  /** To be called at each arrival. */
  noteArrival(): void {
    if (this.#endRound !== null && this.#isEnough()) this.#endRound();
  }

  async #round(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | null = null;
    await new Promise<void>((resolve) => {
      this.#endRound = resolve;
      timer = setTimeout(resolve, 1);
    });
    clearTimeout(timer);
    this.#endRound = null;
  }

  #isEnough(): boolean {
    const { count, sizeBytes } = this.#waiting();
    return count >= this.#crowd || sizeBytes >= SIZE_BYTES_ENOUGH;
  }
}
