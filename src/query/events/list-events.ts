/**
 * ListEvents: the newest events of a range, from the shards' tails and the segments of the lake.
 *
 * steps: look at the tails → read the manifest → look at segments, the newest first, while one may still hold a newer event
 *        → read the few events that were found whole
 * A segment is first read by time and id alone. Memory holds one row group and the page.
 *
 * Known bound: segments older than the page are not looked at. An event that came twice with different times (through two
 * regions, or an import that repeats it) may therefore be listed as either copy until its day is sealed.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { STRING_COLUMNS, type StringColumn } from '../../core/event/event.ts';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { dayOf, dayRange } from '../../core/std/day.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import { DAY_MIN, type Dropped } from '../../lake/manifest/dropped.ts';
import { type LakeSegment, readScanPlan } from '../../lake/manifest/segments.ts';
import { type PersonSet, personFilter } from '../../lake/segment/people-bounds.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { readDropped } from '../../lake/upkeep/expiry.ts';
import type { Asking } from '../view/asking.ts';
import { type Coverage, coverageOf, droppedRanges, isCounted } from '../view/coverage.ts';
import { type LakeRefusal, tooLarge } from '../view/refusal.ts';
import { visitTails } from '../view/tails.ts';
import { compareNewest, type EventPlace, Newest } from './newest.ts';
import { type Found, type FoundContent, readBatches, readWhole, stringsOf, type WholeEvent } from './read-whole.ts';

export interface ListRequest {
  readonly startMs: number;
  readonly endMs: number;
  /** Lists only events of this name. */
  readonly event?: string | undefined;
  /** Lists only events that come after this place. */
  readonly after?: EventPlace | undefined;
  /** Lists only events of these people. */
  readonly people?: PersonSet;
  readonly limit: number;
}

export interface EventList {
  /** The events, the newest first. */
  readonly events: readonly WholeEvent[];
  /** The place at which the next page begins; null when this page is the last. */
  readonly next: EventPlace | null;
  readonly coverage: Coverage;
  readonly segments: number;
  readonly scannedEvents: number;
}

export async function listEvents(asking: Asking, request: ListRequest): Promise<Result<EventList, LakeRefusal>> {
  const { db, lake } = asking.ports;
  // This reading comes before that of the tails, because rows of the tails are filtered as they come.
  const dropped = await readDropped(db, asking.tenant.uid);
  const search = new PageSearch(request, dropped);
  const states = await visitTails(asking, ALL_STRINGS, ({ columns }) => search.lookAtTail(columns));
  const ranges = droppedRanges(dropped.lake, dropped.events, dayRange(request));
  const coverage: Coverage = { ...coverageOf(states, request, asking.nowMs), dropped: ranges };

  let segments = 0;
  for (const segment of await countedSegments(asking, search, coverage)) {
    // The segments go by their last event: those that follow are older still.
    if (segment.atMaxMs < search.floorMs) break;
    if (!search.hasBudgetFor(segment)) return tooLarge(lookedAtTooMuch(search.storedRowCount));
    const range = { startMs: search.floorMs, endMs: search.endMs };
    const batches = readBatches(lake, segment, { columns: PLACE_COLUMNS, ...range, people: request.people });
    for await (const columns of batches) search.lookAtSegment(columns, segment);
    segments++;
  }
  const { page, next } = search.finish();
  const events = await readWhole(lake, page, request.people);
  return ok({ events, next, coverage, segments, scannedEvents: search.tailRowCount + search.storedRowCount });
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

/** The page that is being filled, and the number of rows read for it. */
class PageSearch {
  readonly startMs: number;
  readonly endMs: number;
  tailRowCount = 0;
  storedRowCount = 0;
  readonly #request: ListRequest;
  readonly #expired: Dropped['events'];
  readonly #isWantedPerson: ReturnType<typeof personFilter> | null;
  readonly #newest: Newest<Found>;

  constructor(request: ListRequest, { lake, events }: Pick<Dropped, 'lake' | 'events'>) {
    const { after, people, limit } = request;
    this.#request = request;
    this.startMs = Math.max(request.startMs, lake.dayBefore * DAY_MS);
    // No event of the page is later than the place it begins at.
    this.endMs = after === undefined ? request.endMs : Math.min(request.endMs, after.atMs + 1);
    this.#expired = events;
    this.#isWantedPerson = people === undefined ? null : personFilter(people);
    // One event more than the page tells whether there is a next page.
    this.#newest = new Newest<Found>(limit + 1);
  }

  /** No event before it can be on the page any more. */
  get floorMs(): number {
    return Math.max(this.startMs, this.#newest.floorMs);
  }

  /**
   * Charges the rows of the segment. Of some people, only the row groups are read that may hold them, so rows are charged when
   * they are read.
   */
  hasBudgetFor({ days }: LakeSegment): boolean {
    if (this.#isWantedPerson === null) this.storedRowCount += days.reduce((sum, { rowCount }) => sum + rowCount, 0);
    return this.storedRowCount <= LIMITS.eventsRowsMax;
  }

  lookAtTail(columns: EventColumns): void {
    this.tailRowCount += columns.rowCount;
    this.#look(columns, (row) => ({ segment: null, strings: stringsOf(columns, row) }));
  }

  lookAtSegment(columns: EventColumns, segment: LakeSegment): void {
    if (this.#isWantedPerson !== null) this.storedRowCount += columns.rowCount;
    this.#look(columns, () => ({ segment, strings: null }));
  }

  finish(): { readonly page: readonly Found[]; readonly next: EventPlace | null } {
    const found = this.#newest.events;
    const page = found.slice(0, this.#request.limit);
    return { page, next: found.length > page.length ? (page.at(-1) ?? null) : null };
  }

  /** Offers the rows that the request asks for to the page. */
  #look(columns: EventColumns, contentOf: (row: number) => FoundContent): void {
    const { rowCount, at, receivedAt, keyHash, person, strings } = columns;
    const { event, after } = this.#request;
    const words = wordsOf(person);
    for (let row = 0; row < rowCount; row++) {
      const atMs = at[row]!;
      if (atMs < this.floorMs || atMs >= this.#request.endMs) continue;
      const name = strings.event?.[row] ?? '';
      if (event !== undefined && name !== event) continue;
      if (this.#isExpired(name, atMs)) continue;
      if (this.#isWantedPerson !== null && !this.#isWantedPerson(words, row)) continue;
      const place = { atMs, id: strings.id?.[row] ?? '', keyHash: keyHash[row]! };
      if (after !== undefined && compareNewest(place, after) <= 0) continue;
      this.#newest.add({ ...place, receivedAtMs: receivedAt[row]!, ...contentOf(row) });
    }
  }

  #isExpired(name: string, atMs: number): boolean {
    return this.#expired.size > 0 && dayOf(atMs) < (this.#expired.get(name)?.dayBefore ?? DAY_MIN);
  }
}

/** Segments that count and may hold an event of the range, by their last event, the newest first. */
async function countedSegments(
  { ports, tenant }: Asking,
  { startMs, endMs }: PageSearch,
  coverage: Coverage,
): Promise<LakeSegment[]> {
  const { segments } = await readScanPlan(ports.db, { uid: tenant.uid, ...dayRange({ startMs, endMs }) });
  return segments
    .filter((segment) => isCounted(coverage, segment))
    .filter(({ atMinMs, atMaxMs }) => atMaxMs >= startMs && atMinMs < endMs)
    .sort((left, right) => right.atMaxMs - left.atMaxMs);
}

function lookedAtTooMuch(rowCount: number): string {
  return `The page needs ${rowCount} stored events to be looked at, and at most ${LIMITS.eventsRowsMax} are. Narrow the range.`;
}
