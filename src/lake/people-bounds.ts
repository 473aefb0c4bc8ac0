/**
 * People's bounds: which people each row group of a segment has, by its footer, and which row groups may have some people.
 *
 * Kept beside the footer's bytes in a few numbers, so that many files can be planned without their parsed footers, of which
 * each takes a hundred times as much.
 */
import type { ColumnChunk, Statistics } from 'hyparquet';
import { EVERYBODY, type HighRange } from '../core/journeys/sequences.ts';
import { parseFooter } from './footer.ts';

export interface PersonRange {
  readonly min: bigint;
  /** Inclusive. */
  readonly max: bigint;
  /** Row groups with events of nobody, too. */
  readonly withNobody?: boolean;
}

/** People of a row group by the high words of their hashes, signed, both ends included. */
export interface PeopleSpan {
  readonly from: number;
  readonly to: number;
  readonly rowCount: number;
}

interface Bounds {
  readonly spans: readonly PeopleSpan[];
  readonly hasNobody: boolean;
}

/** All hashes whose high word, signed, is in the range. */
export function personsOf({ from, to }: HighRange): PersonRange {
  return { min: BigInt(from) * 2n ** 32n, max: BigInt(to) * 2n ** 32n + 0xffff_ffffn };
}

const known = new WeakMap<Uint8Array, Bounds>();

/** Of all row groups, in their order. */
export function peopleSpans(footer: Uint8Array): readonly PeopleSpan[] {
  return boundsOf(footer).spans;
}

/** Whether any row group may hold one of these. */
export function mayHavePeople(footer: Uint8Array, people: PersonRange): boolean {
  const { spans, hasNobody } = boundsOf(footer);
  if (hasNobody && asksNobody(people)) return true;
  const from = Number(people.min >> 32n);
  const to = Number(people.max >> 32n);
  return spans.some((span) => span.to >= from && span.from <= to);
}

export function mayHoldPeople(person: Statistics | undefined, people: PersonRange): boolean {
  // Without bounds no row of the group has a person.
  if (person?.min_value === undefined || person.max_value === undefined) return asksNobody(people);
  const hasNobody = (person.null_count ?? 1n) > 0n && asksNobody(people);
  return hasNobody || ((person.max_value as bigint) >= people.min && (person.min_value as bigint) <= people.max);
}

export function statisticsOf(chunks: readonly ColumnChunk[], column: string): Statistics | undefined {
  return chunks.find(({ meta_data }) => meta_data?.path_in_schema[0] === column)?.meta_data?.statistics;
}

function asksNobody({ min, max, withNobody }: PersonRange): boolean {
  return withNobody === true || (min <= 0n && max >= 0n);
}

function boundsOf(footer: Uint8Array): Bounds {
  const bounds = known.get(footer);
  if (bounds !== undefined) return bounds;
  let hasNobody = false;
  const spans: PeopleSpan[] = [];
  for (const { columns, num_rows } of parseFooter(footer).row_groups) {
    const person = statisticsOf(columns, 'person');
    const rowCount = Number(num_rows);
    if ((person?.null_count ?? 1n) > 0n) hasNobody = true;
    if (person?.min_value === undefined || person.max_value === undefined) continue;
    spans.push({ from: highOf(person.min_value as bigint), to: highOf(person.max_value as bigint), rowCount });
  }
  const found = { spans, hasNobody };
  known.set(footer, found);
  return found;
}

function highOf(hash: bigint): number {
  return Math.max(EVERYBODY.from, Math.min(EVERYBODY.to, Number(hash >> 32n)));
}
