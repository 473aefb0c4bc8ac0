/**
 * Merge: parts of a shard's flushes become fewer (CORRECTNESS K). So what a question about today reads grows with the hours and the
 * cells, not with the flushes, and people who come again and again are read once.
 *
 * steps: what the shard has said → flushes that are due, in spans → for each span and rollup: read; for each day: merge, replace
 *
 * - Minutes: once as many events are stored as fill some flushes, their parts join the part of the hour in which they were stored.
 * - Quarters of an hour: once they are some hours old, the parts of an hour join the part of the quarters before them. Those of few
 *   events wait for each other.
 *
 * Parts are merged only below the row that the shard itself has said to be stored, and a grace after it has said so: until then
 * a question may be under way that takes rows above it from the shard. A row of the table of leases has the row, the time, and
 * how far the merging has come. A merge that dies leaves rollups merged and others not, and goes on the next time.
 */
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import { moveCursor, readCursor } from '../manifest/leases.ts';
import { dueSpans, type Progress } from './due-spans.ts';
import { readGroupCells, readSpanParts, replaceParts } from './merge-store.ts';
import { mergedPartOf } from './merged-part.ts';
import { groupsOf, type PartGroup } from './part-groups.ts';
import type { Span } from './span.ts';

export interface MergeRequest {
  readonly uid: string;
  readonly incarnation: string;
  /** The row below which everything is stored, as the shard has said now. */
  readonly storedSeq: number;
  /** The number of shards that the tenant's events are divided among. */
  readonly shards: number;
}

/** A row that nobody moves for longer is deleted: its shard is gone, and merging begins anew where it comes back. */
const KEPT_FOR_MS = 30 * DAY_MS;

/** Merges what is due, at most once in `mergeGraceMs`, of few events once in `mergePauseMs`. Returns the number of parts that took the place of others. */
export async function mergeParts(db: D1Database, request: MergeRequest, nowMs: number): Promise<number> {
  const { uid, incarnation, storedSeq } = request;
  const name = `merge/${uid}/${incarnation}`;
  const said = rememberedOf(db);
  if (nowMs - (said.get(name) ?? Number.NEGATIVE_INFINITY) < LIMITS.mergeGraceMs) return 0;
  const text = await readCursor(db, name);
  const progress = text === null ? null : (JSON.parse(text) as Progress);
  if (progress !== null && nowMs - progress.saidAtMs < pauseOf(progress)) {
    said.set(name, progress.saidAtMs);
    return 0;
  }
  const due = progress === null ? { spans: [], moved: {} } : await dueSpans(db, request, progress, nowMs);
  const next: Progress = { mergedSeq: 0, ...progress, ...due.moved, storedSeq, saidAtMs: nowMs };
  // Taken before the work: of two runs at once one goes on. A run that dies leaves its spans unmerged.
  const isTaken = await moveCursor(db, name, { from: text, to: JSON.stringify(next) }, nowMs + KEPT_FOR_MS);
  if (!isTaken) return 0;
  said.set(name, nowMs);
  let merged = 0;
  for (const span of due.spans) merged += await mergeSpan(db, span);
  return merged;
}

/** A shard of few events has its parts looked up seldom. */
function pauseOf({ isSlow = false }: Progress): number {
  return isSlow ? LIMITS.mergePauseMs : LIMITS.mergeGraceMs;
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

async function mergeSpan(db: D1Database, span: Span): Promise<number> {
  let merged = 0;
  const days = daysOf(span);
  for (const rollupId of commonRollups(span)) {
    const parts = await readSpanParts(db, { span, rollupId, days });
    for (const day of days) {
      const groups = groupsOf(
        span,
        parts.filter((part) => part.day === day),
      );
      for (const group of groups) if (await mergeGroup(db, { span, rollupId, day, group })) merged++;
    }
  }
  return merged;
}

interface GroupMerge {
  readonly span: Span;
  readonly rollupId: string;
  readonly day: number;
  readonly group: PartGroup;
}

async function mergeGroup(db: D1Database, request: GroupMerge): Promise<boolean> {
  const { span, group } = request;
  const part = mergedPartOf(group, await readGroupCells(db, request), span.windowMs);
  return part !== null && replaceParts(db, request, part);
}

/** The days of which flushes of the span have rows, ascending. */
function daysOf({ flushes }: Span): number[] {
  return [...new Set(flushes.flatMap(({ days }) => days))].sort((a, b) => a - b);
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
