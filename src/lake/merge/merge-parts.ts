/**
 * Merge: parts of a shard's flushes that were stored within the same hour become one part, of quarter hours, once they are some
 * hours old (CORRECTNESS K). So what a question about today reads grows with the hours and the cells, not with the flushes.
 *
 * steps: what the shard has said → flushes that are old enough, in spans → for each span and rollup: read; for each day: merge, replace
 *
 * Parts are merged only below the row that the shard itself has said to be stored, and a grace after it has said so: until then
 * a question may be under way that takes rows above it from the shard. A row of the table of leases has the row, the time, and
 * how far the merging has come. A merge that dies leaves rollups merged and others not, and goes on the next time.
 */
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { moveCursor, readCursor } from '../manifest/leases.ts';
import { readAgedFlushes, readSpanParts, replaceParts } from './merge-store.ts';
import { mergedPartOf } from './merged-part.ts';
import type { AgedFlush, Span } from './span.ts';

export interface MergeRequest {
  readonly uid: string;
  readonly incarnation: string;
  /** The row below which everything is stored, as the shard has said now. */
  readonly storedSeq: number;
}

/** The state of the merging of one incarnation, as its row has it. */
interface Progress {
  /** Everything below is merged, or was not to be. */
  readonly mergedSeq: number;
  /** What the shard said at `saidAtMs`. */
  readonly storedSeq: number;
  readonly saidAtMs: number;
}

/** A row that nobody moves for longer is deleted: its shard is gone, and merging begins anew where it comes back. */
const KEPT_FOR_MS = 30 * DAY_MS;
const FLUSHES_MAX = 500;

/** Merges what is due, at most once in `mergeGraceMs`. Returns the number of parts that took the place of others. */
export async function mergeParts(db: D1Database, request: MergeRequest, nowMs: number): Promise<number> {
  const { uid, incarnation, storedSeq } = request;
  const name = `merge/${uid}/${incarnation}`;
  const said = rememberedOf(db);
  if (nowMs - (said.get(name) ?? Number.NEGATIVE_INFINITY) < LIMITS.mergeGraceMs) return 0;
  const text = await readCursor(db, name);
  const progress = text === null ? null : (JSON.parse(text) as Progress);
  if (progress !== null && nowMs - progress.saidAtMs < LIMITS.mergeGraceMs) {
    said.set(name, progress.saidAtMs);
    return 0;
  }
  const spans = progress === null ? [] : await dueSpans(db, request, progress, nowMs);
  const next = { mergedSeq: spans.at(-1)?.seqTo ?? progress?.mergedSeq ?? 0, storedSeq, saidAtMs: nowMs };
  // Taken before the work: of two runs at once one goes on. A run that dies leaves its spans unmerged.
  const isTaken = await moveCursor(db, name, { from: text, to: JSON.stringify(next) }, nowMs + KEPT_FOR_MS);
  if (!isTaken) return 0;
  said.set(name, nowMs);
  let merged = 0;
  for (const span of spans) merged += await mergeSpan(db, span);
  return merged;
}

/** When an isolate last learned that an incarnation's shard had said what is stored: before its grace is over nothing is read. */
const remembered = new WeakMap<D1Database, Map<string, number>>();
const REMEMBERED_MAX = 10_000;

function rememberedOf(db: D1Database): Map<string, number> {
  const known = remembered.get(db);
  if (known !== undefined && known.size < REMEMBERED_MAX) return known;
  const anew = new Map<string, number>();
  remembered.set(db, anew);
  return anew;
}

async function dueSpans(
  db: D1Database,
  { uid, incarnation }: MergeRequest,
  { mergedSeq, storedSeq }: Progress,
  nowMs: number,
): Promise<Span[]> {
  const flushes = await readAgedFlushes(db, {
    uid,
    incarnation,
    seqFrom: mergedSeq,
    storedBeforeMs: spanOf(nowMs - LIMITS.mergeAfterMs) * LIMITS.mergeSpanMs,
    max: FLUSHES_MAX,
  });
  const spans = spansOf(uid, incarnation, flushes);
  const end = spans.findIndex(({ seqTo }) => seqTo > storedSeq);
  return end === -1 ? spans : spans.slice(0, end);
}

/** The number of the stretch of time. */
function spanOf(atMs: number): number {
  return Math.floor(atMs / LIMITS.mergeSpanMs);
}

/** Flushes that follow each other without a gap and were stored in the same stretch of time. */
function spansOf(uid: string, incarnation: string, flushes: readonly AgedFlush[]): Span[] {
  const groups: AgedFlush[][] = [];
  for (const flush of flushes) {
    const last = groups.at(-1)?.at(-1);
    const isNext = last?.seqTo === flush.seqFrom && spanOf(last.storedAtMs) === spanOf(flush.storedAtMs);
    if (isNext) groups.at(-1)!.push(flush);
    else groups.push([flush]);
  }
  return groups.map((group) => ({
    uid,
    incarnation,
    seqFrom: group[0]!.seqFrom,
    seqTo: group.at(-1)!.seqTo,
    flushes: group,
  }));
}

async function mergeSpan(db: D1Database, span: Span): Promise<number> {
  if (span.flushes.length < 2) return 0;
  let merged = 0;
  const days = sharedDays(span);
  for (const rollupId of commonRollups(span)) {
    const parts = await readSpanParts(db, { span, rollupId, days });
    for (const day of days) {
      const partsOfDay = parts.filter((part) => part.day === day);
      const part = mergedPartOf(span, partsOfDay);
      if (part !== null && (await replaceParts(db, { span, rollupId, day, parts: partsOfDay, part }))) merged++;
    }
  }
  return merged;
}

/** The days of which several flushes have rows, ascending. */
function sharedDays({ flushes }: Span): number[] {
  const counts = new Map<number, number>();
  for (const day of flushes.flatMap(({ days }) => days)) counts.set(day, (counts.get(day) ?? 0) + 1);
  return [...counts].flatMap(([day, count]) => (count > 1 ? [day] : [])).sort((a, b) => a - b);
}

/**
 * The rollups that every flush of the span has: a merged range that lacks some of its events is none (K1). A flush whose file was
 * collected has no part left: seals cover all of its days.
 */
function commonRollups({ flushes }: Span): string[] {
  const [first, ...others] = flushes.flatMap(({ accepted, rollupIds }) =>
    accepted > 0 && rollupIds !== null ? [rollupIds] : [],
  );
  return (first ?? []).filter((id) => others.every((ids) => ids.includes(id)));
}
