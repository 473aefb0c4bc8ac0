/**
 * Gathering: how long a commit under load waits for the requests that should share it (decision 0030).
 *
 * A commit costs more than the small requests in it, and clients that were answered together come back together. So a
 * commit waits for the group that shared the last one, at most a few milliseconds and not beyond a pause in the
 * arrivals. The target grows by one when the whole group returned and shrinks by a quarter when it did not (AIMD), so
 * it tracks the number of active clients and decays quickly when they leave.
 */

/** The part of the last commit's requests that the next commit waits for after fewer came than expected. */
const CROWD_SHARE = 0.75;
/**
 * Number of requests beyond which a commit waits for no more, although it takes them: shared by so many, it costs each
 * of them little.
 */
const CROWD_MAX = 12;
/** The most rounds that a commit waits; each takes a millisecond or a little more. */
const ROUNDS_MAX = 8;
/** The number of rounds without an arrival that ends the wait. */
const QUIET_ROUNDS_MAX = 2;
/** Bytes of blocks that end the wait: in a row this large the commit is a small part of the cost. */
const SIZE_BYTES_ENOUGH = 64 * 1024;

/** The requests that wait: a live view of their number and size. */
export interface Crowd {
  readonly count: number;
  readonly sizeBytes: number;
}

export class Gathering {
  readonly #waiting: Crowd;
  #crowd = 0;
  /** Whether the last wait ended because the expected crowd had come. */
  #cameLast = false;
  #endRound: (() => void) | null = null;

  constructor(waiting: Crowd) {
    this.#waiting = waiting;
  }

  /** Resolves when the next commit should start: at once after a commit of a single request. */
  async gather(committed: number): Promise<void> {
    if (committed <= 1) {
      this.#cameLast = false;
      return;
    }
    const expected = this.#cameLast ? committed + 1 : Math.ceil(committed * CROWD_SHARE);
    this.#crowd = Math.min(expected, CROWD_MAX);
    for (let round = 0, quiet = 0; round < ROUNDS_MAX && quiet < QUIET_ROUNDS_MAX && !this.#isEnough(); round++) {
      const { count } = this.#waiting;
      await this.#round();
      quiet = this.#waiting.count > count ? 0 : quiet + 1;
    }
    this.#cameLast = this.#isEnough();
  }

  /** Ends the wait when enough requests are there; the shard calls it at each arrival. */
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
    const { count, sizeBytes } = this.#waiting;
    return count >= this.#crowd || sizeBytes >= SIZE_BYTES_ENOUGH;
  }
}
