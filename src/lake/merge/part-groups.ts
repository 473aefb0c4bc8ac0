/**
 * Part groups: which of a day's parts of a span become one: neighbours, as many as fit.
 *
 * A group is made of whole parts alone: both kinds with the same ranges, all of their chunks, each of flushes of the span, and
 * none that overlaps another (CORRECTNESS K1).
 */
import { LIMITS, MINUTE_MS } from '../../core/limits.ts';
import type { Span, SpanPart } from './span.ts';

/** Parts of one day that become one of [seqFrom, seqTo). */
export interface PartGroup {
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly corrections: number;
  readonly parts: readonly SpanPart[];
}

/** All rows of one range. */
interface Range {
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly corrections: number;
  readonly rows: readonly SpanPart[];
}

/** The groups of a day; none when some part is not whole. */
export function groupsOf(span: Span, parts: readonly SpanPart[]): PartGroup[] {
  const ranges = rangesOf(parts);
  if (!ranges.every((range) => isWhole(range) && isOfSpan(span, range)) || overlap(ranges)) return [];
  const stretches = stretchesOf(ranges);
  return stretches
    .map((stretch, index) => groupOf(span, stretch, { isFirst: index === 0, isLast: index === stretches.length - 1 }))
    .filter((group) => isWorthwhile(span, group));
}

/** In their order. */
function rangesOf(parts: readonly SpanPart[]): Range[] {
  const byRange = new Map<string, SpanPart[]>();
  for (const part of parts) {
    const key = `${part.seqFrom}-${part.seqTo}`;
    const known = byRange.get(key);
    if (known === undefined) byRange.set(key, [part]);
    else known.push(part);
  }
  return [...byRange.values()]
    .map((rows) => ({ seqFrom: rows[0]!.seqFrom, seqTo: rows[0]!.seqTo, corrections: rows[0]!.corrections, rows }))
    .sort((a, b) => a.seqFrom - b.seqFrom);
}

/** Whether both kinds are there with the chunks from 0 on. Parts of earlier releases are of one kind, and go with their days. */
function isWhole({ rows }: Range): boolean {
  const chunks = { counts: 0, people: 0 };
  for (const { kind, chunk } of rows) {
    if (kind === 'all' || chunk !== chunks[kind]) return false;
    chunks[kind]++;
  }
  return chunks.counts > 0 && chunks.people > 0;
}

/** Whether the range is one of flushes of the span, or ends where the span begins. */
function isOfSpan({ flushes, seqFrom: spanFrom, takesLeft }: Span, { seqFrom, seqTo }: Range): boolean {
  if (takesLeft && seqTo === spanFrom) return true;
  return flushes.some((flush) => flush.seqFrom === seqFrom) && flushes.some((flush) => flush.seqTo === seqTo);
}

function overlap(ranges: readonly Range[]): boolean {
  return ranges.some(({ seqFrom }, index) => index > 0 && seqFrom < ranges[index - 1]!.seqTo);
}

/** Neighbours that fit into one part together. */
function stretchesOf(ranges: readonly Range[]): Range[][] {
  const stretches: Range[][] = [];
  let sizeBytes = 0;
  let memberships = 0;
  for (const range of ranges) {
    const ownBytes = sum(range.rows, (row) => (row.sizeBytes * 3) / 4);
    const ownMemberships = sum(range.rows, (row) => row.memberships);
    sizeBytes += ownBytes;
    memberships += ownMemberships;
    const fits = sizeBytes <= LIMITS.mergeSizeBytesMax && memberships <= LIMITS.mergeMembershipsMax;
    if (fits && stretches.length > 0) {
      stretches.at(-1)!.push(range);
      continue;
    }
    stretches.push([range]);
    sizeBytes = ownBytes;
    memberships = ownMemberships;
  }
  return stretches;
}

/** The first and the last group reach to the bounds of the span: flushes there have no rows of the day. */
function groupOf(
  span: Span,
  stretch: readonly Range[],
  { isFirst, isLast }: { readonly isFirst: boolean; readonly isLast: boolean },
): PartGroup {
  const seqFrom = isFirst ? Math.min(span.seqFrom, stretch[0]!.seqFrom) : stretch[0]!.seqFrom;
  const seqTo = isLast ? span.seqTo : stretch.at(-1)!.seqTo;
  const left = stretch.filter((range) => range.seqTo <= span.seqFrom);
  const flushes = span.flushes.filter((flush) => flush.seqFrom >= seqFrom && flush.seqTo <= seqTo);
  return {
    seqFrom,
    seqTo,
    corrections: sum(left, ({ corrections }) => corrections) + sum(flushes, ({ corrections }) => corrections),
    parts: stretch.flatMap(({ rows }) => rows),
  };
}

/** Whether there are several parts, or one of several flushes whose windows grow. */
function isWorthwhile({ flushes, windowMs, seqFrom: spanFrom }: Span, { parts }: PartGroup): boolean {
  const [{ seqFrom, seqTo }] = parts as [SpanPart, ...SpanPart[]];
  if (parts.some((part) => part.seqFrom !== seqFrom)) return true;
  const isOfOne = flushes.some((flush) => flush.seqFrom === seqFrom && flush.seqTo === seqTo);
  return windowMs > MINUTE_MS && !isOfOne && seqTo > spanFrom;
}

function sum<Item>(items: readonly Item[], numberOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0);
}
