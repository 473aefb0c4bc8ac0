/**
 * LakeView: the events of a range as they can be read at one moment: the tails of the shards and the segments that count.
 *
 * steps: read the tails → their coverage → read the manifest → leave out events that shards answer for (rule A4)
 *
 * A view may be scanned several times and shows the same events each time.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { DAY_MS } from '../../core/limits.ts';
import { dayOf, dayRange } from '../../core/std/day.ts';
import type { Dropped } from '../../lake/manifest/dropped.ts';
import { type LakeSegment, readScanPlan } from '../../lake/manifest/segments.ts';
import type { ScanSegment, ScanTail } from '../../lake/scan/scan.ts';
import { withDigests } from '../../lake/scan/use-digests.ts';
import type { UnknownCohortName } from '../../wire/meta.ts';
import type { Asking } from './asking.ts';
import { type Coverage, coverageOf, droppedRanges, isCounted } from './coverage.ts';
import type { KnownPeople } from './known-people.ts';
import { linkVisitor } from './link-events.ts';
import { readTails } from './tails.ts';

export interface LakeView {
  readonly startMs: number;
  readonly endMs: number;
  readonly segments: readonly ScanSegment[];
  readonly tails: readonly ScanTail[];
  readonly coverage: Coverage;
  /** The revisions of the seals of the range's days, summed. */
  readonly revision: number;
  /** Rows of imports that are not finished, which are in no view. */
  readonly waitingRows: number;
  /** Names of events that do not count before their day. */
  readonly expired: Dropped['events'];
  /** Events of the tails that link ids; empty unless the view was opened with `readsLinks`. */
  readonly links: readonly EventColumns[];
  /** Absent until `withPeople` has looked them up. */
  readonly people?: KnownPeople;
  /** Names in cohorts of the question that no event has (cohort-names.ts). Default: none. */
  readonly unknownNames?: readonly UnknownCohortName[];
}

/** The text columns by which a scan finds copies; those of segments it reads itself. */
export const COPY_TEXTS: readonly StringColumn[] = ['id', 'sender'];
/** Tells whether retention has dropped an event. */
export const EVENT_COLUMN: StringColumn = 'event';

export interface ViewRequest {
  readonly startMs: number;
  readonly endMs: number;
  /** The text columns that scans of the view may want. */
  readonly columns: Iterable<StringColumn>;
  /** 'traits' allows events without traits to be left out. Default: all events are in the view. */
  readonly only?: 'traits' | undefined;
  /** Whether the events of the tails that link ids are wanted. Default: false. */
  readonly readsLinks?: boolean;
  /** Whether the segments come without footers, which are most of what the manifest says. Default: false. */
  readonly leavesOutFooters?: boolean;
}

export async function openLakeView(asking: Asking, request: ViewRequest): Promise<LakeView> {
  const { startMs, endMs, columns, only, readsLinks = false, leavesOutFooters = false } = request;
  await asking.turn?.take();
  const links: EventColumns[] = [];
  const wanted = new Set([...columns, ...COPY_TEXTS, EVENT_COLUMN]);
  const states = await readTails(asking, wanted, readsLinks ? linkVisitor(links) : null);
  const tails = states.flatMap((state) => state?.tails ?? []);
  const coverage = coverageOf(states, { endMs }, asking.nowMs);
  const days = dayRange({ startMs, endMs });
  const plan = await readScanPlan(asking.ports.db, { uid: asking.tenant.uid, ...days, only, leavesOutFooters });
  const live = () => new Set(tails.flatMap((tail) => daysOf(tail.columns)));
  const segments = plan.digests.length === 0 ? plan.segments : withDigests(plan, { ...days, live: live() });
  const { lake, events } = plan.dropped;
  return {
    // Rows of older days that are still in segments and in tails do not count.
    startMs: Math.max(startMs, lake.dayBefore * DAY_MS),
    endMs,
    expired: events,
    segments: segments.filter((segment) => isCounted(coverage, segment)).map(scanSegmentOf),
    tails,
    links,
    coverage: { ...coverage, dropped: droppedRanges(lake, events, days) },
    waitingRows: plan.waitingRows,
    revision: plan.days.reduce((sum, { revision }) => sum + revision, 0),
  };
}

function daysOf({ at }: EventColumns): number[] {
  return Array.from(at, dayOf);
}

function scanSegmentOf(segment: LakeSegment): ScanSegment {
  const { path, sizeBytes, source, incarnation, seqFrom, days, footer } = segment;
  const { manifestSeq, rowCount, atMinMs, atMaxMs } = segment;
  const file = { manifestSeq, rowCount, atMinMs, atMaxMs };
  return { path, sizeBytes, source, incarnation, seqFrom, days, ...(footer && { footer }), file };
}
