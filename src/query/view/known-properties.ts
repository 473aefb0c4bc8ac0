/**
 * KnownProperties: refuses a question that names a property no event of the tenant has. Such a name is most often misspelt, and
 * the question would be answered as if every event lacked the property.
 *
 * steps: known in this isolate already → columns of files at hand → the shards' tails → stored files, the newest first, until
 * every name was found
 *
 * - Only known names are remembered: an event makes its properties known with its acknowledgement.
 * - The search is bounded. If it stops early, misses a shard or fails, the property may exist, so the question is answered. A
 *   tenant without events is never refused.
 * - The footer of a file tells a property with a column of its own, which costs no read.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { NameSearch } from '../../core/query/rows/name-search.ts';
import { ok, type Result } from '../../core/std/result.ts';
import type { Asking } from './asking.ts';
import { isFromAllShards } from './coverage.ts';
import type { LakeView } from './lake-view.ts';
import { noteColumns, PROPERTIES, searchFiles } from './property-search.ts';
import { type LakeRefusal, propertyUnknown } from './refusal.ts';
import { visitTails } from './tails.ts';

/** The data that the question has read before, or will read anyway. */
export interface AtHand {
  /** Footers of stored files. */
  readonly footers: readonly Uint8Array[];
  /** Shows everything that the shards hold and have not stored; false when one of them did not reply. */
  readonly showTails: (look: (columns: EventColumns) => void) => Promise<boolean>;
}

/** The number of names that a refusal lists. */
const LISTED_MAX = 20;

/** Refuses with the first of `names`, properties of events that the question reads, that is not known. */
export async function checkProperties(
  asking: Asking,
  names: Iterable<string>,
  { footers, showTails }: AtHand,
): Promise<Result<null, LakeRefusal>> {
  const { uid } = asking.tenant;
  const known = knownIn(asking.ports.db);
  const doubtful = [...names].filter((name) => !known.has(keyOf(uid, name)));
  if (doubtful.length === 0) return ok(null);
  const search = new NameSearch(doubtful);
  for (const footer of footers) noteColumns(footer, search);
  const areTailsSeen = search.isDone || (await showTails((columns) => search.look(columns)));
  const areFilesSeen = search.isDone || (await searchFiles(asking, search));
  const { missing } = search;
  for (const name of doubtful) if (!missing.includes(name)) remember(known, keyOf(uid, name));
  const [unknown] = missing;
  if (unknown === undefined || !areTailsSeen || !areFilesSeen || search.eventCount === 0) return ok(null);
  return propertyUnknown(unknown, search.nearestNames(unknown, LISTED_MAX));
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

/** Serves a question that has read nothing yet: it shows the tails block by block from the shards and holds none of them. */
export function atHandFrom(asking: Asking): AtHand {
  return {
    footers: [],
    showTails: async (look) => {
      const states = await visitTails(asking, PROPERTIES, ({ columns }) => look(columns));
      return !states.includes(null);
    },
  };
}

/** Names of several tenants, each prefixed by its uid. The set is emptied when it is full. */
const KNOWN_MAX = 10_000;
/** The set of one database: an isolate has one database, and tests share nothing. */
const knownByDb = new WeakMap<D1Database, Set<string>>();

function knownIn(db: D1Database): Set<string> {
  let known = knownByDb.get(db);
  if (known === undefined) {
    known = new Set();
    knownByDb.set(db, known);
  }
  return known;
}

function remember(known: Set<string>, key: string): void {
  if (known.size >= KNOWN_MAX) known.clear();
  known.add(key);
}

function keyOf(uid: string, name: string): string {
  return `${uid} ${name}`;
}
