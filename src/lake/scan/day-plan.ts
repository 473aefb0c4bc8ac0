/**
 * Day plan: the sources of one day's rows, segments and tails, in the order that decides between copies.
 *
 * Rows are numbered through the sources of their day: sealed segments first, then by (incarnation, seq). The numbers are the
 * same whatever columns or people are read.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { dayOf } from '../../core/std/day.ts';
import { selectRows } from '../segment/columns.ts';
import type { ScanRequest, ScanSegment, ScanTail } from './scan-request.ts';

/** Some rows of a day. */
export type DaySource = (
  | { readonly kind: 'segment'; readonly segment: ScanSegment }
  /** The tail has the rows of the day alone. */
  | { readonly kind: 'tail'; readonly tail: ScanTail }
) & { readonly rowCount: number };

export type NumberedSource = DaySource & { readonly firstRow: number };

export interface DayPlan {
  readonly day: number;
  readonly sources: readonly NumberedSource[];
  readonly rowCount: number;
  /** Number of rows that no seal covers. Ids are compared when it is not 0. */
  readonly uncoveredRowCount: number;
}

type Sources = Pick<ScanRequest, 'segments' | 'tails' | 'startMs' | 'endMs'>;

/** Days of the range that have rows, ascending. */
export function planDays({ segments, tails, startMs, endMs }: Sources): DayPlan[] {
  const firstDay = dayOf(startMs);
  const lastDay = dayOf(endMs - 1);
  const byDay = new Map<number, DaySource[]>();
  const add = (day: number, source: DaySource) => {
    if (day < firstDay || day > lastDay || source.rowCount === 0) return;
    const list = byDay.get(day);
    if (list === undefined) byDay.set(day, [source]);
    else list.push(source);
  };
  for (const segment of segments) {
    for (const { day, rowCount } of segment.days) add(day, { kind: 'segment', segment, rowCount });
  }
  for (const tail of tails) {
    for (const [day, columns] of columnsByDay(tail.columns)) {
      add(day, { kind: 'tail', tail: { ...tail, columns }, rowCount: columns.rowCount });
    }
  }
  return [...byDay].sort(([left], [right]) => left - right).map(([day, sources]) => planDay(day, sources));
}

function planDay(day: number, list: DaySource[]): DayPlan {
  let rowCount = 0;
  const sources = list.sort(compareSources).map((source) => {
    const firstRow = rowCount;
    rowCount += source.rowCount;
    return { ...source, firstRow };
  });
  const uncovered = list.filter((source) => !isSealed(source));
  return { day, sources, rowCount, uncoveredRowCount: uncovered.reduce((sum, source) => sum + source.rowCount, 0) };
}

export function isSealed(source: DaySource): boolean {
  return source.kind === 'segment' && source.segment.source === 'seal';
}

function columnsByDay(columns: EventColumns): Map<number, EventColumns> {
  const { at } = columns;
  const lists = new Map<number, number[]>();
  for (let row = 0; row < at.length; row++) {
    const day = dayOf(at[row]!);
    const list = lists.get(day);
    if (list === undefined) lists.set(day, [row]);
    else list.push(row);
  }
  if (lists.size <= 1) return new Map([...lists.keys()].map((day) => [day, columns]));
  return new Map([...lists].map(([day, rows]) => [day, selectRows(columns, Uint32Array.from(rows))]));
}

function compareSources(left: DaySource, right: DaySource): number {
  if (isSealed(left) !== isSealed(right)) return isSealed(left) ? -1 : 1;
  const [a, b] = [placeInLog(left), placeInLog(right)];
  if (a.incarnation !== b.incarnation) return a.incarnation < b.incarnation ? -1 : 1;
  return a.seqFrom - b.seqFrom;
}

function placeInLog(source: DaySource): { readonly incarnation: string; readonly seqFrom: number } {
  return source.kind === 'tail' ? source.tail : source.segment;
}
