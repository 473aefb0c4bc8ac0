/**
 * KnownNames: refuses a question that names an event or a property that no event of the tenant has. Such a name is most
 * often misspelt, and the question would be answered as if nothing had happened.
 *
 * steps: known in this isolate already → columns of files at hand → the names that are kept → the shards' tails → the
 *   kept names again, because a flush may have been stored meanwhile → what the kept names do not tell is searched in files
 *
 * - The kept names (lake/names/name-store.ts) tell every event and every top-level property, unless the tenant has
 *   events of an earlier release or more names than are kept. Then events are not refused, and properties are searched in
 *   files, as are places within a property.
 * - Whatever misses a shard, a file or the budget refuses nothing. A tenant without events is never refused.
 * - The footer of a file tells a property with a column of its own, which costs no read.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { propertyPlace } from '../../core/event/property.ts';
import { EventSearch } from '../../core/names/event-search.ts';
import { NameSearch } from '../../core/names/name-search.ts';
import type { NameKind } from '../../core/names/sent-names.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { type KeptNames, readNames } from '../../lake/names/name-store.ts';
import type { Asking } from '../view/asking.ts';
import { isFromAllShards } from '../view/coverage.ts';
import type { LakeView } from '../view/lake-view.ts';
import { eventUnknown, type LakeRefusal, propertyUnknown } from '../view/refusal.ts';
import { visitTails } from '../view/tails.ts';
import { noteColumns, searchFiles } from './property-search.ts';
import { isRemembered, rememberName } from './remembered-names.ts';

/** What the question has read before, or will read anyway. */
export interface AtHand {
  /** Footers of stored files. */
  readonly footers: readonly Uint8Array[];
  /** Shows everything that the shards hold and have not stored; false when one of them did not reply. */
  readonly showTails: (look: (columns: EventColumns) => void) => Promise<boolean>;
}

/** The names that a question gives. */
export type AskedNames = { readonly [kind in NameKind]: Iterable<string> };

/** The number of names that a refusal lists. */
const LISTED_MAX = 20;

/** Refuses with the first of the names, of events or of their properties, that is not known. */
export async function checkNames(
  asking: Asking,
  names: AskedNames,
  { footers, showTails }: AtHand,
): Promise<Result<null, LakeRefusal>> {
  const { db } = asking.ports;
  const { uid } = asking.tenant;
  const newNames = (kind: NameKind) => [...names[kind]].filter((name) => !isRemembered(db, uid, kind, name));
  const asked = { event: newNames('event'), property: newNames('property') };
  const property = new NameSearch(asked.property);
  for (const footer of property.isDone ? [] : footers) noteColumns(footer, property);
  if (asked.event.length > 0 || !property.isDone) {
    const kept = await readNames(db, uid);
    const event = new EventSearch(kept.whole.has('event') ? asked.event : []);
    const checked = await searchAll(asking, { event, property }, { kept, showTails });
    if (!checked.ok) return checked;
    for (const name of event.found(asked.event)) rememberName(db, uid, 'event', name);
  }
  for (const name of asked.property) if (!property.missing.includes(name)) rememberName(db, uid, 'property', name);
  return ok(null);
}

interface Search {
  readonly event: EventSearch;
  readonly property: NameSearch;
}

async function searchAll(
  asking: Asking,
  search: Search,
  { kept, showTails }: Pick<AtHand, 'showTails'> & { readonly kept: KeptNames },
): Promise<Result<null, LakeRefusal>> {
  noteKept(search, kept);
  if (isDone(search)) return ok(null);
  if (!(await showTails((columns) => look(search, columns))) || isDone(search)) return ok(null);
  // A flush that has left its shard's tail meanwhile has its names here.
  const keptNow = kept.whole.size === 0 ? kept : await readNames(asking.ports.db, asking.tenant.uid);
  noteKept(search, keptNow);
  return refusalByKept(search, keptNow) ?? refusalByFiles(asking, search);
}

function noteKept({ event, property }: Search, kept: KeptNames): void {
  for (const name of kept.event) event.note(name);
  for (const key of kept.property) property.noteKey(key);
}

function look({ event, property }: Search, columns: EventColumns): void {
  event.look(columns);
  if (!property.isDone) property.look(columns);
}

function isDone({ event, property }: Search): boolean {
  return event.isDone && property.isDone;
}

/** Decides on the names that are in no tail by the kept names; null when these do not tell. */
function refusalByKept({ event, property }: Search, kept: KeptNames): Result<null, LakeRefusal> | null {
  if (event.eventCount === 0 && kept.event.size === 0 && kept.whole.size > 0) return ok(null);
  const [unknownEvent] = event.missing;
  if (unknownEvent !== undefined && kept.whole.has('event'))
    return eventUnknown(unknownEvent, event.nearestNames(unknownEvent, LISTED_MAX));
  if (!kept.whole.has('property')) return null;
  const unknown = property.missing.find((name) => !kept.property.has(topLevelKey(name)));
  return unknown === undefined ? null : propertyUnknown(unknown, property.nearestNames(unknown, LISTED_MAX));
}

async function refusalByFiles(asking: Asking, { property }: Search): Promise<Result<null, LakeRefusal>> {
  const areFilesSeen = property.isDone || (await searchFiles(asking, property));
  const [unknown] = property.missing;
  if (unknown === undefined || !areFilesSeen || property.eventCount === 0) return ok(null);
  return propertyUnknown(unknown, property.nearestNames(unknown, LISTED_MAX));
}

/** The key of the top level in which the property lies unless it is a key as a whole. */
function topLevelKey(name: string): string {
  const place = propertyPlace(name);
  return place.in === 'properties' ? place.steps[0]! : name;
}

/** Only the newest files of a view are looked at: it costs the parsing of their footers, which the scan does anyway. */
const FOOTERS_MAX = 8;

/** Uses the files and tails of a view; the tails were read with their properties if the question has any. */
export function atHandIn({ segments, tails, coverage }: LakeView): AtHand {
  const sealed = segments.filter(({ source }) => source === 'seal');
  return {
    footers: sealed.slice(-FOOTERS_MAX).flatMap(({ footer }) => footer ?? []),
    showTails: async (look) => {
      for (const { columns } of tails) look(columns);
      return isFromAllShards(coverage);
    },
  };
}

const NAMED_IN: ReadonlySet<StringColumn> = new Set<StringColumn>(['event', 'properties']);

/** Serves a question that has read nothing yet: it shows the tails block by block from the shards and holds none of them. */
export function atHandFrom(asking: Asking): AtHand {
  return {
    footers: [],
    showTails: async (look) => {
      const states = await visitTails(asking, NAMED_IN, ({ columns }) => look(columns));
      return !states.includes(null);
    },
  };
}
