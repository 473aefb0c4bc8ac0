// D1 rows: what a statement is billed for, worked out from its plan and the schema, for the fake database counts only changes.
//
// Written: each changed row, and a row for each index of its table and for AUTOINCREMENT: at the most, for an update leaves
// most indexes alone. Read: each changed row, each row that came back for every table looked up, and all rows of a table that
// is scanned.

import type { FakeD1 } from '../../support/fake-d1.ts';

export interface Rows {
  /** `INSERT parts`, for who looks for what costs. */
  readonly kind: string;
  readonly read: number;
  readonly written: number;
}

interface Statement {
  readonly kind: string;
  readonly rowsPerChange: number;
  readonly searches: number;
  readonly scanned: readonly string[];
}

export class D1Rows {
  readonly #database: FakeD1;
  readonly #known = new Map<string, Statement>();

  constructor(database: FakeD1) {
    this.#database = database;
  }

  of(sql: string, values: readonly unknown[], result: { results: readonly unknown[]; changes: number }): Rows {
    const { kind, rowsPerChange, searches, scanned } = this.#statement(sql, values);
    const changes = kind.startsWith('SELECT') ? 0 : result.changes;
    const looked = Math.max(1, result.results.length) * searches;
    const scans = scanned.reduce((sum, table) => sum + this.#count(`SELECT count(*) AS count FROM ${table}`), 0);
    return { kind, read: looked + scans + changes, written: changes * rowsPerChange };
  }

  #statement(sql: string, values: readonly unknown[]): Statement {
    let known = this.#known.get(sql);
    if (known === undefined) {
      const [, into, updated, from] = /\bINTO (\w+)|\bUPDATE (\w+)|\bDELETE FROM (\w+)/.exec(sql) ?? [];
      const table = into ?? updated ?? from;
      const verb = into ? 'INSERT' : updated ? 'UPDATE' : from ? 'DELETE' : 'SELECT';
      const plan = this.#database.select(`EXPLAIN QUERY PLAN ${sql}`, values) as { detail: string }[];
      const steps = plan.map(({ detail }) => detail);
      known = {
        kind: `${verb} ${table ?? /\bFROM (\w+)/.exec(sql)?.[1] ?? ''}`,
        rowsPerChange: table === undefined ? 0 : this.#rowsPerChange(table),
        searches: steps.filter((step) => step.startsWith('SEARCH')).length,
        scanned: steps.flatMap((step) => this.#scannedTable(step, sql)),
      };
      this.#known.set(sql, known);
    }
    return known;
  }

  #rowsPerChange(table: string): number {
    const indexes = this.#count(
      `SELECT count(*) AS count FROM pragma_index_list('${table}') WHERE origin <> 'pk' OR NOT
         (SELECT wr FROM pragma_table_list('${table}'))`,
    );
    const [{ sql } = { sql: '' }] = this.#database.select('SELECT sql FROM sqlite_schema WHERE name = ?', [table]) as {
      sql: string;
    }[];
    return 1 + indexes + (/AUTOINCREMENT/.test(sql) ? 1 : 0);
  }

  /** A step names tables by their aliases; functions such as json_each are no tables. */
  #scannedTable(step: string, sql: string): string[] {
    const [, name] = /^SCAN (\w+)/.exec(step) ?? [];
    if (name === undefined) return [];
    const tables = this.#database.select("SELECT name FROM sqlite_schema WHERE type = 'table'", []) as {
      name: string;
    }[];
    return tables
      .map((table) => table.name)
      .filter((table) => table === name || new RegExp(`\\b${table} (AS )?${name}\\b`).test(sql));
  }

  #count(sql: string): number {
    return (this.#database.select(sql, []) as { count: number }[])[0]!.count;
  }
}
