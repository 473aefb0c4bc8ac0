/** CountTally: the number of events of each slot. */
import type { Value } from './fold.ts';
import type { Tally } from './grouping.ts';

export class CountTally implements Tally {
  #counts = new Float64Array(16);

  add(slot: number, count: number): void {
    if (slot >= this.#counts.length) {
      const counts = new Float64Array(Math.max(slot + 1, this.#counts.length * 2));
      counts.set(this.#counts);
      this.#counts = counts;
    }
    this.#counts[slot]! += count;
  }

  merged(slots: readonly number[]): Value {
    let value = 0;
    for (const slot of slots) value += this.#counts[slot]!;
    return { value, estimated: false };
  }
}
