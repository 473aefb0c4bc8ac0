/**
 * LakeView: the events of a range as they can be read at one moment: the tails of the shards and the segments that count.
 *
 * steps: read the tails → what they cover → read the manifest → leave out what shards answer for themselves (CORRECTNESS A4)
 * A view may be scanned several times; it is the same events each time.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { DAY_MS } from '../../core/limits.ts';
import { LINK_COLUMNS } from '../../core/people/find-links.ts';
import type { ShardOf } from '../../core/shard/rpc.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { wordsOf } from '../../core/std/words.ts';
import { type Dropped, droppedRange, eventsDropped, withoutExpired } from '../../lake/manifest/dropped.ts';
import { type LakeSegment, readScanPlan } from '../../lake/manifest/segments.ts';
import {
  type OnBatch,
  type ScanRequest,
  type ScanSegment,
  type ScanTail,
  type ScanTotals,
  scan,
} from '../../lake/scan/scan.ts';
import type { ScannerOf } from '../../lake/scan/scan-task.ts';
import { withProfiles } from '../../lake/scan/use-digests.ts';
import { personFilter } from '../../lake/segment/people-bounds.ts';
import { keep } from '../../lake/segment/rows.ts';
import type { ReadBucket } from '../../lake/segment/source.ts';
import { type Coverage, coverageOf, isStored } from './coverage.ts';
import { type KnownPeople, knownColumns } from './known-people.ts';
import { linkEvents } from './link-events.ts';
import { type LakeRefusal, tooLarge, tooMixed } from './refusal.ts';
import { readTails } from './shards.ts';

export interface LakePorts {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly shardOf: ShardOf;
  /** Absent: every scan is done here. */
  readonly scannerOf?: ScannerOf;
}

export interface LakeView {
  readonly startMs: number;
  readonly endMs: number;
  readonly segments: readonly ScanSegment[];
  readonly tails: readonly ScanTail[];
  readonly coverage: Coverage;
  /** Of the seals of the range's days. */
  readonly revision: number;
  /** Events of these names do not count before their day. */
  readonly expired: Dropped['events'];
  /** Events of the tails that say who is who; none unless they were asked for. */
  readonly links: readonly EventColumns[];
  /** Put on by `withPeople`. */
  readonly people?: KnownPeople;
}

/** What the scan compares to find copies; of segments it reads them itself. */
const ID_COLUMN: StringColumn = 'id';
/** What tells whether retention has dropped an event. */
const EVENT_COLUMN: StringColumn = 'event';

/** What a view is opened for. `only` traits: events without them may be left out. `links`: whether they are asked for. */
export interface ViewRequest {
  readonly startMs: number;
  readonly endMs: number;
  readonly only?: 'traits' | undefined;
  readonly links?: boolean;
}

/** `columns`: the text columns that its scans may want. */
export async function openLakeView(
  { db, shardOf }: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  { startMs, endMs, only, links: readsLinks = false }: ViewRequest,
  columns: Iterable<StringColumn>,
  nowMs: number,
): Promise<LakeView> {
  const wanted = new Set([...columns, ID_COLUMN, EVENT_COLUMN]);
  const links: EventColumns[] = [];
  const visit = (block: EventColumns) => {
    const found = linkEvents(block);
    if (found !== null) links.push(found);
  };
  const tails = await readTails(shardOf, addresses, wanted, readsLinks ? { columns: LINK_COLUMNS, visit } : null);
  const coverage = coverageOf(tails, { endMs }, nowMs);
  const dayFrom = Math.floor(startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const plan = await readScanPlan(db, { uid, dayFrom, dayTo, only });
  const live = () => new Set(tails.flatMap((tail) => tail?.tails ?? []).flatMap(({ columns }) => daysOf(columns)));
  const segments = plan.profiles.length === 0 ? plan.segments : withProfiles(plan, { dayFrom, dayTo, live: live() });
  const { lake, events } = plan.dropped;
  const dropped = [droppedRange(lake, dayFrom, dayTo), eventsDropped(events, dayFrom, dayTo)];
  return {
    // Whatever is left of older days, in segments and in tails, does not count.
    startMs: Math.max(startMs, lake.dayBefore * DAY_MS),
    endMs,
    expired: events,
    segments: segments.filter((segment) => isCounted(segment, coverage)).map(scanSegmentOf),
    tails: tails.flatMap((tail) => tail?.tails ?? []),
    links,
    coverage: { ...coverage, dropped: dropped.filter((range) => range !== null) },
    revision: plan.days.reduce((sum, { revision }) => sum + revision, 0),
  };
}

/** One who is shown rows has too many of them already. */
class TooMuch extends Error {}

/**
 * Shows the rows of the view; of people with several linked ids each row as that of the one person they are. `excess`: asked
 * after each batch what there is too much of; then no more is read, and the scan is refused with it.
 */
export async function scanLakeView(
  { lake }: LakePorts,
  { segments, tails, startMs, endMs, expired, people: known }: LakeView,
  {
    wanted,
    people,
    narrowed,
    excess,
    ...rest
  }: Pick<ScanRequest, 'wanted' | 'people' | 'narrowed' | 'rowsMax' | 'budget' | 'properties' | 'copies'> & {
    readonly excess?: () => string | null;
  },
  onBatch: OnBatch,
): Promise<Result<ScanTotals, LakeRefusal>> {
  const linked = known?.linked?.isEmpty === false ? known.linked : null;
  // The rows of one person are then in several places: whose they are is known when they have been read.
  const pushed = linked !== null ? {} : { ...(people && { people }), ...(narrowed && { narrowed }) };
  const isOfThese = linked === null || people === undefined ? null : personFilter(people);
  const show: OnBatch = async (batch, scannedRows, day) => {
    const rows = withoutExpired(batch, scannedRows, expired, day);
    if (rows.length === 0) return;
    const columns = known === undefined ? batch : knownColumns(batch, known);
    const words = wordsOf(columns.person);
    const shown = isOfThese === null ? rows : keep(rows, (row) => isOfThese(words, row));
    await onBatch(columns, shown, day);
    const tooMuch = excess?.() ?? null;
    if (tooMuch !== null) throw new TooMuch(tooMuch);
  };
  if (startMs >= endMs) return ok({ eventCount: 0, scannedRowCount: 0, duplicateCount: 0 });
  const needed = expired.size === 0 ? wanted : new Set([...wanted, EVENT_COLUMN]);
  const request = { bucket: lake, segments, tails, startMs, endMs, wanted: needed, ...pushed, ...rest };
  const scanned = await scan(request, show).catch((error: unknown) => {
    if (error instanceof TooMuch) return error;
    throw error;
  });
  if (scanned instanceof TooMuch) return tooLarge(`${scanned.message}: narrow the range or add a filter.`);
  if (scanned.ok) return scanned;
  const { code, rowCount, rowsMax } = scanned.error;
  if (code === 'day-too-mixed') return tooLarge(tooMixed(rowCount));
  if (code === 'budget-spent') return tooLarge(`More than ${rowsMax} events would have to be read: narrow the range.`);
  return tooLarge(`The answer needs ${rowCount} events to be read, at most ${rowsMax} are: narrow the range.`);
}

function daysOf({ at }: EventColumns): number[] {
  return Array.from(at, (atMs) => Math.floor(atMs / DAY_MS));
}

function isCounted({ source, incarnation, seqTo }: LakeSegment, coverage: Coverage): boolean {
  return source !== 'flush' || isStored(coverage, incarnation, seqTo);
}

function scanSegmentOf({ path, sizeBytes, source, incarnation, seqFrom, days, footer }: LakeSegment): ScanSegment {
  return { path, sizeBytes, source, incarnation, seqFrom, days, ...(footer && { footer }) };
}
