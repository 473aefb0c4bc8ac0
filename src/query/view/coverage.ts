/**
 * Coverage: the reach of an answer: up to which instant, from which shards, and whether anything is missing.
 */
import type { Query } from '../../core/query/question/request.ts';
import type { DayRange } from '../../core/std/day.ts';
import {
  type Dropped,
  type DroppedDays,
  type DroppedRange,
  droppedRange,
  eventsDropped,
} from '../../lake/manifest/dropped.ts';
import type { ShardState } from './shards.ts';

export interface Coverage {
  /** The least watermark of the shards that have one; without any, the time of the request. */
  readonly asOfMs: number;
  /** Whether every shard replied and no window of the range is open. */
  readonly isClosed: boolean;
  readonly shards: number;
  readonly answered: number;
  readonly tailEvents: number;
  /** Incarnation → everything below is stored. The incarnation of a shard that did not reply is absent: all it stored counts. */
  readonly storedSeqs: ReadonlyMap<string, number>;
  /** The parts of the range that retention has removed: the answer lacks them. */
  readonly dropped: readonly DroppedRange[];
}

/** The coverage of a reading of the shards' states. */
export function coverageOf(
  states: readonly (ShardState | null)[],
  { endMs }: Pick<Query, 'endMs'>,
  nowMs: number,
): Coverage {
  const known = states.filter((state) => state !== null);
  const watermarks = known.flatMap(({ watermarkMs }) => (watermarkMs === null ? [] : [watermarkMs]));
  const asOfMs = watermarks.reduce((least, watermarkMs) => Math.min(least, watermarkMs), Number.POSITIVE_INFINITY);
  return {
    asOfMs: watermarks.length === 0 ? nowMs : asOfMs,
    isClosed: known.length === states.length && asOfMs >= Math.min(endMs, nowMs),
    shards: states.length,
    answered: known.length,
    tailEvents: known.reduce((sum, { tailEvents }) => sum + tailEvents, 0),
    storedSeqs: new Map(known.map(({ incarnation, storedSeq }) => [incarnation, storedSeq])),
    dropped: [],
  };
}

/** Whether an answer holds the whole range: every window is closed and retention has removed nothing. */
export function isComplete({ isClosed, dropped }: Coverage): boolean {
  return isClosed && dropped.length === 0;
}

/** Whether every shard replied, so that no event of the tenant can be missing. */
export function isFromAllShards({ answered, shards }: Coverage): boolean {
  return answered === shards;
}

/** Marks `count` shards as unheard: they replied to the first call but not to the later one for links. */
export function withoutShards(coverage: Coverage, count: number): Coverage {
  return count === 0 ? coverage : { ...coverage, answered: coverage.answered - count, isClosed: false };
}

/** Coverage of a reading of the latest state, such as traits and links: an open window does not make it incomplete. */
export function ignoreOpenWindows(coverage: Coverage): Coverage {
  return { ...coverage, isClosed: isFromAllShards(coverage) };
}

/**
 * Coverage of an answer that needed further readings of the same shards beside its own: it is complete when each reading is.
 * Events are counted by the answer's own reading alone.
 */
export function joinCoverage(own: Coverage, ...others: readonly Coverage[]): Coverage {
  const all = [own, ...others];
  return {
    ...own,
    asOfMs: Math.min(...all.map(({ asOfMs }) => asOfMs)),
    isClosed: all.every(({ isClosed }) => isClosed),
    answered: Math.min(...all.map(({ answered }) => answered)),
    dropped: widest(all.flatMap(({ dropped }) => dropped)),
  };
}

/** The ranges that lie in no other range of the same events. Days compare as texts. */
function widest(ranges: readonly DroppedRange[]): DroppedRange[] {
  const holds = (outer: DroppedRange, inner: DroppedRange) =>
    outer.from <= inner.from && outer.before >= inner.before && `${outer.events}` === `${inner.events}`;
  return ranges.filter((range, index) => {
    const isHeld = (other: DroppedRange, at: number) =>
      at !== index && holds(other, range) && (at < index || !holds(range, other));
    return !ranges.some(isHeld);
  });
}

/**
 * The parts of the days that retention has removed: all events (`tier`; null when it removed none), and events of
 * single names.
 */
export function droppedRanges(tier: DroppedDays | null, events: Dropped['events'], days: DayRange): DroppedRange[] {
  const { dayFrom, dayTo } = days;
  const ranges = [tier && droppedRange(tier, dayFrom, dayTo), eventsDropped(events, dayFrom, dayTo)];
  return ranges.filter((range) => range !== null);
}

/** Whether a stored range counts: from its storedSeq on the shard itself answers (rule A4). */
export function isStored({ storedSeqs }: Coverage, incarnation: string, seqTo: number): boolean {
  return seqTo <= (storedSeqs.get(incarnation) ?? Number.POSITIVE_INFINITY);
}

/** Whether a file of the lake counts: a flush only while it is stored, imports and sealed files always (rule A4). */
export function isCounted(
  coverage: Coverage,
  file: { readonly source: 'flush' | 'import' | 'seal'; readonly incarnation: string; readonly seqTo: number },
): boolean {
  return file.source !== 'flush' || isStored(coverage, file.incarnation, file.seqTo);
}
