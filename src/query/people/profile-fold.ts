/** ProfileFold: folds the events of one person into a Profile. */
import type { EventColumns } from '../../core/event/columns.ts';
import type { JsonObject, StringColumn } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import { hashText } from '../../core/people/links.ts';
import { Traits } from '../../core/people/traits.ts';
import { compareCodePoints } from '../../core/std/text.ts';
import type { PersonIds } from './person-ids.ts';

export interface Profile {
  /** The pseudonym by which lists of people name the person: 16 hex digits. */
  readonly person: string;
  readonly userIds: readonly string[];
  readonly anonymousIds: readonly string[];
  readonly previousIds: readonly string[];
  readonly traits: JsonObject;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly firstTouch: Touch | null;
  readonly lastTouch: Touch | null;
  readonly eventCount: number;
  /** The most frequent name first. */
  readonly events: readonly { readonly event: string; readonly count: number }[];
  readonly groups: readonly string[];
}

type Touch = Readonly<Record<string, string>>;

/** The built-in traits, which Traits has for every person with an event. */
interface BuiltInTraits {
  readonly first_seen: string;
  readonly last_seen: string;
  readonly first_touch?: Touch;
  readonly last_touch?: Touch;
}

const ID_COLUMNS: readonly StringColumn[] = ['event', 'user_id', 'anonymous_id', 'group_id'];

export class ProfileFold {
  readonly #traits = new Traits({ person: 'all', group: new Set() });
  readonly #counts = new Map<string, number>();
  readonly #userIds = new Set<string>();
  readonly #anonymousIds = new Set<string>();
  readonly #previousIds = new Set<string>();
  readonly #groups = new Set<string>();
  #eventCount = 0;

  get columns(): StringColumn[] {
    return [...this.#traits.columns, ...ID_COLUMNS];
  }

  /** Adds rows of the person, under any of their ids. */
  add(columns: EventColumns, rows: Uint32Array, { hashes }: PersonIds): void {
    const person = new BigInt64Array(columns.rowCount).fill(hashes[0]!);
    this.#traits.add({ ...columns, person }, rows);
    const { strings } = columns;
    this.#eventCount += rows.length;
    for (const row of rows) {
      const event = strings.event![row] ?? '';
      this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1);
      note(this.#userIds, strings.user_id![row]);
      note(this.#anonymousIds, strings.anonymous_id![row]);
      note(this.#groups, strings.group_id![row]);
      const previous = strings.type![row] === 'alias' ? previousIdOf(strings.properties![row] ?? null) : null;
      // An alias of a browser links its own device alone (find-links.ts): what else it names is not the person's.
      const isLinked = strings.sender?.[row] !== 'browser' || previous === strings.anonymous_id![row];
      if (isLinked) note(this.#previousIds, previous);
    }
  }

  /** null when no event was added. */
  finish({ high, low }: PersonIds): Profile | null {
    if (this.#eventCount === 0) return null;
    const events = [...this.#counts].map(([event, count]) => ({ event, count }));
    events.sort((a, b) => b.count - a.count || compareCodePoints(a.event, b.event));
    const { traits, state } = this.#traits.profile(high, low);
    const builtIn = state as unknown as BuiltInTraits;
    return {
      person: hashText(high, low),
      userIds: sorted(this.#userIds),
      anonymousIds: sorted(this.#anonymousIds),
      previousIds: sorted(this.#previousIds),
      traits,
      firstSeen: builtIn.first_seen,
      lastSeen: builtIn.last_seen,
      firstTouch: builtIn.first_touch ?? null,
      lastTouch: builtIn.last_touch ?? null,
      eventCount: this.#eventCount,
      events: events.slice(0, LIMITS.profileListMax),
      groups: sorted(this.#groups),
    };
  }
}

function note(texts: Set<string>, text: string | null | undefined): void {
  if (text != null) texts.add(text);
}

function sorted(texts: ReadonlySet<string>): string[] {
  return [...texts].sort(compareCodePoints).slice(0, LIMITS.profileListMax);
}

/** The id that an alias replaces; null when the event names none. */
function previousIdOf(properties: string | null): string | null {
  const { previousId } = (properties === null ? {} : JSON.parse(properties)) as { previousId?: unknown };
  return typeof previousId === 'string' ? previousId : null;
}
