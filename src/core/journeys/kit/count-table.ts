/** CountTable: how often each small whole number occurred, by group. */
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

  /** Times a group was counted, whatever the value. */
  sizes(): Map<number, number> {
    return new Map(
      Array.from(this.#groups, ([group, counts]) => [
        group,
        [...counts.values()].reduce((sum, count) => sum + count, 0),
      ]),
    );
  }

  /** Value → times, of these groups together. */
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
