/**
 * Traits: facts about people and groups beyond single events, kept while events are read, in any order.
 *
 * | trait | is |
 * |---|---|
 * | any name | of a person: the latest value that an `identify` event gave; of a group: a `group` event |
 * | `first_seen`, `last_seen` | ISO times of the person's first and last event |
 * | `first_touch.*` | of the first event that has a page, a referrer or a campaign: `referrer_domain`, `utm_*`, `path` |
 * | `last_touch.*` | of the last event that has a referrer or a campaign; of the first touch where none has |
 *
 * The latest value is the greatest by (the lesser of event time and receipt, receipt, the value's JSON), the earliest the
 * least. A value from a clock that runs ahead counts from its receipt on, so that a time of the future pins no value. Each
 * is a maximum or minimum, so neither the order in which events are read nor a second reading can show. A trait that was
 * last set to null is absent. The four built-in names win over traits of the same name.
 */
import type { EventColumns } from '../event/columns.ts';
import type { JsonObject, JsonValue, StringColumn } from '../event/event.ts';
import { valueAt } from '../event/property.ts';
import { HashIndex, NOT_FOUND } from '../std/hash-index.ts';
import { wordsOf } from '../std/words.ts';

export const TOUCH_COLUMNS = [
  'referrer_domain',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'path',
] as const satisfies readonly StringColumn[];

const BUILT_IN: ReadonlySet<string> = new Set(['first_seen', 'last_seen', 'first_touch', 'last_touch']);

/** Traits to be kept, by the first step of their names; 'all' for a whole profile. */
export interface TraitsWanted {
  readonly person: ReadonlySet<string> | 'all';
  readonly group: ReadonlySet<string> | 'all';
}

/** A value, with the times that make it the latest. */
export interface Latest {
  /** The time from which the value counts (`timesOf`). */
  readonly fromMs: number;
  readonly receivedAtMs: number;
  readonly value: JsonValue;
}

interface PersonState {
  firstSeenMs: number;
  lastSeenMs: number;
  firstTouch: Latest | null;
  lastTouch: Latest | null;
}

export class Traits {
  readonly #wanted: TraitsWanted;
  /** True when every event of a person must be read, because it tells when they were seen or where they came from. */
  readonly readsEvents: boolean;
  readonly #index = new HashIndex();
  readonly #people: Map<string, Latest>[] = [];
  readonly #states: PersonState[] = [];
  #lastHigh = 0;
  #lastLow = 0;
  #lastIndex = NOT_FOUND;
  readonly #groups = new Map<string, Map<string, Latest>>();

  constructor(wanted: TraitsWanted) {
    this.#wanted = wanted;
    this.readsEvents = wanted.person === 'all' || [...BUILT_IN].some((name) => wants(wanted.person, name));
  }

  get isWanted(): boolean {
    return isWanted(this.#wanted.person) || isWanted(this.#wanted.group);
  }

  /** Text columns that the batches must have, beside `at`, `received_at` and `person`. */
  get columns(): StringColumn[] {
    const columns: StringColumn[] = ['type', 'properties'];
    if (isWanted(this.#wanted.group)) columns.push('group_id');
    return this.readsEvents ? [...columns, ...TOUCH_COLUMNS] : columns;
  }

  /** Number of people and groups that have at least one kept value. */
  get size(): number {
    return this.#index.size + this.#groups.size;
  }

  /** Adds these rows, whose people are already put through the links. */
  add(columns: EventColumns, rows: Uint32Array): void {
    const touches = this.readsEvents ? TOUCH_COLUMNS.filter((column) => mayHoldText(columns, column)) : [];
    const { at, receivedAt, person, strings } = columns;
    const words = wordsOf(person);
    for (const row of rows) {
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      const times = timesOf(at[row]!, receivedAt[row]!);
      const type = strings.type![row];
      if (type === 'identify' && (low | high) !== 0 && isWanted(this.#wanted.person)) {
        const index = this.#person(high, low);
        merge(this.#people[index]!, strings.properties![row] ?? null, this.#wanted.person, times);
      }
      const group = type === 'group' && isWanted(this.#wanted.group) ? strings.group_id![row] : null;
      if (group != null) {
        const traits = this.#groups.get(group) ?? new Map<string, Latest>();
        this.#groups.set(group, traits);
        merge(traits, strings.properties![row] ?? null, this.#wanted.group, times);
      }
      if (this.readsEvents && (low | high) !== 0) this.#see(this.#person(high, low), columns, row, touches);
    }
  }

  personTrait(high: number, low: number, key: string, steps: readonly string[]): JsonValue | undefined {
    const index = (low | high) === 0 ? NOT_FOUND : this.#index.find(high, low);
    if (index === NOT_FOUND) return undefined;
    if (BUILT_IN.has(steps[0]!)) return valueAt(builtIn(this.#states[index]!), key, steps);
    return traitAt(this.#people[index]!, key, steps);
  }

  groupTrait(groupId: string, key: string, steps: readonly string[]): JsonValue | undefined {
    const traits = this.#groups.get(groupId);
    return traits && traitAt(traits, key, steps);
  }

  /** Returns a person's traits that are set, by name, and the built-in ones. */
  profile(high: number, low: number): { readonly traits: JsonObject; readonly state: JsonObject } {
    const index = this.#index.find(high, low);
    if (index === NOT_FOUND) return { traits: {}, state: {} };
    const set = [...this.#people[index]!].filter(([, { value }]) => value !== null);
    const traits = Object.fromEntries(
      set.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { value }]) => [name, value]),
    );
    return { traits, state: builtIn(this.#states[index]!) };
  }

  #person(high: number, low: number): number {
    // Rows of one person most often stand together.
    if (low === this.#lastLow && high === this.#lastHigh) return this.#lastIndex;
    const index = this.#index.add(high, low);
    this.#lastHigh = high;
    this.#lastLow = low;
    this.#lastIndex = index;
    if (index === this.#people.length) {
      this.#people.push(new Map());
      this.#states.push({ firstSeenMs: Infinity, lastSeenMs: -Infinity, firstTouch: null, lastTouch: null });
    }
    return index;
  }

  #see(
    index: number,
    { at, receivedAt, strings }: EventColumns,
    row: number,
    touches: readonly (typeof TOUCH_COLUMNS)[number][],
  ): void {
    const state = this.#states[index]!;
    const atMs = at[row]!;
    if (atMs < state.firstSeenMs) state.firstSeenMs = atMs;
    if (atMs > state.lastSeenMs) state.lastSeenMs = atMs;
    if (touches.length === 0) return;
    // Most events lie between the first and the last touch known, and need no work.
    const times = timesOf(atMs, receivedAt[row]!);
    const mayBeFirst = state.firstTouch === null || times.fromMs <= state.firstTouch.fromMs;
    const mayBeLast = state.lastTouch === null || times.fromMs >= state.lastTouch.fromMs;
    if (!mayBeFirst && !mayBeLast) return;
    const value: JsonObject = {};
    let isArrival = false;
    for (const column of touches) {
      const text = strings[column]![row];
      if (text == null) continue;
      value[column] = text;
      isArrival ||= column !== 'path';
    }
    if (Object.keys(value).length === 0) return;
    const touch = { ...times, value };
    if (state.firstTouch === null || compareLatest(touch, state.firstTouch) < 0) state.firstTouch = touch;
    if (isArrival && (state.lastTouch === null || compareLatest(touch, state.lastTouch) > 0)) state.lastTouch = touch;
  }
}

/** Tells whether some row of the batch may have a text in the column. */
function mayHoldText({ coded }: EventColumns, column: StringColumn): boolean {
  const texts = coded?.[column];
  return texts === undefined || texts.entries.length > 1;
}

function isWanted(wanted: ReadonlySet<string> | 'all'): boolean {
  return wanted === 'all' || wanted.size > 0;
}

function wants(wanted: ReadonlySet<string> | 'all', name: string): boolean {
  return wanted === 'all' || wanted.has(name);
}

function merge(
  traits: Map<string, Latest>,
  properties: string | null,
  wanted: ReadonlySet<string> | 'all',
  times: LatestTimes,
): void {
  if (properties === null) return;
  for (const [name, value] of Object.entries(JSON.parse(properties) as JsonObject)) {
    // A name with dots may be a trait of that very name, or the path into one.
    if (!wants(wanted, name) && !wants(wanted, name.split('.', 1)[0]!)) continue;
    const latest = { ...times, value };
    const known = traits.get(name);
    if (known === undefined || compareLatest(latest, known) > 0) traits.set(name, latest);
  }
}

export type LatestTimes = Pick<Latest, 'fromMs' | 'receivedAtMs'>;

export function timesOf(atMs: number, receivedAtMs: number): LatestTimes {
  return { fromMs: Math.min(atMs, receivedAtMs), receivedAtMs };
}

/** Compares two values by time; positive when the first is the later. */
export function compareLatest(a: Latest, b: Latest): number {
  if (a.fromMs !== b.fromMs) return a.fromMs - b.fromMs;
  if (a.receivedAtMs !== b.receivedAtMs) return a.receivedAtMs - b.receivedAtMs;
  const [left, right] = [JSON.stringify(a.value), JSON.stringify(b.value)];
  return left === right ? 0 : left < right ? -1 : 1;
}

function traitAt(traits: ReadonlyMap<string, Latest>, key: string, steps: readonly string[]): JsonValue | undefined {
  const whole = traits.get(key);
  if (whole !== undefined) return whole.value ?? undefined;
  const first = steps.length > 1 ? traits.get(steps[0]!) : undefined;
  if (typeof first?.value !== 'object' || first.value === null) return undefined;
  const rest = steps.slice(1);
  return valueAt(first.value as JsonObject, rest.join('.'), rest);
}

function builtIn({ firstSeenMs, lastSeenMs, firstTouch, lastTouch }: PersonState): JsonObject {
  if (firstSeenMs > lastSeenMs) return {};
  return {
    first_seen: new Date(firstSeenMs).toISOString(),
    last_seen: new Date(lastSeenMs).toISOString(),
    ...(firstTouch && { first_touch: firstTouch.value, last_touch: (lastTouch ?? firstTouch).value }),
  };
}
