// Storage: the `ctx.storage` of a Durable Object, over node:sqlite in memory: SQL, key-value and alarm.
//
// Writes gather in one transaction until the commit, which is a later step of the schedule. A reset before the commit
// loses the writes, and replies and calls wait for the commit (output gate). A handle belongs to one instance and
// throws after a reset.

import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Prepared } from '../../support/fake-d1.ts';

/** Databases that are kept between runs with their tables: creating one costs more than emptying one. */
const spare: ObjectDatabase[] = [];

class ObjectDatabase {
  readonly sqlite = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, Prepared>();
  /** Scripts that have run: their tables stay, so that another run would create none. */
  readonly #created = new Set<string>();

  exec(sql: string, values: readonly unknown[]): { rows: Record<string, unknown>[]; rowsWritten: number } {
    if (values.length === 0 && /^\s*CREATE\b/.test(sql)) {
      if (!this.#created.has(sql)) this.sqlite.exec(sql);
      this.#created.add(sql);
      return { rows: [], rowsWritten: 0 };
    }
    let known = this.#statements.get(sql);
    if (known === undefined) {
      known = new Prepared(this.sqlite.prepare(sql));
      this.#statements.set(sql, known);
    }
    const bound = values.map(bindable);
    if (!known.hasRows) return { rows: [], rowsWritten: Number(known.statement.run(...bound).changes) };
    const rows = known.rows(bound);
    for (const row of rows)
      for (const name in row) if (row[name] instanceof Uint8Array) row[name] = bufferOf(row[name]);
    return { rows, rowsWritten: 0 };
  }

  clear(): void {
    if (this.sqlite.isTransaction) this.sqlite.exec('ROLLBACK');
    const tables = this.sqlite
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all() as { name: string }[];
    for (const { name } of tables) this.sqlite.exec(`DELETE FROM "${name}"`);
  }
}

function bindable(value: unknown): SQLInputValue {
  return (value instanceof ArrayBuffer ? new Uint8Array(value) : value) as SQLInputValue;
}

function bufferOf(bytes: unknown): ArrayBuffer {
  return (bytes as Uint8Array).slice().buffer as ArrayBuffer;
}

export interface StorageHooks {
  /** Called at the first write after a commit. */
  onDirty(): void;
  /** Called before each write; throws to make the write fail. */
  onWrite(sql: string): void;
}

/** The storage of an object, which outlives its instances. */
export class ObjectStorage {
  readonly #hooks: StorageHooks;
  #database: ObjectDatabase | null = null;
  #committedValues = new Map<string, unknown>();
  #values = new Map<string, unknown>();
  #committedAlarmMs: number | null = null;
  #alarmMs: number | null = null;
  #isDirty = false;
  #savepoints = 0;
  #onCommit: { readonly resolve: () => void; readonly reject: (cause: Error) => void }[] = [];

  constructor(hooks: StorageHooks) {
    this.#hooks = hooks;
  }

  get isDirty(): boolean {
    return this.#isDirty;
  }
  get alarmMs(): number | null {
    return this.#committedAlarmMs;
  }

  /** Resolves when all earlier writes are durable, and never when a reset comes first. */
  durable(): Promise<void> {
    if (!this.#isDirty) return Promise.resolve();
    return new Promise((resolve, reject) => this.#onCommit.push({ resolve, reject }));
  }

  commit(): void {
    if (this.#database?.sqlite.isTransaction) this.#database.sqlite.exec('COMMIT');
    this.#committedValues = new Map(this.#values);
    this.#committedAlarmMs = this.#alarmMs;
    this.#isDirty = false;
    for (const { resolve } of this.#onCommit.splice(0)) resolve();
  }

  /** Drops uncommitted writes. Callers that wait for the commit get `cause`; null leaves them waiting. */
  rollback(cause: Error | null): void {
    if (this.#database?.sqlite.isTransaction) this.#database.sqlite.exec('ROLLBACK');
    this.#values = new Map(this.#committedValues);
    this.#alarmMs = this.#committedAlarmMs;
    this.#isDirty = false;
    this.#savepoints = 0;
    for (const { reject } of this.#onCommit.splice(0)) if (cause) reject(cause);
  }

  /** Removes the alarm from the storage, as the platform does when the handler begins. */
  takeAlarm(): void {
    if (this.#alarmMs === this.#committedAlarmMs) this.#alarmMs = null;
    this.#committedAlarmMs = null;
  }

  putAlarm(alarmMs: number): void {
    this.#alarmMs = alarmMs;
    this.#committedAlarmMs = alarmMs;
  }

  release(): void {
    if (this.#database === null) return;
    this.#database.clear();
    spare.push(this.#database);
    this.#database = null;
  }

  /** The `ctx.storage` of an instance. */
  handle(isCurrent: () => boolean) {
    const storage = this;
    const use = () => {
      if (!isCurrent()) throw new Error('this instance is not the current one any more: its storage is closed');
    };
    return {
      sql: {
        exec(sql: string, ...values: unknown[]) {
          use();
          return storage.#exec(sql, values);
        },
      },
      transactionSync<T>(work: () => T): T {
        use();
        return storage.#transaction(work);
      },
      sync(): Promise<void> {
        use();
        return storage.durable();
      },
      async getAlarm(): Promise<number | null> {
        use();
        return storage.#alarmMs;
      },
      async setAlarm(atMs: number | Date): Promise<void> {
        use();
        storage.#alarmMs = Number(atMs);
        storage.#touch();
      },
      async deleteAlarm(): Promise<void> {
        use();
        storage.#alarmMs = null;
        storage.#touch();
      },
      async get(key: string): Promise<unknown> {
        use();
        return structuredClone(storage.#values.get(key));
      },
      async put(key: string, value: unknown): Promise<void> {
        use();
        storage.#hooks.onWrite(`put ${key}`);
        storage.#values.set(key, structuredClone(value));
        storage.#touch();
      },
      async delete(key: string): Promise<boolean> {
        use();
        storage.#touch();
        return storage.#values.delete(key);
      },
    };
  }

  #touch(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#hooks.onDirty();
  }

  #exec(sql: string, values: readonly unknown[]) {
    this.#database ??= spare.pop() ?? new ObjectDatabase();
    const isWrite = /^\s*(INSERT|UPDATE|DELETE|REPLACE)\b/i.test(sql);
    if (isWrite) {
      this.#hooks.onWrite(sql);
      this.#begin();
    }
    const { rows, rowsWritten } = this.#database.exec(sql, values);
    return {
      rowsWritten,
      toArray: () => rows,
      one: () => {
        if (rows.length !== 1) throw new Error(`one(): ${rows.length} rows`);
        return rows[0];
      },
      [Symbol.iterator]: () => rows[Symbol.iterator](),
    };
  }

  #begin(): void {
    const { sqlite } = this.#database as ObjectDatabase;
    if (!sqlite.isTransaction) sqlite.exec('BEGIN');
    this.#touch();
  }

  #transaction<T>(work: () => T): T {
    this.#database ??= spare.pop() ?? new ObjectDatabase();
    const { sqlite } = this.#database;
    this.#begin();
    const name = `s${++this.#savepoints}`;
    sqlite.exec(`SAVEPOINT ${name}`);
    try {
      const result = work();
      sqlite.exec(`RELEASE ${name}`);
      return result;
    } catch (cause) {
      if (sqlite.isTransaction) sqlite.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw cause;
    } finally {
      this.#savepoints--;
    }
  }
}
