/**
 * Row budget: how many stored rows may be read for one question, by all of its scans together. What a scan touches is known
 * before it reads; how often its range is read, and how much of it for some people, is not.
 */
export class RowBudget {
  readonly rowsMax: number;
  #rowCount = 0;

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax;
  }

  /** Rows that were read so far. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Once true, a scan ends without another batch. */
  get isSpent(): boolean {
    return this.#rowCount > this.rowsMax;
  }

  spend(rowCount: number): void {
    this.#rowCount += rowCount;
  }
}
