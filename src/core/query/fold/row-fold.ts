/**
 * RowFold: folds single events into a question's groups and buckets, exactly, for any question.
 *
 * In: batches of event columns, with the rows that count. Out: a Fold, or the reason why there is none. The question is
 * compiled once into tests and readers over columns. A row costs a few look-ups, and the parsing of its properties only
 * where the question needs them.
 */
import { excludesBots } from '../../bots/asked-bots.ts';
import { NOT_BOT } from '../../bots/bots.ts';
import type { EventColumns } from '../../event/columns.ts';
import type { Condition } from '../../event/condition.ts';
import type { JsonValue, StringColumn } from '../../event/event.ts';
import { LIMITS } from '../../limits.ts';
import type { LinkedPeople } from '../../people/linked-people.ts';
import type { HashKey } from '../../std/hash.ts';
import { assert } from '../../std/result.ts';
import { wordsOf } from '../../std/words.ts';
import { bucketIndex } from '../question/interval.ts';
import { GROUP_ID, type Query, queryColumns } from '../question/request.ts';
import type { PeopleAsks } from '../rows/asks.ts';
import { type RowFilter, RowSource } from '../rows/row-source.ts';
import { withoutCommon } from '../rows/sift.ts';
import { CountTally } from './count-tally.ts';
import type { Fold } from './fold.ts';
import { Grouping, TalliedFold } from './grouping.ts';
import { NumberTally } from './number-tally.ts';
import type { PartialFold } from './partial-fold.ts';
import { PeopleNumbers } from './people-numbers.ts';
import { PeopleTally } from './people-tally.ts';
import { QuantileTally, quantileOf } from './quantile-tally.ts';
import { TextGroups } from './text-groups.ts';
import { ValueHashes } from './value-hashes.ts';

const NOTHING: Omit<PartialFold, 'excess'> = {
  keys: [],
  groups: new Uint32Array(),
  buckets: new Uint32Array(),
  tally: { kind: 'count', counts: new Float64Array() },
  values: { events: 0, numbers: 0, texts: 0 },
};

/** A number as people write it, in the decimal form of JSON or with a bare point or a plus. */
const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** Returns the value as a finite number; null when it is none. With `countsTexts` a text may be one. */
function numberOf(value: JsonValue | undefined, countsTexts: boolean): number | null {
  const isText = countsTexts && typeof value === 'string' && NUMBER_TEXT.test(value.trim());
  const number = isText ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** Null when either number is not known. */
function sumOrNull(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other;
}

/** Adds rows to their slots. */
type AddRows = (slots: Uint32Array, rows: Uint32Array) => void;

export class RowFold {
  /** Text columns that the batches must have. */
  readonly columns: ReadonlySet<StringColumn>;
  /** Facts that must be looked up; with identity the batches must have `person`. */
  readonly asks: PeopleAsks;
  readonly #query: Query;
  readonly #hashKey: HashKey;
  readonly #numbers: PeopleNumbers;
  readonly #source = new RowSource();
  readonly #grouping: Grouping;
  readonly #groups: TextGroups;
  /** The filter of the question's condition without what it says of bots; null when any row counts. */
  readonly #filter: RowFilter | null;
  /** The same without what rows of `addSifted` are known to meet. */
  readonly #restFilter: RowFilter | null;
  /** Leaves out the events of bots; null when the question counts them. */
  readonly #botFilter: RowFilter | null;
  /** Null when a scanner of an earlier release did not tell. */
  #excludedBots: number | null = 0;
  readonly #tally: CountTally | PeopleTally | NumberTally | QuantileTally;
  readonly #add: AddRows;
  #people: Uint32Array = new Uint32Array(0);
  /** Slots of the rows that are added, by their places among them. */
  #slots = new Uint32Array(0);
  #excess: string | null = null;
  readonly #values = { events: 0, numbers: 0, texts: 0 };

  /**
   * `hashKey`: the tenant's; partial folds of one question need the same. `sifted`: the condition that rows of `addSifted` meet.
   * Default: none. `numbers`: those of the people of its rows. Default: its own.
   */
  constructor(query: Query, hashKey: HashKey, sifted: Condition | null = null, numbers = new PeopleNumbers()) {
    this.#query = query;
    this.#numbers = numbers;
    this.#hashKey = hashKey;
    this.columns = queryColumns(query);
    this.#grouping = new Grouping(query.bucketStarts.length);
    // With one bucket the slot of a row follows from its group.
    const placeOf = (group: number) => (query.bucketStarts.length === 1 ? this.#grouping.slot(group, 0) : group);
    this.#groups = new TextGroups(
      this.#grouping,
      query.groupBy.map((name) => this.#source.codes(name)),
      placeOf,
    );
    const condition = query.bots.where;
    const filterOf = (wanted: Condition | null) => wanted && this.#source.filter(wanted);
    this.#filter = filterOf(condition);
    this.#restFilter = sifted === null ? this.#filter : filterOf(withoutCommon(condition, sifted));
    this.#botFilter = excludesBots(query) ? this.#source.filter(NOT_BOT) : null;
    const { tally, add } = this.#tallyOf();
    this.#tally = tally;
    this.#add = add;
    const { asks } = this.#source;
    const identity = asks.identity || query.measure === 'users';
    this.asks = { ...asks, identity, excludesBots: this.#botFilter !== null };
  }

  /** Properties that the JSON is read for; null when columns of single properties would not do instead. */
  get properties(): ReadonlySet<string> | null {
    return this.#source.properties;
  }

  /** Properties of events that it reads, by the names of the question. */
  get names(): ReadonlySet<string> {
    return this.#source.names;
  }

  /** Whether a row costs no more than its codes and its person: no value of it is read. */
  get isLight(): boolean {
    const { measure, number, distinct } = this.#query;
    return measure !== 'groups' && number === null && distinct === null;
  }

  /** Whether the question may name properties that no event has. */
  get allowsUnknown(): boolean {
    return this.#query.allowUnknown;
  }

  /** Names the bound that was exceeded; null while within bounds. Once set, the fold is void. */
  get excess(): string | null {
    return this.#excess;
  }

  /** Adds these rows of a batch, which are in the question's range. Default: all rows of the batch in that range. */
  add(columns: EventColumns, rows = this.#rowsInRange(columns)): void {
    this.#addFiltered(columns, rows, this.#filter);
  }

  /** The same of rows that meet what the fold was told of them. */
  addSifted(columns: EventColumns, rows: Uint32Array): void {
    this.#addFiltered(columns, rows, this.#restFilter);
  }

  #addFiltered(columns: EventColumns, rows: Uint32Array, filter: RowFilter | null): void {
    if (this.#excess !== null) return;
    this.#source.use(columns);
    if (this.#query.measure === 'users') this.#people = wordsOf(columns.person);
    const passed = filter === null ? rows : filter(rows);
    const counting = this.#botFilter === null ? passed : this.#botFilter(passed);
    if (this.#excludedBots !== null) this.#excludedBots += passed.length - counting.length;
    if (this.#slots.length < counting.length) this.#slots = new Uint32Array(counting.length);
    this.#placeRows(columns, counting, this.#slots);
    this.#add(this.#slots, counting);
    this.#checkExcess();
  }

  /** Writes the slots of these rows. */
  #placeRows(columns: EventColumns, rows: Uint32Array, slots: Uint32Array): void {
    this.#groups.placeRows(rows, slots);
    const { bucketStarts } = this.#query;
    // With one bucket the instants are not looked at, so the lazy column is not decoded.
    if (bucketStarts.length === 1) return;
    const { at } = columns;
    // Rows near each other are most often of one bucket.
    let bucket = 0;
    let group = -1;
    let slot = -1;
    let fromMs = Number.POSITIVE_INFINITY;
    let toMs = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < rows.length; index++) {
      const atMs = at[rows[index]!]!;
      const isOther = atMs < fromMs || atMs >= toMs;
      if (isOther) {
        bucket = bucketIndex(bucketStarts, atMs);
        fromMs = bucketStarts[bucket] ?? Number.NEGATIVE_INFINITY;
        toMs = bucketStarts[bucket + 1] ?? Number.POSITIVE_INFINITY;
      }
      if (isOther || slots[index] !== group) {
        group = slots[index]!;
        slot = this.#grouping.slot(group, bucket);
      }
      slots[index] = slot;
    }
  }

  /** Approximate memory of the fold. */
  get sizeBytes(): number {
    return this.#grouping.sizeBytes + this.#tally.sizeBytes;
  }

  #checkExcess(): void {
    const { sizeBytes } = this;
    if (this.#grouping.groupCount > LIMITS.queryGroupsMax) this.#excess = 'The question makes too many groups';
    else if (this.#tally.isFull) this.#excess = 'The question counts too much by group and interval';
    else if (sizeBytes > LIMITS.queryHeldSizeBytesMax) this.#excess = 'The question makes too many groups and points';
  }

  #rowsInRange({ at }: EventColumns): Uint32Array {
    const { startMs, endMs } = this.#query;
    const rows = Uint32Array.from(at.keys());
    return rows.filter((row) => at[row]! >= startMs && at[row]! < endMs);
  }

  /**
   * True when partial folds can be put together for it: not where values are kept, nor where traits or cohorts are
   * asked for.
   */
  get isDivisible(): boolean {
    const { traits, cohorts } = this.asks;
    return traits.size === 0 && cohorts.size === 0 && !(this.#tally instanceof QuantileTally);
  }

  /** Returns the counts so far as plain data. */
  partial(): PartialFold {
    if (this.#excess !== null) return { ...NOTHING, excess: this.#excess };
    const { groups, buckets } = this.#grouping.slots();
    assert(this.isDivisible && !(this.#tally instanceof QuantileTally), 'this question has no partial folds');
    const tally = this.#tally.partial(groups.length);
    const keys = this.#grouping.keys();
    return { keys, groups, buckets, tally, values: { ...this.#values }, ...this.#excluded(), excess: null };
  }

  /** Adds the counts of another fold of the same question, whose people are put through `linked` here. */
  absorb(
    { keys, groups, buckets, tally, values, excludedBots, excess }: PartialFold,
    linked: LinkedPeople | null = null,
  ): void {
    // A scanner of an older version does not send it.
    this.#excess ??= excess ?? null;
    if (this.#excess !== null) return;
    const groupOf = keys.map((key) => this.#grouping.group(key));
    const slotOf = Uint32Array.from(groups, (group, slot) => this.#grouping.slot(groupOf[group]!, buckets[slot]!));
    this.#checkExcess();
    if (this.#excess !== null) return;
    this.#addValues(values ?? NOTHING.values);
    this.#excludedBots = sumOrNull(this.#excludedBots, excludedBots ?? null);
    const ownTally = this.#tally;
    if (tally.kind === 'count' && ownTally instanceof CountTally) ownTally.absorb(tally, slotOf);
    else if (tally.kind === 'people' && ownTally instanceof PeopleTally) {
      ownTally.absorb(tally, slotOf, this.#query.measure === 'users' ? linked : null);
    } else if (tally.kind === 'numbers' && ownTally instanceof NumberTally) ownTally.absorb(tally, slotOf);
    else assert(false, `a partial fold of another question: ${tally.kind}`);
    this.#checkExcess();
  }

  #addValues({ events, numbers, texts }: PartialFold['values']): void {
    this.#values.events += events;
    this.#values.numbers += numbers;
    this.#values.texts += texts;
  }

  finish(): Fold {
    const values = this.#query.number === null ? undefined : this.#values;
    return new TalliedFold(this.#grouping, this.#tally, { values, ...this.#excluded() });
  }

  #excluded(): Pick<PartialFold, 'excludedBots'> {
    return this.#botFilter === null || this.#excludedBots === null ? {} : { excludedBots: this.#excludedBots };
  }

  #tallyOf(): { readonly tally: CountTally | PeopleTally | NumberTally | QuantileTally; readonly add: AddRows } {
    const { measure, number, distinct, countsTexts } = this.#query;
    if (measure === 'users') {
      const tally = new PeopleTally(this.#numbers);
      return { tally, add: (slots, rows) => tally.addRows(slots, rows, this.#people) };
    }
    if (measure === 'groups' || distinct !== null) {
      // Values are told apart by their hashes, as people are.
      const tally = new PeopleTally();
      const hashes = new ValueHashes(this.#source.value(distinct ?? GROUP_ID), this.#hashKey);
      const add = eachRow((slot, row) => {
        hashes.of(row);
        tally.add(slot, hashes.high, hashes.low);
      });
      return { tally, add };
    }
    if (number === null) {
      const tally = new CountTally();
      return { tally, add: (slots, rows) => tally.addRows(slots, rows.length) };
    }
    const quantile = quantileOf(number.statistic);
    const tally = quantile === null ? new NumberTally(number.statistic) : new QuantileTally(quantile);
    const value = this.#source.value(number.property);
    const add = eachRow((slot, row) => {
      const found = value(row);
      const number = numberOf(found, countsTexts);
      this.#values.events++;
      if (number === null) {
        if (typeof found === 'string') this.#values.texts++;
        tally.touch(slot);
      } else {
        this.#values.numbers++;
        tally.add(slot, number);
      }
    });
    return { tally, add };
  }
}

function eachRow(add: (slot: number, row: number) => void): AddRows {
  return (slots, rows) => {
    for (let index = 0; index < rows.length; index++) add(slots[index]!, rows[index]!);
  };
}
