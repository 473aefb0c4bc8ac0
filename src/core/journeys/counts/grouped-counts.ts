/** GroupedCounts: a row of numbers for each group, made when the group is first counted. */
export class GroupedCounts {
  readonly width: number;
  readonly #rows = new Map<number, Float64Array>();
  /** The group that was asked for last: neighbours are often of one. */
  #lastGroup = Number.NaN;
  #lastRow: Float64Array = new Float64Array();

  constructor(width: number) {
    this.width = width;
  }

  get cellCount(): number {
    return this.#rows.size * this.width;
  }

  /** The group's row, in which the caller counts. */
  row(group: number): Float64Array {
    if (group === this.#lastGroup) return this.#lastRow;
    let row = this.#rows.get(group);
    if (row === undefined) {
      row = new Float64Array(this.width);
      this.#rows.set(group, row);
    }
    this.#lastGroup = group;
    this.#lastRow = row;
    return row;
  }

  /** The sum of the rows of these groups. */
  sum(groups: Iterable<number>): Float64Array {
    const total = new Float64Array(this.width);
    for (const group of groups) {
      const row = this.#rows.get(group);
      if (row !== undefined) for (let index = 0; index < total.length; index++) total[index]! += row[index]!;
    }
    return total;
  }

  /** The number at `index` of every group. */
  sizes(index: number): Map<number, number> {
    return new Map(Array.from(this.#rows, ([group, row]) => [group, row[index]!]));
  }
}
