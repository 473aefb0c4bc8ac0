/**
 * Columns: operations on EventColumns that the lake's writers and readers share. A column that was not read (a numeric
 * one of length 0 in a batch with rows, a text one that is absent) stays so.
 */
import type { CodedTexts, EventColumns, PackedTexts } from '../../core/event/columns.ts';
import { STRING_COLUMNS, type StringColumn } from '../../core/event/event.ts';
import { DAY_MS } from '../../core/limits.ts';
import { wordsOf } from '../../core/std/words.ts';
import { allRows, keep } from './rows.ts';

type Texts = { [column in StringColumn]?: readonly (string | null)[] };
type Numbers = Float64Array | BigInt64Array | Uint8Array;

/** Returns one batch of all rows, in the order of the list. A text column that some batch lacks is null there. */
export function concatColumns(list: readonly EventColumns[]): EventColumns {
  const batches = list.filter((batch) => batch.rowCount > 0);
  const [only] = batches;
  if (only !== undefined && batches.length === 1) return only;
  const rowCount = batches.reduce((sum, batch) => sum + batch.rowCount, 0);
  const strings: Texts = {};
  for (const column of STRING_COLUMNS) {
    if (!batches.some((batch) => batch.strings[column] !== undefined)) continue;
    const values: (string | null)[] = new Array(rowCount).fill(null);
    let at = 0;
    for (const batch of batches) {
      const part = batch.strings[column];
      for (let i = 0; i < batch.rowCount; i++) values[at++] = part?.[i] ?? null;
    }
    strings[column] = values;
  }
  return {
    rowCount,
    at: concatNumbers(batches, rowCount, (batch) => batch.at, Float64Array),
    receivedAt: concatNumbers(batches, rowCount, (batch) => batch.receivedAt, Float64Array),
    person: concatNumbers(batches, rowCount, (batch) => batch.person, BigInt64Array),
    keyHash: concatNumbers(batches, rowCount, (batch) => batch.keyHash, BigInt64Array),
    late: concatNumbers(batches, rowCount, (batch) => batch.late, Uint8Array),
    strings,
  };
}

function concatNumbers<T extends Numbers>(
  batches: readonly EventColumns[],
  rowCount: number,
  valuesOf: (batch: EventColumns) => T,
  make: new (length: number) => T,
): T {
  if (batches.some((batch) => valuesOf(batch).length !== batch.rowCount)) return new make(0);
  const values = new make(rowCount);
  let at = 0;
  for (const batch of batches) {
    (values as { set(source: T, offset: number): void }).set(valuesOf(batch), at);
    at += batch.rowCount;
  }
  return values;
}

/** Returns the rows at these indexes, in this order. */
export function selectRows(columns: EventColumns, rows: Uint32Array): EventColumns {
  const strings: Texts = {};
  for (const column of STRING_COLUMNS) {
    const coded = columns.coded?.[column];
    if (coded !== undefined) {
      strings[column] = codedRows(coded, rows);
      continue;
    }
    const packed = columns.packed?.[column];
    if (packed !== undefined) {
      strings[column] = unpackRows(packed, rows);
      continue;
    }
    const values = columns.strings[column];
    if (values === undefined) continue;
    const chosen: (string | null)[] = new Array(rows.length);
    for (let i = 0; i < rows.length; i++) chosen[i] = values[rows[i]!] as string | null;
    strings[column] = chosen;
  }
  const count = rows.length;
  return {
    rowCount: count,
    at: pick(columns.at, rows, new Float64Array(columns.at.length === 0 ? 0 : count)),
    receivedAt: pick(columns.receivedAt, rows, new Float64Array(columns.receivedAt.length === 0 ? 0 : count)),
    person: pickHashes(columns.person, rows),
    keyHash: pickHashes(columns.keyHash, rows),
    late: pick(columns.late, rows, new Uint8Array(columns.late.length === 0 ? 0 : count)),
    strings,
    ...(columns.absent && { absent: columns.absent }),
  };
}

/** Returns the events of these days; the batch itself when it has no others. */
export function rowsOfDays(columns: EventColumns, days: ReadonlySet<number>): EventColumns {
  const rows = keep(allRows(columns.rowCount), (row) => days.has(dayOf(columns.at[row]!)));
  return rows.length === columns.rowCount ? columns : selectRows(columns, rows);
}

function codedRows({ entries, codes }: CodedTexts, rows: Uint32Array): (string | null)[] {
  const chosen: (string | null)[] = new Array(rows.length);
  // Most columns of most tenants are null throughout.
  if (entries.length === 1) return chosen.fill(null);
  for (let i = 0; i < rows.length; i++) chosen[i] = entries[codes[rows[i]!]!]!;
  return chosen;
}

/** Returns slices of one text that holds these rows alone: slices of the whole page would keep all of it in memory. */
function unpackRows({ text, starts, present }: PackedTexts, rows: Uint32Array): (string | null)[] {
  const parts: string[] = new Array(rows.length);
  for (let i = 0; i < rows.length; i++) parts[i] = text.slice(starts[rows[i]!], starts[rows[i]! + 1]);
  const joined = parts.join('');
  const chosen: (string | null)[] = new Array(rows.length);
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const { length } = parts[i]!;
    chosen[i] = present !== null && present[rows[i]!] === 0 ? null : joined.slice(at, at + length);
    at += length;
  }
  return chosen;
}

function pick<T extends Float64Array | Uint8Array>(values: T, rows: Uint32Array, output: T): T {
  for (let i = 0; i < output.length; i++) output[i] = values[rows[i]!]!;
  return output;
}

function pickHashes(values: BigInt64Array, rows: Uint32Array): BigInt64Array {
  if (values.length === 0) return values;
  const output = new BigInt64Array(rows.length);
  const source = wordsOf(values);
  const target = wordsOf(output);
  for (let i = 0; i < rows.length; i++) {
    const word = rows[i]! * 2;
    target[i * 2] = source[word]!;
    target[i * 2 + 1] = source[word + 1]!;
  }
  return output;
}

export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

/**
 * Returns row indexes by (day, person, at, received_at), ties in row order. Persons are in the order of signed 64-bit
 * integers.
 */
export function sortRowsL0(columns: EventColumns): Uint32Array {
  const days = Float64Array.from(columns.at, dayOf);
  const byPerson = comparePersons(columns);
  return sorted(columns.rowCount, (left, right) => {
    return days[left]! - days[right]! || byPerson(left, right) || left - right;
  });
}

/** Returns row indexes by (person, at, received_at, id), ties in row order. */
export function sortRowsL1(columns: EventColumns): Uint32Array {
  const byPerson = comparePersons(columns);
  const ids = columns.strings.id;
  return sorted(columns.rowCount, (left, right) => {
    return byPerson(left, right) || compareText(ids?.[left], ids?.[right]) || left - right;
  });
}

type Compare = (left: number, right: number) => number;

/** Sorts as a plain array, whose sort finds runs: the rows sorted here are mostly a few sorted stretches. */
function sorted(rowCount: number, compare: Compare): Uint32Array {
  const rows: number[] = new Array(rowCount);
  for (let i = 0; i < rowCount; i++) rows[i] = i;
  return Uint32Array.from(rows.sort(compare));
}

function comparePersons({ person, at, receivedAt }: EventColumns): Compare {
  const low = wordsOf(person);
  const high = new Int32Array(low.buffer, low.byteOffset, low.length);
  return (left, right) =>
    high[left * 2 + 1]! - high[right * 2 + 1]! ||
    low[left * 2]! - low[right * 2]! ||
    at[left]! - at[right]! ||
    receivedAt[left]! - receivedAt[right]!;
}

function compareText(left: string | null | undefined, right: string | null | undefined): number {
  if (left === right) return 0;
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
