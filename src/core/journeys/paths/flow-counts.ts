/** FlowCounts: people by group and step, and there by a key: a label, or a pair of labels. */
import { LIMITS } from '../../limits.ts';

export class FlowCounts {
  readonly #tables = new Map<number, Map<number, number>>();
  #cellCount = 0;

  get cellCount(): number {
    return this.#cellCount;
  }

  add(group: number, step: number, key: number): void {
    const slot = slotOf(group, step);
    let counts = this.#tables.get(slot);
    if (counts === undefined) {
      counts = new Map();
      this.#tables.set(slot, counts);
    }
    const known = counts.get(key);
    if (known === undefined) this.#cellCount++;
    counts.set(key, (known ?? 0) + 1);
  }

  /** People of one key at a step. */
  count(group: number, step: number, key: number): number {
    return this.#tables.get(slotOf(group, step))?.get(key) ?? 0;
  }

  /** Key → people at the step, over these groups together. */
  merged(groups: readonly number[], step: number): Map<number, number> {
    const together = new Map<number, number>();
    for (const group of groups) {
      for (const [key, people] of this.#tables.get(slotOf(group, step)) ?? []) {
        together.set(key, (together.get(key) ?? 0) + people);
      }
    }
    return together;
  }
}

function slotOf(group: number, step: number): number {
  return group * (LIMITS.pathStepsMax + 1) + step;
}
