// D1 rows: the rows that a statement is billed for. They are derived from its plan and the schema, because the fake
// database counts only changes.
//
// - Rows written are each changed row, and one row for each index of its table and for AUTOINCREMENT. This is an upper
//   bound: an update leaves most indexes alone.
// - Rows read are each changed row, each returned row for every table that is searched, and all rows of a scanned
//   table.

import type { FakeD1 } from '../../support/fake-d1.ts';

export interface Rows {
  /** Verb and table, such as `INSERT parts`, to find the statements that cost most. */
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

  billed(sql: string, values: readonly unknown[], result: { results: readonly unknown[]; changes: number }): Rows {
    const { kind, rowsPerChange, searches, scanned } = this.#statement(sql, values);
    const changes = kind.startsWith('SELECT') ? 0 : result.changes;
    const searched = Math.max(1, result.results.length) * searches;
    const scans = scanned.reduce((sum, table) => sum + this.#count(`SELECT count(*) AS count FROM ${table}`), 0);
    return { kind, read: searched + scans + changes, written: changes * rowsPerChange };
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

  /** The table that a step scans. A step names a table by its alias; a function such as json_each is not a table. */
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
