// Fake D1: the part of D1Database that the product uses, over node:sqlite in memory, with the schema of migrations/.
// A batch is a transaction. A hook can make each call fail, before or after its effect, to test resumption.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { root } from '../../src/local/paths.ts';

/** Called before and after each call with its number, from 1, and its SQL; throws to lose the call or its answer. */
export type FaultHook = (call: {
  readonly number: number;
  readonly sql: readonly string[];
  readonly phase: 'before' | 'after';
}) => void;

class FakeStatement {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
  readonly #db: FakeD1;

  constructor(db: FakeD1, sql: string, values: readonly SQLInputValue[] = []) {
    this.#db = db;
    this.sql = sql;
    this.values = values;
  }

  bind(...values: unknown[]): FakeStatement {
    for (const value of values) {
      if (value === undefined)
        throw new TypeError("D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'");
      if (typeof value === 'string' && value.length > 2_000_000)
        throw new RangeError('D1_ERROR: string or blob too big');
    }
    if (values.length > 100) throw new RangeError('D1_ERROR: too many SQL variables');
    return new FakeStatement(this.#db, this.sql, values as SQLInputValue[]);
  }

  async all(): Promise<{ results: unknown[]; success: true; meta: { changes: number; last_row_id: number } }> {
    const [result] = await this.#db.batch([this]);
    return result!;
  }

  async run() {
    return this.all();
  }

  async first(column?: string): Promise<unknown> {
    const { results } = await this.all();
    const [row] = results as Record<string, unknown>[];
    if (row === undefined) return null;
    return column === undefined ? row : row[column];
  }

  async raw(): Promise<unknown[][]> {
    const { results } = await this.all();
    return (results as Record<string, unknown>[]).map((row) => Object.values(row));
  }
}

/** A statement with its columns: building row objects from arrays is several times faster than the driver's objects. */
export class Prepared {
  readonly statement: StatementSync;
  readonly hasRows: boolean;
  readonly #names: readonly string[];

  constructor(statement: StatementSync) {
    this.statement = statement;
    this.#names = statement.columns().map(({ name }) => name);
    this.hasRows = this.#names.length > 0;
    statement.setReturnArrays(true);
  }

  rows(values: readonly SQLInputValue[]): Record<string, unknown>[] {
    const names = this.#names;
    const arrays = this.statement.all(...values) as unknown as unknown[][];
    return arrays.map((array) => {
      const row: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) row[names[i]!] = array[i];
      return row;
    });
  }
}

export class FakeD1 {
  /** Number of calls so far; a batch is one call. */
  callCount = 0;
  hook: FaultHook | null = null;
  readonly #sqlite = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, Prepared>();

  constructor() {
    this.#sqlite.exec('CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
    const folder = join(root, 'migrations');
    for (const file of readdirSync(folder).sort()) {
      if (file.endsWith('.sql')) this.#migrate(file, readFileSync(join(folder, file), 'utf8'));
    }
  }

  #migrate(name: string, sql: string): void {
    this.#sqlite.exec(sql);
    this.#sqlite.prepare('INSERT INTO d1_migrations (name) VALUES (?)').run(name);
  }

  prepare(sql: string): FakeStatement {
    return new FakeStatement(this, sql);
  }

  async exec(sql: string) {
    this.#sqlite.exec(sql);
    return { count: 1, duration: 0 };
  }

  async batch(statements: readonly FakeStatement[]) {
    // A real call takes a turn of the event loop, in which other work may run.
    await Promise.resolve();
    const call = { number: ++this.callCount, sql: statements.map(({ sql }) => sql) };
    this.hook?.({ ...call, phase: 'before' });
    // One statement is a transaction by itself.
    const isTransaction = statements.length > 1;
    if (isTransaction) this.#sqlite.exec('BEGIN');
    let results: { results: unknown[]; success: true; meta: { changes: number; last_row_id: number } }[];
    try {
      results = statements.map((statement) => this.#run(statement));
      if (isTransaction) this.#sqlite.exec('COMMIT');
    } catch (cause) {
      if (isTransaction) this.#sqlite.exec('ROLLBACK');
      throw new Error(`D1_ERROR: ${(cause as Error).message}`, { cause });
    }
    this.hook?.({ ...call, phase: 'after' });
    return results;
  }

  /** Empties all tables. */
  clear(): void {
    this.callCount = 0;
    this.hook = null;
    const tables = this.#sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    for (const { name } of tables) this.#sqlite.exec(`DELETE FROM "${name}"`);
  }

  /** Reads rows synchronously and without calling the hook. */
  select(sql: string, values: readonly unknown[]): unknown[] {
    return this.#prepared(sql).rows(values as SQLInputValue[]);
  }

  #run({ sql, values }: FakeStatement) {
    const prepared = this.#prepared(sql);
    if (!prepared.hasRows) {
      const { changes, lastInsertRowid } = prepared.statement.run(...values);
      const meta = { changes: Number(changes), last_row_id: Number(lastInsertRowid) };
      return { results: [] as unknown[], success: true as const, meta };
    }
    const results: unknown[] = prepared.rows(values);
    // A statement that changes rows and returns some reports one change for each returned row.
    return { results, success: true as const, meta: { changes: results.length, last_row_id: 0 } };
  }

  #prepared(sql: string): Prepared {
    let known = this.#statements.get(sql);
    if (known === undefined) {
      known = new Prepared(this.#sqlite.prepare(sql));
      this.#statements.set(sql, known);
    }
    return known;
  }
}

/** A database with an up-to-date, empty schema. */
export function fakeD1(): { db: D1Database; fake: FakeD1 } {
  const fake = new FakeD1();
  return { db: fake as unknown as D1Database, fake };
}
