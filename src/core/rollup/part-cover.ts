/**
 * Part cover: which of the stored parts of a rollup and kind count, so that every row of a log counts once (CORRECTNESS K1).
 *
 * Parts are of one day, and are compared with those of their day: the days of a range of rows are merged one by one.
 * Of parts that overlap the longest is taken, and what lies inside of it is passed over: a part that a redelivery brought back
 * after its merge. Parts that overlap otherwise cannot come to be; they are told, never counted.
 */

/** A range of rows of one incarnation's log. */
export interface PartRange {
  readonly incarnation: string;
  readonly seqFrom: number;
  readonly seqTo: number;
}

/** The rows of a range that are of one day. A part of an earlier release has rows of further days, and is never merged. */
export interface DayPart extends PartRange {
  readonly dayMin: number;
}

/** The parts that count; null when two of them overlap and neither holds the other. */
export function coverOf<Part extends DayPart>(parts: readonly Part[]): readonly Part[] | null {
  const taken: Part[] = [];
  for (const part of [...parts].sort((a, b) => a.dayMin - b.dayMin || compareRanges(a, b))) {
    const last = taken.at(-1);
    if (last === undefined || isApart(last, part) || isSame(last, part)) taken.push(part);
    else if (part.seqTo > last.seqTo) return null;
  }
  return taken;
}

/** By the place of their first row, the longest first. */
export function compareRanges(a: PartRange, b: PartRange): number {
  if (a.incarnation !== b.incarnation) return a.incarnation < b.incarnation ? -1 : 1;
  return a.seqFrom - b.seqFrom || b.seqTo - a.seqTo;
}

function isApart(last: DayPart, part: DayPart): boolean {
  return last.dayMin !== part.dayMin || last.incarnation !== part.incarnation || last.seqTo <= part.seqFrom;
}

/** Chunks of one part have the same range. */
function isSame(a: PartRange, b: PartRange): boolean {
  return a.seqFrom === b.seqFrom && a.seqTo === b.seqTo;
}

/** Whether rows on both sides of `seq` are in the part. */
export function isAstride({ seqFrom, seqTo }: Pick<PartRange, 'seqFrom' | 'seqTo'>, seq: number): boolean {
  return seqFrom < seq && seq < seqTo;
}
