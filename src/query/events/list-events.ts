/**
 * ListEvents: the newest events of a range, from the shards' tails and the segments of the lake.
 *
 * steps: look at the tails → read the manifest → look at segments, the newest first, while one may still hold a newer event
 *        → leave out copies (rivals.ts) → read the few events that were found whole
 * A segment is first read by time and id alone. Memory holds one row group, the page, and 40 bytes an event of the tails.
 *
 * A page from which copies were left out may be shorter than asked for, and another one follows all the same.
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
import {
  candidateOf,
  type Found,
  type FoundContent,
  readBatches,
  readWhole,
  stringsOf,
  type WholeEvent,
} from './read-whole.ts';
import { Rivals } from './rivals.ts';

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
  /** False when days of the page had too many rows to be compared: an event that came twice may be listed twice. */
  readonly isCompared: boolean;
}

export async function listEvents(asking: Asking, request: ListRequest): Promise<Result<EventList, LakeRefusal>> {
  await asking.turn?.take();
  const { db, lake } = asking.ports;
  // This reading comes before that of the tails, because rows of the tails are filtered as they come.
  const dropped = await readDropped(db, asking.tenant.uid);
  const search = new PageSearch(request, dropped);
  const rivals = new Rivals(asking.tenant.hashKey, dayRange(request));
  const states = await visitTails(asking, ALL_STRINGS, (tail) => {
    search.lookAtTail(tail.columns);
    rivals.addTail(tail);
  });
  const ranges = droppedRanges(dropped.lake, dropped.events, dayRange(request));
  const coverage: Coverage = { ...coverageOf(states, request, asking.nowMs), dropped: ranges };

  let segments = 0;
  const counted = await countedSegments(asking, search, coverage);
  for (const segment of search.mayHold(counted)) {
    // The segments go by their last event: those that follow are older still.
    if (segment.atMaxMs < search.floorMs) break;
    if (!search.hasBudgetFor(segment)) return tooLarge(lookedAtTooMuch(search.storedRowCount));
    const range = { startMs: search.floorMs, endMs: search.endMs };
    const batches = readBatches(lake, segment, { columns: PLACE_COLUMNS, ...range, people: request.people });
    for await (const columns of batches) search.lookAtSegment(columns, segment);
    segments++;
  }
  const { found, isCompared } = await rivals.withoutCopies(search.found, counted, asking);
  const { page, next } = search.finish(found);
  const events = await readWhole(lake, page, request.people);
  const scannedEvents = search.tailRowCount + search.storedRowCount;
  return ok({ events, next, coverage, segments, scannedEvents, isCompared });
}

const ALL_STRINGS: ReadonlySet<StringColumn> = new Set(STRING_COLUMNS);
const PLACE_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>([
  'at',
  'received_at',
  'id',
  'sender',
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

  /** The rows found so far, the newest first, copies among them. */
  get found(): readonly Found[] {
    return this.#newest.events;
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

  /** Cuts the page from those of the found rows that count. */
  finish(counting: readonly Found[]): { readonly page: readonly Found[]; readonly next: EventPlace | null } {
    const page = counting.slice(0, this.#request.limit);
    if (counting.length > page.length) return { page, next: page.at(-1) ?? null };
    // Copies may have taken the places of older events.
    const isFull = this.found.length > this.#request.limit;
    return { page, next: isFull ? (this.found.at(-1) ?? null) : null };
  }

  /** Segments that may hold an event of the range, by their last event, the newest first. */
  mayHold(segments: readonly LakeSegment[]): readonly LakeSegment[] {
    return segments
      .filter(({ atMinMs, atMaxMs }) => atMaxMs >= this.startMs && atMinMs < this.endMs)
      .sort((left, right) => right.atMaxMs - left.atMaxMs);
  }

  /** Offers the rows that the request asks for to the page. */
  #look(columns: EventColumns, contentOf: (row: number) => FoundContent): void {
    const { rowCount, at, person, strings } = columns;
    const { event, after } = this.#request;
    const words = wordsOf(person);
    for (let row = 0; row < rowCount; row++) {
      const atMs = at[row]!;
      if (atMs < this.floorMs || atMs >= this.#request.endMs) continue;
      const name = strings.event?.[row] ?? '';
      if (event !== undefined && name !== event) continue;
      if (this.#isExpired(name, atMs)) continue;
      if (this.#isWantedPerson !== null && !this.#isWantedPerson(words, row)) continue;
      const candidate = candidateOf(columns, row);
      if (after !== undefined && compareNewest(candidate, after) <= 0) continue;
      this.#newest.add({ ...candidate, ...contentOf(row) });
    }
  }

  #isExpired(name: string, atMs: number): boolean {
    return this.#expired.size > 0 && dayOf(atMs) < (this.#expired.get(name)?.dayBefore ?? DAY_MIN);
  }
}

/** Segments that count for the days of the range. */
async function countedSegments(
  { ports, tenant }: Asking,
  { startMs, endMs }: PageSearch,
  coverage: Coverage,
): Promise<readonly LakeSegment[]> {
  const { segments } = await readScanPlan(ports.db, { uid: tenant.uid, ...dayRange({ startMs, endMs }) });
  return segments.filter((segment) => isCounted(coverage, segment));
}

function lookedAtTooMuch(rowCount: number): string {
  return `The page needs ${rowCount} stored events to be looked at, and at most ${LIMITS.eventsRowsMax} are. Narrow the range.`;
}
