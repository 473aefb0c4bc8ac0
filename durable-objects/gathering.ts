/**
 * Gathering: how long a commit under load waits for the requests that should share it (decision 0030).
 *
 * A commit costs more than the small requests in it, and clients that were answered together come back together. So the
 * next commit waits until the last one's crowd is there again, and no longer than it takes them: a pause ends it, and so
 * do a few milliseconds. A crowd that came is asked for one more the next time, one that did not for a quarter less: so
 * the crowd's size is found, and one that is gone is soon no longer waited for.
 */

/** Of the requests of the last commit, when fewer came than were waited for. */
const CROWD_SHARE = 0.75;
/** Shared by so many, a commit is a small part of what each costs: more are taken, but not waited for. */
const CROWD_MAX = 12;
/** Of a millisecond or little more each. */
const ROUNDS_MAX = 8;
/** Rounds in which nobody came: the crowd is not coming. */
const QUIET_ROUNDS_MAX = 2;
/** Of blocks: with this much in a row its commit is a small part of its cost. */
const SIZE_BYTES_ENOUGH = 64 * 1024;

/** What waits, as it changes. */
export interface Crowd {
  readonly count: number;
  readonly sizeBytes: number;
}

export class Gathering {
  readonly #waiting: Crowd;
  #crowd = 0;
  /** Whether the crowd that was waited for last did come. */
  #cameLast = false;
  #endRound: (() => void) | null = null;

  constructor(waiting: Crowd) {
    this.#waiting = waiting;
  }

  /** After a commit of so many requests: resolves when the next should start. One that was alone is not waited for. */
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
    const { count, sizeBytes } = this.#waiting;
    return count >= this.#crowd || sizeBytes >= SIZE_BYTES_ENOUGH;
  }
}
