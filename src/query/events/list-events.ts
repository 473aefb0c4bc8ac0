/**
 * ListEvents: the newest events of a range, from the shards' tails and the segments of the lake.
 *
 * steps: look at the tails → read the manifest → look at segments, the newest first, while one may still hold a newer event
 *        → read the whole of the few that were found
 * A segment is first read by time and id alone. What is held is one row group and the page.
 *
 * Known bound: segments older than the page are not looked at, so of an event that came twice with different times (through
 * two regions, or an import that repeats it) either copy may be listed until its day is sealed.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { STRING_COLUMNS, type StringColumn } from '../../core/event/event.ts';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { ShardOf } from '../../core/shard/rpc.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import { DAY_MIN, droppedRange, eventsDropped } from '../../lake/manifest/dropped.ts';
import { type LakeSegment, readScanPlan } from '../../lake/manifest/segments.ts';
import { dayOf } from '../../lake/segment/columns.ts';
import { type PersonSet, personFilter } from '../../lake/segment/people-bounds.ts';
import { readSegment } from '../../lake/segment/segment-read.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { type ReadBucket, r2Source } from '../../lake/segment/source.ts';
import { readDropped } from '../../lake/upkeep/expiry.ts';
import { type Coverage, coverageOf, isStored } from '../view/coverage.ts';
import type { LakeView } from '../view/lake-view.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { visitTails } from '../view/shards.ts';
import { type Candidate, compareNewest, type EventPlace, identityOf, Newest } from './newest.ts';

export interface ListPorts {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly shardOf: ShardOf;
}

export interface ListRequest {
  readonly startMs: number;
  readonly endMs: number;
  /** Only events of this name. */
  readonly event?: string | undefined;
  /** Only what comes after this place. */
  readonly after?: EventPlace | undefined;
  /** Only events of these people. */
  readonly people?: PersonSet;
  readonly limit: number;
}

/** One event, whole. */
export interface ListedEvent extends Candidate {
  readonly strings: { readonly [column in StringColumn]?: string | null };
}

export interface EventList {
  /** Newest first. */
  readonly events: readonly ListedEvent[];
  /** Where the next page goes on; null: there is none. */
  readonly next: EventPlace | null;
  readonly coverage: Coverage;
  readonly segments: number;
  readonly scannedEvents: number;
}

/** Found, and not read as a whole yet when it is in a segment. */
interface Found extends Candidate {
  readonly segment: LakeSegment | null;
  readonly strings: ListedEvent['strings'] | null;
}

export async function listEvents(
  { db, lake, shardOf }: ListPorts,
  uid: string,
  addresses: readonly ShardAddress[],
  asked: ListRequest,
  nowMs: number,
): Promise<Result<EventList, LakeRefusal>> {
  // Before the tails, which are looked at as they come: what is dropped only grows.
  const { lake: gone, events: expired } = await readDropped(db, uid);
  const isOfThese = asked.people ? personFilter(asked.people) : () => true;
  const request = { ...asked, isOfThese, startMs: Math.max(asked.startMs, gone.dayBefore * DAY_MS), expired };
  // One more than the page: whether there is a next one.
  const newest = new Newest<Found>(request.limit + 1);
  let scannedEvents = 0;
  const states = await visitTails(shardOf, addresses, ALL_STRINGS, ({ columns }) => {
    scannedEvents += columns.rowCount;
    look(columns, request, newest, (row) => ({ segment: null, strings: stringsOf(columns, row) }));
  });
  const [dayFrom, dayTo] = [dayOf(asked.startMs), dayOf(asked.endMs - 1)];
  const dropped = [droppedRange(gone, dayFrom, dayTo), eventsDropped(expired, dayFrom, dayTo)];
  const coverage: Coverage = {
    ...coverageOf(states, request, nowMs),
    dropped: dropped.filter((range) => range !== null),
  };

  let rowCount = 0;
  let segments = 0;
  for (const segment of await countedSegments(db, uid, request, coverage)) {
    const startMs = Math.max(request.startMs, newest.floorMs);
    // The next ones are older still.
    if (segment.atMaxMs < startMs) break;
    // Of some people only the row groups are read that may hold them: what is looked at is known when it is read.
    if (request.people === undefined) rowCount += segment.days.reduce((sum, day) => sum + day.rowCount, 0);
    if (rowCount > LIMITS.eventsRowsMax) return tooLarge(lookedAtTooMuch(rowCount));
    for await (const columns of batches(lake, segment, PLACE_COLUMNS, startMs, endOf(request), request.people)) {
      if (request.people !== undefined) rowCount += columns.rowCount;
      look(columns, request, newest, () => ({ segment, strings: null }));
    }
    segments++;
  }

  const page = newest.events.slice(0, request.limit);
  const last = page.at(-1);
  return ok({
    events: await readWhole(lake, page, request.people),
    next: newest.events.length > request.limit && last ? last : null,
    coverage,
    segments,
    scannedEvents: scannedEvents + rowCount,
  });
}

const ALL_STRINGS: ReadonlySet<StringColumn> = new Set(STRING_COLUMNS);
const PLACE_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>([
  'at',
  'received_at',
  'id',
  'event',
  'key_hash',
  'person',
]);
const WHOLE_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>([
  'at',
  'received_at',
  'key_hash',
  ...STRING_COLUMNS,
]);

interface OfThese {
  readonly isOfThese: ReturnType<typeof personFilter>;
}

/** Offers the rows of the range to the page. */
function look(
  { rowCount, at, receivedAt, keyHash, person, strings }: EventColumns,
  { startMs, endMs, event, after, isOfThese, expired }: ListRequest & Pick<LakeView, 'expired'> & OfThese,
  newest: Newest<Found>,
  contentOf: (row: number) => Pick<Found, 'segment' | 'strings'>,
): void {
  const words = wordsOf(person);
  for (let row = 0; row < rowCount; row++) {
    const atMs = at[row]!;
    if (atMs < startMs || atMs >= endMs || atMs < newest.floorMs) continue;
    const name = strings.event?.[row] ?? '';
    if (event !== undefined && name !== event) continue;
    if (expired.size > 0 && dayOf(atMs) < (expired.get(name)?.dayBefore ?? DAY_MIN)) continue;
    if (!isOfThese(words, row)) continue;
    const place = { atMs, id: strings.id?.[row] ?? '', keyHash: keyHash[row]! };
    if (after !== undefined && compareNewest(place, after) <= 0) continue;
    newest.add({ ...place, receivedAtMs: receivedAt[row]!, ...contentOf(row) });
  }
}

/** Segments that count and may hold an event of the range, the newest first. */
async function countedSegments(
  db: D1Database,
  uid: string,
  request: ListRequest,
  coverage: Coverage,
): Promise<LakeSegment[]> {
  const endMs = endOf(request);
  const dayFrom = Math.floor(request.startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const { segments } = await readScanPlan(db, { uid, dayFrom, dayTo });
  return segments
    .filter(({ source, incarnation, seqTo }) => source !== 'flush' || isStored(coverage, incarnation, seqTo))
    .filter(({ atMinMs, atMaxMs }) => atMaxMs >= request.startMs && atMinMs < endMs)
    .sort((left, right) => right.atMaxMs - left.atMaxMs);
}

/** Nothing of the page is later than the place it goes on from. */
function endOf({ endMs, after }: ListRequest): number {
  return after === undefined ? endMs : Math.min(endMs, after.atMs + 1);
}

/** With `people` the row groups that may hold one of them. */
async function* batches(
  lake: ReadBucket,
  { path, sizeBytes, footer, days }: LakeSegment,
  columns: ReadonlySet<LakeColumn>,
  startMs: number,
  endMs: number,
  people?: PersonSet,
): AsyncGenerator<EventColumns> {
  const of = { ...(footer && { footer }), ...(people && { people }) };
  const options = { columns, days: new Set(days.map(({ day }) => day)), startMs, endMs, ...of };
  yield* readSegment(r2Source(lake, path, sizeBytes), options);
}

/** The events of a page with all their columns, in the same order. */
async function readWhole(
  lake: ReadBucket,
  page: readonly Found[],
  people: PersonSet | undefined,
): Promise<ListedEvent[]> {
  const whole = new Map<string, ListedEvent['strings']>();
  for (const found of page) if (found.strings !== null) whole.set(identityOf(found), found.strings);
  for (const [segment, wanted] of bySegment(page)) {
    const atMs = wanted.map((found) => found.atMs);
    const startMs = Math.min(...atMs);
    const endMs = Math.max(...atMs) + 1;
    const places = new Map(wanted.map((found) => [identityOf(found), found]));
    for await (const columns of batches(lake, segment, WHOLE_COLUMNS, startMs, endMs, people)) {
      for (let row = 0; row < columns.rowCount && places.size > 0; row++) {
        const identity = identityOf({ id: columns.strings.id?.[row] ?? '', keyHash: columns.keyHash[row]! });
        const place = places.get(identity);
        if (place?.atMs !== columns.at[row] || place?.receivedAtMs !== columns.receivedAt[row]) continue;
        whole.set(identity, stringsOf(columns, row));
        places.delete(identity);
      }
      if (places.size === 0) break;
    }
  }
  return page.map((found) => {
    const { atMs, id, keyHash, receivedAtMs } = found;
    return { atMs, id, keyHash, receivedAtMs, strings: whole.get(identityOf(found)) ?? {} };
  });
}

function bySegment(page: readonly Found[]): Map<LakeSegment, Found[]> {
  const groups = new Map<LakeSegment, Found[]>();
  for (const found of page) {
    if (found.segment === null) continue;
    const group = groups.get(found.segment);
    if (group === undefined) groups.set(found.segment, [found]);
    else group.push(found);
  }
  return groups;
}

function stringsOf({ strings }: EventColumns, row: number): ListedEvent['strings'] {
  const whole: { [column in StringColumn]?: string | null } = {};
  for (const column of STRING_COLUMNS) {
    const text = strings[column]?.[row] ?? null;
    if (text !== null) whole[column] = text;
  }
  return whole;
}

function lookedAtTooMuch(rowCount: number): string {
  return `The page needs ${rowCount} stored events to be looked at, at most ${LIMITS.eventsRowsMax} are: narrow the range.`;
}
