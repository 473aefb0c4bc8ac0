/** CountTable: the number of occurrences of each small whole number, by group. */
export class CountTable {
  readonly #groups = new Map<number, Map<number, number>>();
  #cellCount = 0;

  get cellCount(): number {
    return this.#cellCount;
  }

  add(group: number, value: number): void {
    let counts = this.#groups.get(group);
    if (counts === undefined) {
      counts = new Map();
      this.#groups.set(group, counts);
    }
    const known = counts.get(value);
    if (known === undefined) this.#cellCount++;
    counts.set(value, (known ?? 0) + 1);
  }

  /** The number of values counted in each group. */
  sizes(): Map<number, number> {
    return new Map(
      Array.from(this.#groups, ([group, counts]) => [
        group,
        [...counts.values()].reduce((sum, count) => sum + count, 0),
      ]),
    );
  }

  /** Value → occurrences, over these groups together. */
  merged(groups: Iterable<number>): Map<number, number> {
    const together = new Map<number, number>();
    for (const group of groups) {
      for (const [value, count] of this.#groups.get(group) ?? []) {
        together.set(value, (together.get(value) ?? 0) + count);
      }
    }
    return together;
  }
}
