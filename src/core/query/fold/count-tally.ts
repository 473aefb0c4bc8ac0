/** CountTally: the number of events of each slot. */
import type { Value } from './fold.ts';
import type { SizedTally, Slots } from './grouping.ts';
import type { PartialTally } from './partial-fold.ts';

export class CountTally implements SizedTally {
  readonly isFull = false;
  readonly rowsPerSlot = 0.02;
  #counts = new Float64Array(16);

  get sizeBytes(): number {
    return this.#counts.byteLength;
  }

  add(slot: number, count: number): void {
    if (slot >= this.#counts.length) {
      const counts = new Float64Array(Math.max(slot + 1, this.#counts.length * 2));
      counts.set(this.#counts);
      this.#counts = counts;
    }
    this.#counts[slot]! += count;
  }

  /** Adds a row to each of the first `rowCount` slots. */
  addRows(slots: Uint32Array, rowCount: number): void {
    for (let index = 0; index < rowCount; index++) this.add(slots[index]!, 1);
  }

  partial(slotCount: number): PartialTally {
    const counts = new Float64Array(slotCount);
    counts.set(this.#counts.subarray(0, slotCount));
    return { kind: 'count', counts };
  }

  absorb({ counts }: Extract<PartialTally, { kind: 'count' }>, slotOf: Uint32Array): void {
    for (const [slot, count] of counts.entries()) this.add(slotOf[slot]!, count);
  }

  merged(slots: Slots): Value {
    let value = 0;
    for (const slot of slots) value += this.#counts[slot]!;
    return { value, estimated: false };
  }
}
