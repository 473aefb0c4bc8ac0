/**
 * KnownProperties: refuses a question that names a property no event of the tenant has: most often it is misspelt, and would
 * be answered as if every event lacked it.
 *
 * steps: known in this isolate already → columns of files at hand → the shards' tails → stored files, the newest first, until
 * every name was found
 *
 * - Only that a name is known is remembered: an event makes its properties known with its acknowledgement.
 * - What is read is bounded. Whoever ends before the last file, or does not hear all shards, or fails, does not know: then the
 *   question is answered. So is that of a tenant without events.
 * - A property with a column of its own is known by the file's footer, which costs no read.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import { NameSearch } from '../../core/query/rows/name-search.ts';
import type { ShardOf } from '../../core/shard/rpc.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { DAY_MAX, DAY_MIN } from '../../lake/manifest/dropped.ts';
import { type LakeSegment, readScanPlan } from '../../lake/manifest/segments.ts';
import { dayOf } from '../../lake/segment/columns.ts';
import { parseFooter, readFooter } from '../../lake/segment/footer.ts';
import { readSegment } from '../../lake/segment/segment-read.ts';
import { type ReadBucket, r2Source, type SegmentSource } from '../../lake/segment/source.ts';
import { propertyOfColumn } from '../../lake/segment/typed-columns.ts';
import { readAhead } from '../../lake/std/read-ahead.ts';
import type { LakeView } from './lake-view.ts';
import { type LakeRefusal, propertyUnknown } from './refusal.ts';
import { visitTails } from './shards.ts';

interface LakeStores {
  readonly db: D1Database;
  readonly lake: ReadBucket;
}

/** What the question has read before, or will read anyway. */
export interface AtHand {
  /** Of stored files. */
  readonly footers: readonly Uint8Array[];
  /** Shows all that the shards hold and have not stored; false: one of them did not answer. */
  readonly showTails: (look: (columns: EventColumns) => void) => Promise<boolean>;
}

/** Names that a refusal lists. */
const LISTED_MAX = 20;
const PROPERTIES: ReadonlySet<StringColumn> = new Set<StringColumn>(['properties']);

/** `names`: the properties of events that the question reads. 400 `property-unknown` for the first that is not known. */
export async function checkProperties(
  stores: LakeStores,
  uid: string,
  names: Iterable<string>,
  { footers, showTails }: AtHand,
  nowMs: number,
): Promise<Result<null, LakeRefusal>> {
  const known = knownIn(stores.db);
  const asked = [...names].filter((name) => !known.has(keyOf(uid, name)));
  if (asked.length === 0) return ok(null);
  const search = new NameSearch(asked);
  for (const footer of footers) lookAtColumns(footer, search);
  const isHeard = search.isDone || (await showTails((columns) => search.look(columns)));
  const isRead = search.isDone || (await lookInFiles(stores, uid, search, nowMs, new Spending()));
  const { missing } = search;
  for (const name of asked) if (!missing.includes(name)) remember(known, keyOf(uid, name));
  const [unknown] = missing;
  if (unknown === undefined || !isHeard || !isRead || search.eventCount === 0) return ok(null);
  return propertyUnknown(unknown, search.nearestNames(unknown, LISTED_MAX));
}

/** Of so many of the newest files of a view the columns are looked at: that needs their metadata parsed, as the scan will. */
const FOOTERS_MAX = 8;

/** A view's tails were read with their properties, if the question has any. */
export function atHandIn({ segments, tails, coverage }: LakeView): AtHand {
  const sealed = segments.filter(({ source }) => source === 'seal');
  return {
    footers: sealed.slice(-FOOTERS_MAX).flatMap(({ footer }) => footer ?? []),
    showTails: async (look) => {
      for (const { columns } of tails) look(columns);
      return coverage.answered === coverage.shards;
    },
  };
}

/** Nothing was read yet: tails come block by block from the shards, so that none of them is held. */
export function atHandFrom(shardOf: ShardOf, addresses: readonly ShardAddress[]): AtHand {
  return {
    footers: [],
    showTails: async (look) => {
      const states = await visitTails(shardOf, addresses, PROPERTIES, ({ columns }) => look(columns));
      return !states.includes(null);
    },
  };
}

/** Names of several tenants, each behind its uid; when it is full it is begun anew. */
const KNOWN_MAX = 10_000;
/** By database: an isolate has one, and tests have nothing in common. */
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

/** What looking through files has cost so far. */
class Spending {
  #files = 0;
  #sizeBytes = 0;

  get isOver(): boolean {
    return this.#sizeBytes >= LIMITS.propertyProbeSizeBytesMax;
  }

  /** One more file may be opened. */
  get hasFile(): boolean {
    return this.#files < LIMITS.propertyProbeFilesMax && !this.isOver;
  }

  open(source: SegmentSource): SegmentSource {
    this.#files++;
    return {
      sizeBytes: source.sizeBytes,
      read: (offset, length) => {
        this.#sizeBytes += length;
        return source.read(offset, length);
      },
    };
  }
}

/** Days that are listed at first, back from today; then four times as many, and so on. */
const DAYS_AT_FIRST = 32;
const DAYS_AT_LAST = 2_048;

/** Whether all was looked through that is needed: every file, or as many as it takes to find each name. */
async function lookInFiles(
  { db, lake }: LakeStores,
  uid: string,
  search: NameSearch,
  nowMs: number,
  spending: Spending,
): Promise<boolean> {
  const lookedIn = new Set<string>();
  const today = dayOf(nowMs);
  try {
    let dayTo = DAY_MAX;
    for (let days = DAYS_AT_FIRST; dayTo >= DAY_MIN; days *= 4) {
      const dayFrom = days > DAYS_AT_LAST ? DAY_MIN : today - days;
      const { segments } = await readScanPlan(db, { uid, dayFrom, dayTo });
      const files = segments.filter(({ path }) => !lookedIn.has(path)).sort(compareNewest);
      for (const { path } of files) lookedIn.add(path);
      if (!(await lookInAll(lake, files, search, spending))) return false;
      if (search.isDone) return true;
      dayTo = dayFrom - 1;
    }
    return true;
  } catch (error) {
    console.warn(JSON.stringify({ at: 'query.known-properties', uid, error: String(error) }));
    return false;
  }
}

/** What is not sealed first, then by the last day. */
function compareNewest(left: LakeSegment, right: LakeSegment): number {
  const [leftSealed, rightSealed] = [left, right].map(({ source }) => Number(source === 'seal')) as [number, number];
  return leftSealed - rightSealed || right.atMaxMs - left.atMaxMs;
}

/** The first alone, for most often it is enough; then several at once. False: the budget was over before the last. */
async function lookInAll(
  lake: ReadBucket,
  files: readonly LakeSegment[],
  search: NameSearch,
  spending: Spending,
): Promise<boolean> {
  const look = (file: LakeSegment) => lookInFile(lake, file, search, spending);
  const [first, ...others] = files;
  let isWhole = first === undefined || (await look(first));
  for await (const isRead of readAhead(others, look)) isWhole &&= isRead;
  return isWhole;
}

async function lookInFile(
  lake: ReadBucket,
  { path, sizeBytes, footer: listed }: LakeSegment,
  search: NameSearch,
  spending: Spending,
): Promise<boolean> {
  if (search.isDone) return true;
  if (!spending.hasFile) return false;
  const source = spending.open(r2Source(lake, path, sizeBytes));
  const footer = listed ?? (await readFooter(source));
  lookAtColumns(footer, search);
  if (search.isDone) return true;
  for await (const columns of readSegment(source, { columns: PROPERTIES, footer })) {
    search.look(columns);
    if (search.isDone) return true;
    if (spending.isOver) return false;
  }
  return true;
}

/** A file has a column of its own for a property only if events have it. */
function lookAtColumns(footer: Uint8Array, search: NameSearch): void {
  for (const { name } of parseFooter(footer).schema) {
    const property = propertyOfColumn(name);
    if (property !== null) search.noteKey(property);
  }
}
