/**
 * Row budget: how many stored rows may be read for one call, by all of its scans together. The rows of one scan are
 * known before it reads; the number of scans, and the rows of some people alone, are not.
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
