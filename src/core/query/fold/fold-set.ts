/** FoldSet: the folds of several questions about one range, which share each batch of rows and one budget of memory. */
import { type EventColumns, isCoded } from '../../event/columns.ts';
import type { StringColumn } from '../../event/event.ts';
import { LIMITS } from '../../limits.ts';
import type { LinkedPeople } from '../../people/linked-people.ts';
import type { HashKey } from '../../std/hash.ts';
import { assert } from '../../std/result.ts';
import type { Query } from '../question/request.ts';
import type { PeopleAsks } from '../rows/asks.ts';
import { type RowFilter, RowSource } from '../rows/row-source.ts';
import { commonCondition } from '../rows/sift.ts';
import type { PartialFold } from './partial-fold.ts';
import { PeopleNumbers } from './people-numbers.ts';
import { RowFold } from './row-fold.ts';

/** What a row of coded columns counts as for each question that counts events or people. */
const CODED_WEIGHT = 0.125;

export class FoldSet {
  readonly folds: readonly RowFold[];
  readonly #source = new RowSource();
  /** The people of all questions. */
  readonly #numbers = new PeopleNumbers();
  readonly #columns: readonly StringColumn[];
  /** Whether the columns of the batch that was sifted last all have a dictionary. */
  #isCoded = false;
  /** The filter that rows of all questions pass; null when there is none. */
  readonly #filter: RowFilter | null;

  /** `hashKey`: the tenant's; partial folds of one question need the same. */
  constructor(queries: readonly Query[], hashKey: HashKey) {
    const common = commonCondition(queries.map(({ bots }) => bots.where));
    this.folds = queries.map((query) => new RowFold(query, hashKey, common, this.#numbers));
    this.#filter = common && this.#source.filter(common);
    this.#columns = [...this.columns];
  }

  /** Text columns that the batches must have. */
  get columns(): ReadonlySet<StringColumn> {
    return new Set(this.folds.flatMap(({ columns }) => [...columns]));
  }

  /** Facts that must be looked up; with identity the batches must have `person`. */
  get asks(): PeopleAsks {
    const all = this.folds.map(({ asks }) => asks);
    return {
      identity: all.some(({ identity }) => identity),
      traits: new Set(all.flatMap(({ traits }) => [...traits])),
      cohorts: new Set(all.flatMap(({ cohorts }) => [...cohorts])),
      // Questions that are read together are of one mind about bots.
      excludesBots: all.some(({ excludesBots }) => excludesBots),
    };
  }

  /** Properties that the JSON is read for; null when columns of single properties would not do instead. */
  get properties(): ReadonlySet<string> | null {
    const all = this.folds.map(({ properties }) => properties);
    return all.includes(null) ? null : new Set(all.flatMap((properties) => [...properties!]));
  }

  /** Properties of events that are read, by the names of the questions that take no unknown ones. */
  get checkedNames(): ReadonlySet<string> {
    return new Set(this.folds.flatMap(({ names, allowsUnknown }) => (allowsUnknown ? [] : [...names])));
  }

  /** Whether partial folds can be put together for each of the questions. */
  get isDivisible(): boolean {
    return this.folds.every(({ isDivisible }) => isDivisible);
  }

  /** Names the bound that was exceeded, by one fold or by all together; null while within bounds. */
  get excess(): string | null {
    const own = this.folds.find(({ excess }) => excess !== null)?.excess;
    if (own) return own;
    const sizeBytes = this.folds.reduce((sum, fold) => sum + fold.sizeBytes, this.#numbers.sizeBytes);
    return sizeBytes > LIMITS.queryHeldSizeBytesMax ? 'The questions together make too many groups and points' : null;
  }

  /** What a row of the batch that was sifted last counts as, where a row whose texts and properties are read counts as one. */
  get rowWeight(): number {
    const light = this.folds.filter(({ isLight }) => isLight).length;
    return this.#isCoded && light === this.folds.length ? Math.min(1, CODED_WEIGHT * light) : 1;
  }

  /** Returns those of the rows that may count for a question. */
  sift(columns: EventColumns, rows: Uint32Array): Uint32Array {
    this.#isCoded = isCoded(columns, this.#columns);
    if (this.#filter === null) return rows;
    this.#source.use(columns);
    return this.#filter(rows);
  }

  add(columns: EventColumns, rows: Uint32Array): void {
    this.addSifted(columns, this.sift(columns, rows));
  }

  /** Adds rows that `sift` has returned. */
  addSifted(columns: EventColumns, rows: Uint32Array): void {
    for (const fold of this.folds) fold.addSifted(columns, rows);
  }

  /** Returns the counts so far as plain data, a part for each question. */
  partials(): PartialFold[] {
    return this.folds.map((fold) => fold.partial());
  }

  absorb(partials: readonly PartialFold[], linked: LinkedPeople | null): void {
    assert(partials.length === this.folds.length, `${partials.length} parts for ${this.folds.length} questions`);
    for (const [index, fold] of this.folds.entries()) fold.absorb(partials[index]!, linked);
  }
}
