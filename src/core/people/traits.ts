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
 * least. Every value of a browser key is earlier than those of trusted senders. A value from a clock that runs ahead counts from its receipt on, so that a time of the future pins no value. Each
 * is a maximum or minimum, so neither the order in which events are read nor a second reading can show. A trait that was
 * last set to null is absent. Other ways of changing traits stand in trait-operations.ts. The four built-in names win over traits of the same name.
 */
import type { EventColumns } from '../event/columns.ts';
import type { JsonObject, JsonValue, StringColumn } from '../event/event.ts';
import { NOT_FOUND } from '../std/hash-index.ts';
import { wordsOf } from '../std/words.ts';
import { ALL_PEOPLE, type HighRange } from './high-range.ts';
import { timesOf, traitTimesOf } from './latest-column.ts';
import { type BuiltInTrait, PeopleTraits, type Touch } from './people-traits.ts';
import { type GivenTraits, TraitColumns } from './trait-columns.ts';
import { traitGifts } from './trait-operations.ts';

export const TOUCH_COLUMNS = [
  'referrer_domain',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'path',
] as const satisfies readonly StringColumn[];

type TouchColumn = (typeof TOUCH_COLUMNS)[number];

const BUILT_IN: ReadonlySet<string> = new Set<BuiltInTrait>(['first_seen', 'last_seen', 'first_touch', 'last_touch']);

/** Traits to be kept, by the first step of their names; 'all' for a whole profile. */
export interface TraitsWanted {
  readonly person: ReadonlySet<string> | 'all';
  readonly group: ReadonlySet<string> | 'all';
}

export class Traits {
  readonly #wanted: TraitsWanted;
  /** True when every event of a person must be read, because it tells when they were seen or where they came from. */
  readonly readsEvents: boolean;
  readonly #people: PeopleTraits;
  readonly #groups = new TraitColumns();
  /** Number of each group. */
  readonly #groupIds = new Map<string, number>();
  #groupIdBytes = 0;

  /** `range`: only the traits of these people are kept; those of groups all are. */
  constructor(wanted: TraitsWanted, range: HighRange = ALL_PEOPLE) {
    this.#wanted = wanted;
    this.readsEvents = wanted.person === 'all' || [...BUILT_IN].some((name) => wants(wanted.person, name));
    this.#people = new PeopleTraits(range);
  }

  get isWanted(): boolean {
    return isWanted(this.#wanted.person) || isWanted(this.#wanted.group);
  }

  /** Text columns that the batches must have, beside `at`, `received_at` and `person`. */
  get columns(): StringColumn[] {
    const columns: StringColumn[] = ['type', 'properties', 'sender'];
    if (isWanted(this.#wanted.group)) columns.push('group_id');
    return this.readsEvents ? [...columns, ...TOUCH_COLUMNS] : columns;
  }

  /** An estimate of the memory of the people's traits. */
  get peopleSizeBytes(): number {
    return this.#people.sizeBytes;
  }

  /** An estimate of the memory of the groups' traits. */
  get groupsSizeBytes(): number {
    return this.#groups.sizeBytes + this.#groupIdBytes;
  }

  /** Keeps only the people up to this one, by the signed high word of their hash. */
  narrow(to: number): void {
    this.#people.narrow(to);
  }

  /** Adds these rows, whose people are already put through the links. */
  add(columns: EventColumns, rows: Uint32Array): void {
    const touches = this.readsEvents ? TOUCH_COLUMNS.filter((column) => mayHoldText(columns, column)) : [];
    const { at, receivedAt, person, strings } = columns;
    const words = wordsOf(person);
    for (const row of rows) {
      const type = strings.type![row];
      const timesGiven = (isOnce: boolean) => traitTimesOf(at[row]!, receivedAt[row]!, strings.sender?.[row], isOnce);
      if (type === 'group') this.#addGroup(columns, row, timesGiven);
      const gifts = type === 'identify' ? giftsIn(strings.properties![row], this.#wanted.person, timesGiven) : [];
      if (gifts.length === 0 && !this.readsEvents) continue;
      const number = this.#people.numberOf(words[2 * row + 1]!, words[2 * row]!);
      if (number === NOT_FOUND) continue;
      for (const given of gifts) this.#people.add(number, given);
      if (!this.readsEvents) continue;
      const times = timesOf(at[row]!, receivedAt[row]!);
      this.#people.see(number, at[row]!, times, () => touchOf(columns, row, touches));
    }
  }

  personTrait(high: number, low: number, key: string, steps: readonly string[]): JsonValue | undefined {
    if (BUILT_IN.has(steps[0]!)) return this.#people.builtInTrait(high, low, key, steps);
    return this.#people.trait(high, low, key, steps);
  }

  groupTrait(groupId: string, key: string, steps: readonly string[]): JsonValue | undefined {
    const number = this.#groupIds.get(groupId);
    return number === undefined ? undefined : this.#groups.trait(number, key, steps);
  }

  /** Returns a person's traits that are set, by name, and the built-in ones. */
  profile(high: number, low: number): { readonly traits: JsonObject; readonly state: JsonObject } {
    return this.#people.profile(high, low);
  }

  #addGroup({ strings }: EventColumns, row: number, timesGiven: TimesGiven): void {
    const gifts = giftsIn(strings.properties![row], this.#wanted.group, timesGiven);
    const groupId = strings.group_id?.[row];
    if (groupId == null || gifts.length === 0) return;
    let number = this.#groupIds.get(groupId);
    if (number === undefined) {
      number = this.#groupIds.size;
      this.#groupIds.set(groupId, number);
      this.#groupIdBytes += GROUP_BYTES + groupId.length;
    }
    for (const given of gifts) this.#groups.add(number, given);
  }
}

/** A group's entry in the map of ids, beside the characters of its id. */
const GROUP_BYTES = 72;

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

/** The times of what an event sets, or sets once. */
type TimesGiven = (isOnce: boolean) => Pick<GivenTraits, 'atMs' | 'receivedAtMs'>;

/** The wanted traits that the properties of an event give: those it sets, and those it sets once. */
function giftsIn(
  properties: string | null | undefined,
  wanted: ReadonlySet<string> | 'all',
  timesGiven: TimesGiven,
): GivenTraits[] {
  if (properties == null || !isWanted(wanted)) return [];
  const { set, once } = traitGifts(JSON.parse(properties) as JsonObject);
  return [set, once].flatMap((all, index) => {
    const traits = all.filter(([name]) => isWantedName(name, wanted));
    return traits.length === 0 ? [] : [{ ...timesGiven(index === 1), traits }];
  });
}

/** A name with dots may be a trait of that very name, or the path into one. */
function isWantedName(name: string, wanted: ReadonlySet<string> | 'all'): boolean {
  return wants(wanted, name) || (name.includes('.') && wants(wanted, name.split('.', 1)[0]!));
}

function touchOf({ strings }: EventColumns, row: number, columns: readonly TouchColumn[]): Touch | null {
  if (columns.length === 0) return null;
  const found = columns.map((column) => [column, strings[column]![row]] as const).filter(([, text]) => text != null);
  if (found.length === 0) return null;
  return { value: Object.fromEntries(found) as JsonObject, isArrival: found.some(([column]) => column !== 'path') };
}
