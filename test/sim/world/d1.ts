// D1: the binding of one caller. Statements are prepared at once; a batch is a call over the network and takes effect
// as a whole.

import type { Caller } from './network.ts';
import type { World } from './world.ts';

type Statement = ReturnType<World['database']['prepare']>;
interface Reading {
  readonly results: readonly unknown[];
}

class SimStatement {
  readonly #d1: SimD1;
  readonly statement: Statement;

  constructor(d1: SimD1, statement: Statement) {
    this.#d1 = d1;
    this.statement = statement;
  }

  bind(...values: unknown[]): SimStatement {
    return new SimStatement(this.#d1, this.statement.bind(...values));
  }
  async all(): Promise<Reading> {
    const [result] = await this.#d1.batch([this]);
    return result as Reading;
  }
  run(): Promise<Reading> {
    return this.all();
  }
  async first(column?: string): Promise<unknown> {
    const { results } = await this.all();
    const row = results[0] as Record<string, unknown> | undefined;
    if (row === undefined) return null;
    return column === undefined ? row : row[column];
  }
}

export class SimD1 {
  readonly #world: World;
  readonly #caller: Caller;

  constructor(world: World, caller: Caller) {
    this.#world = world;
    this.#caller = caller;
  }

  prepare(sql: string): SimStatement {
    return new SimStatement(this, this.#world.database.prepare(sql));
  }

  batch(statements: readonly SimStatement[]): Promise<Reading[]> {
    const call = { caller: this.#caller, site: 'd1', detail: `${kindOf(statements)} ${uidOf(statements)}` };
    // The rows need no clone: the database makes new ones for each reading.
    return this.#world.network.call(call, () =>
      this.#world.database.batch(statements.map(({ statement }) => statement)),
    );
  }
}

/** The tenant of a batch when its first value is a uid, else an empty text. */
function uidOf(statements: readonly SimStatement[]): string {
  const first = statements[0]?.statement.values[0];
  return typeof first === 'string' && /^t\d+$/.test(first) ? first : '';
}

const kinds = new Map<string, string>();

/** The size of a batch with the verb and the table of its last statement: `3: INSERT flushes`. */
function kindOf(statements: readonly SimStatement[]): string {
  const sql = statements.at(-1)?.statement.sql ?? '';
  let kind = kinds.get(sql);
  if (kind === undefined) {
    const verb = /\b(INSERT|UPDATE|DELETE|SELECT)\b/.exec(sql)?.[1] ?? '';
    const table = /\b(?:INTO|UPDATE|FROM)\s+(?!json_each)(\w+)/.exec(sql)?.[1] ?? '';
    kind = `${verb} ${table}`;
    kinds.set(sql, kind);
  }
  return `${statements.length}: ${kind}`;
}
