/**
 * Profile: one person, from all their events: traits, first and last seen, touches, counts by name, ids.
 *
 * steps: the ids that are this person → their events alone (a sealed file is sorted by person: one row group of each day is
 * read) → fold
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { JsonObject, StringColumn } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import { hashText, type LinkedPeople } from '../../core/people/links.ts';
import { Traits } from '../../core/people/traits.ts';
import { Hasher } from '../../core/std/hash.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { compareCodePoints } from '../../core/std/text.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { RowBudget } from '../../lake/scan/row-budget.ts';
import { personSet } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeView } from '../view/lake-view.ts';
import { openView } from '../view/open-view.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { scanLakeView } from '../view/scan-view.ts';

/** The hashes a person goes by; the representative first. */
export interface PersonIds {
  readonly hashes: readonly bigint[];
  readonly high: number;
  readonly low: number;
}

export interface Profile {
  /** 16 hex digits: the pseudonym by which lists of people name them. */
  readonly person: string;
  readonly userIds: readonly string[];
  readonly anonymousIds: readonly string[];
  readonly previousIds: readonly string[];
  readonly traits: JsonObject;
  /** first_seen, last_seen, first_touch, last_touch. */
  readonly state: JsonObject;
  readonly eventCount: number;
  /** The most frequent first. */
  readonly events: readonly { readonly event: string; readonly count: number }[];
  readonly groups: readonly string[];
}

export interface ProfileReading {
  /** Null: there is no event of such a person. */
  readonly profile: Profile | null;
  readonly view: LakeView;
  readonly scannedEvents: number;
}

const ID_COLUMNS: readonly StringColumn[] = ['event', 'user_id', 'anonymous_id', 'group_id'];
const NOT_ASKED: ReadonlySet<string> = new Set();
const IDENTITY = { identity: true, traits: NOT_ASKED, cohorts: NOT_ASKED } as const;

export async function readProfile(asking: Asking, id: string): Promise<Result<ProfileReading, LakeRefusal>> {
  const fold = new ProfileFold();
  const ever = { startMs: 0, endMs: asking.nowMs + 2 * LIMITS.futureClampMs };
  const opened = await openView(asking, { ...ever, columns: fold.columns, asks: IDENTITY });
  if (!opened.ok) return opened;
  // The scan is asked for all ids of the person at once, so it need not follow links itself.
  const { people, ...view } = opened.value;
  const ids = idsOf(asking.tenant.hashKey, id, people?.linked ?? null);
  const wanted = new Set<LakeColumn>([...fold.columns, 'person', 'received_at']);
  // All ids in one scan, for of an event that came under two of them one copy counts.
  const budget = new RowBudget(LIMITS.profileReadRowsMax);
  const what = { wanted, people: personSet(ids.hashes), rowsMax: LIMITS.profileRowsMax, budget };
  const scanned = await scanLakeView(asking, view, what, (batch, rows) => fold.add(batch, rows, ids));
  if (!scanned.ok) return scanned;
  return ok({ profile: fold.finish(ids), view: opened.value, scannedEvents: scanned.value.scannedRowCount });
}

export function idsOf(hashKey: Tenant['hashKey'], id: string, linked: LinkedPeople | null): PersonIds {
  const hasher = new Hasher(hashKey);
  hasher.hash(id);
  const words = linked?.idsOf(hasher.high, hasher.low) ?? Uint32Array.of(hasher.low, hasher.high);
  const hashes = [...new BigInt64Array(words.buffer, words.byteOffset, words.length / 2)];
  return { hashes, high: words[1]!, low: words[0]! };
}

class ProfileFold {
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

  /** Adds rows of the person, under whichever of their ids, as one person's. */
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
      if (strings.type![row] === 'alias') note(this.#previousIds, previousIdOf(strings.properties![row] ?? null));
    }
  }

  finish({ high, low }: PersonIds): Profile | null {
    if (this.#eventCount === 0) return null;
    const events = [...this.#counts].map(([event, count]) => ({ event, count }));
    events.sort((a, b) => b.count - a.count || compareCodePoints(a.event, b.event));
    return {
      person: hashText(high, low),
      userIds: listOf(this.#userIds),
      anonymousIds: listOf(this.#anonymousIds),
      previousIds: listOf(this.#previousIds),
      ...this.#traits.profile(high, low),
      eventCount: this.#eventCount,
      events: events.slice(0, LIMITS.profileListMax),
      groups: listOf(this.#groups),
    };
  }
}

function note(texts: Set<string>, text: string | null | undefined): void {
  if (text != null) texts.add(text);
}

function listOf(texts: ReadonlySet<string>): string[] {
  return [...texts].sort(compareCodePoints).slice(0, LIMITS.profileListMax);
}

function previousIdOf(properties: string | null): string | null {
  const { previousId } = (properties === null ? {} : JSON.parse(properties)) as { previousId?: unknown };
  return typeof previousId === 'string' ? previousId : null;
}
