/**
 * Room: a weighted semaphore that bounds how much one invocation holds at a time: small work runs side by side, big work one
 * after the other. The caller chooses what is counted: rows, flushes.
 */

interface Waiting {
  readonly size: number;
  readonly enter: () => void;
}

export class Room {
  readonly #sizeMax: number;
  readonly #waiting: Waiting[] = [];
  #size = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /**
   * Runs the work when there is room for it; work larger than the room runs alone. First come, first served, so that small
   * work does not overtake big work for ever. `hasWaited` tells the work that facts read before the wait may be
   * outdated.
   */
  async run<T>(size: number, work: (hasWaited: boolean) => Promise<T>): Promise<T> {
    const taken = Math.min(size, this.#sizeMax);
    const hasWaited = this.#waiting.length > 0 || this.#size + taken > this.#sizeMax;
    if (hasWaited) await new Promise<void>((enter) => this.#waiting.push({ size: taken, enter }));
    else this.#size += taken;
    try {
      return await work(hasWaited);
    } finally {
      this.#size -= taken;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#size + next.size > this.#sizeMax) return;
      this.#waiting.shift();
      this.#size += next.size;
      next.enter();
    }
  }
}
