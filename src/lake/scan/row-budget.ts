/**
 * Row budget: how many stored rows may be read for one question, by all its scans together. What a scan touches is known
 * before it reads; how often its range is read, and how much of it for some people, is not.
 */
export class RowBudget {
  readonly rowsMax: number;
  #spent = 0;

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax;
  }

  /** Rows that were read. Throws BudgetSpent once they are too many. */
  spend(rowCount: number): void {
    this.#spent += rowCount;
    if (this.#spent > this.rowsMax) throw new BudgetSpent(this.#spent, this.rowsMax);
  }
}

export class BudgetSpent extends Error {
  readonly rowCount: number;
  readonly rowsMax: number;

  constructor(rowCount: number, rowsMax: number) {
    super(`${rowCount} rows were read, at most ${rowsMax} may be`);
    this.rowCount = rowCount;
    this.rowsMax = rowsMax;
  }
}
