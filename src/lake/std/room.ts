/**
 * Room: how much one invocation holds at a time over all that it works on: small work runs side by side, big work one after
 * the other. What is counted is the user's to say: rows, flushes.
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
   * Does the work when there is room for it; work of more than there is room for is done alone. First come, first
   * served, so that a big one is not passed by small ones for ever. `hasWaited`: what was known before may be old by now.
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
