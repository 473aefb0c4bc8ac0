/** Due spans: which flushes of an incarnation are to be merged now, by the minute or by the quarter of an hour. */
import { LIMITS, MINUTE_MS } from '../../core/limits.ts';
import { QUARTER_HOUR_MS } from '../../core/rollup/quarter-hours.ts';
import { readAgedFlushes } from './merge-store.ts';
import type { AgedFlush, Span } from './span.ts';

/** The state of the merging of one incarnation, as its row has it. */
export interface Progress {
  /** Everything below is merged by the quarter of an hour, or was not to be. */
  readonly mergedSeq: number;
  /** Everything below is merged by the minute at least, or was not to be. Absent in rows of earlier releases. */
  readonly minutesSeq?: number;
  /** The stretch of time in which the flush that ends there was stored. */
  readonly minutesSpan?: number;
  /** What the shard said at `saidAtMs`. */
  readonly storedSeq: number;
  readonly saidAtMs: number;
  /** Whether few events came then. Absent in rows of earlier releases. */
  readonly isSlow?: boolean;
}

export interface Due {
  readonly spans: readonly Span[];
  /** What the progress is once they are merged. */
  readonly moved: Partial<Progress>;
}

interface Owner {
  readonly uid: string;
  readonly incarnation: string;
  /** The number of shards of the tenant: a question reads what waits of all of them. */
  readonly shards: number;
}

/** A shard is slow when fewer events than this share of those that are merged by the minute wait to be. */
const SLOW_SHARE = 0.1;
/** Flushes of one reading: at some thousand events a second a shard has stored so many in the pause between two merges. */
const FLUSHES_MAX = 300;

export async function dueSpans(db: D1Database, owner: Owner, progress: Progress, nowMs: number): Promise<Due> {
  const aged = await dueQuarters(db, owner, progress, nowMs);
  const recent = await dueMinutes(db, owner, { ...progress, ...aged.moved }, nowMs);
  return { spans: [...aged.spans, ...recent.spans], moved: { ...aged.moved, ...recent.moved } };
}

/** Whole stretches of time that are old enough. */
async function dueQuarters(db: D1Database, owner: Owner, progress: Progress, nowMs: number): Promise<Due> {
  const flushes = await readStored(db, owner, {
    seqFrom: progress.mergedSeq,
    storedSeq: progress.storedSeq,
    beforeMs: spanOf(nowMs - LIMITS.mergeAfterMs) * LIMITS.mergeSpanMs,
  });
  if (flushes.length === 0) return { spans: [], moved: {} };
  const whole = wholeStretches(flushes, progress.storedSeq);
  if (isTooEarly(whole, eventsMin(owner), nowMs)) return { spans: [], moved: {} };
  const spans = neighboursOf(whole, () => true).map((group) =>
    spanOfFlushes(owner, group, { windowMs: QUARTER_HOUR_MS, takesLeft: true }),
  );
  const mergedSeq = spans.at(-1)?.seqTo;
  return { spans, moved: mergedSeq === undefined ? {} : { mergedSeq } };
}

/** Few events wait until the first of them are old. */
function isTooEarly([first, ...others]: readonly AgedFlush[], min: number, nowMs: number): boolean {
  if (first === undefined) return true;
  const isOld = spanOf(first.storedAtMs) < spanOf(nowMs - LIMITS.mergeFewAfterMs);
  return !isOld && eventsOf([first, ...others]) < min;
}

/** The events for which one shard has its parts merged. */
function eventsMin({ shards }: Owner): number {
  const { mergeMinutesEventsMin, mergeShardEventsMin } = LIMITS;
  return Math.min(mergeMinutesEventsMin, Math.max(mergeShardEventsMin, mergeMinutesEventsMin / shards));
}

function eventsOf(flushes: readonly AgedFlush[]): number {
  return flushes.reduce((sum, { accepted }) => sum + accepted, 0);
}

/** Those stored before the end of the last stretch: a later flush, or one not known to be stored, leaves its stretch for later. */
function wholeStretches(flushes: readonly AgedFlush[], storedSeq: number): readonly AgedFlush[] {
  const isCut = flushes.length === FLUSHES_MAX || flushes.at(-1)!.seqTo > storedSeq;
  if (!isCut) return flushes;
  const last = spanOf(flushes.at(-1)!.storedAtMs);
  const whole = flushes.filter(({ storedAtMs }) => spanOf(storedAtMs) < last);
  // A stretch of more flushes than one reading has is merged in pieces.
  return whole.length > 0 || flushes.length < FLUSHES_MAX ? whole : flushes.filter(({ seqTo }) => seqTo <= storedSeq);
}

/** The flushes of each stretch of time once enough events have come; those of a stretch that is over with fewer are passed over. */
async function dueMinutes(db: D1Database, owner: Owner, progress: Progress, nowMs: number): Promise<Due> {
  const { mergedSeq, storedSeq, minutesSeq = 0, minutesSpan } = progress;
  const seqFrom = Math.max(mergedSeq, minutesSeq);
  const flushes = await readStored(db, owner, { seqFrom, storedSeq, beforeMs: nowMs });
  const spans: Span[] = [];
  let last: AgedFlush | undefined;
  const stored = flushes.filter(({ seqTo }) => seqTo <= storedSeq);
  const groups = neighboursOf(stored, (a, b) => spanOf(a.storedAtMs) === spanOf(b.storedAtMs));
  for (const [index, group] of groups.entries()) {
    const isDue = eventsOf(group) >= eventsMin(owner);
    if (!isDue && index === groups.length - 1) break;
    const takesLeft = group[0]!.seqFrom === minutesSeq && spanOf(group[0]!.storedAtMs) === minutesSpan;
    if (isDue) spans.push(spanOfFlushes(owner, group, { windowMs: MINUTE_MS, takesLeft }));
    last = group.at(-1)!;
  }
  const isSlow = eventsOf(flushes) < SLOW_SHARE * eventsMin(owner);
  if (last === undefined) return { spans, moved: { isSlow } };
  return { spans, moved: { isSlow, minutesSeq: last.seqTo, minutesSpan: spanOf(last.storedAtMs) } };
}

interface StoredRequest {
  readonly seqFrom: number;
  readonly storedSeq: number;
  readonly beforeMs: number;
}

/** Flushes from a row on. The last may be above what the shard has said to be stored. */
async function readStored(
  db: D1Database,
  owner: Owner,
  { seqFrom, storedSeq, beforeMs }: StoredRequest,
): Promise<AgedFlush[]> {
  const flushes = await readAgedFlushes(db, { ...owner, seqFrom, storedBeforeMs: beforeMs, max: FLUSHES_MAX });
  const end = flushes.findIndex(({ seqTo }) => seqTo > storedSeq);
  return end === -1 ? flushes : flushes.slice(0, end + 1);
}

/** The number of the stretch of time. */
function spanOf(atMs: number): number {
  return Math.floor(atMs / LIMITS.mergeSpanMs);
}

/** Flushes that follow each other without a gap, and that belong together. */
function neighboursOf(
  flushes: readonly AgedFlush[],
  belong: (before: AgedFlush, flush: AgedFlush) => boolean,
): AgedFlush[][] {
  const groups: AgedFlush[][] = [];
  for (const flush of flushes) {
    const last = groups.at(-1)?.at(-1);
    if (last?.seqTo === flush.seqFrom && belong(last, flush)) groups.at(-1)!.push(flush);
    else groups.push([flush]);
  }
  return groups;
}

function spanOfFlushes(owner: Owner, flushes: readonly AgedFlush[], grain: Pick<Span, 'windowMs' | 'takesLeft'>): Span {
  const { uid, incarnation } = owner;
  return { uid, incarnation, seqFrom: flushes[0]!.seqFrom, seqTo: flushes.at(-1)!.seqTo, flushes, ...grain };
}
