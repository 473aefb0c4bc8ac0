/**
 * EventColumns: a batch of events by column, the common shape of decoded EventBlocks, Parquet segments and lake scans.
 *
 * A reader may ask for some columns only; the others are absent. 64-bit hashes are BigInt64Array, which hot paths see
 * as (low, high) pairs of 32 bits (std/words.ts); 0 means "no person".
 */
import type { StringColumn } from './event.ts';
import type { Lookup } from './lookup.ts';

export interface EventColumns {
  readonly rowCount: number;
  readonly at: Float64Array;
  readonly receivedAt: Float64Array;
  readonly person: BigInt64Array;
  readonly keyHash: BigInt64Array;
  /** 0, or bits of `LATE_*` and `FLAG_*`. */
  readonly late: Uint8Array;
  readonly strings: { readonly [column in StringColumn]?: readonly (string | null)[] };
  /** Text columns that came as a dictionary and codes; `strings` of such a column is built at its first use. */
  readonly coded?: { readonly [column in StringColumn]?: CodedTexts };
  /** Text columns that came as one text; `strings` of such a column is built at its first use. */
  readonly packed?: { readonly [column in StringColumn]?: PackedTexts };
  /**
   * Properties with a column of their own, by name. Such a column is complete: a value absent there is absent in the
   * event.
   */
  readonly typed?: { readonly [property: string]: TypedColumn };
  /**
   * Names of columns that no event of the batch has as a property. They are known without the JSON, which may not be
   * there.
   */
  readonly absent?: ReadonlySet<string>;
  /** Traits and cohorts of the events' people and groups, present when the query looked them up. */
  readonly lookup?: Lookup;
}

/** Repetitive texts: the text of a row is `entries[codes[row]]`. Entry 0 is null; the others are all different. */
export interface CodedTexts {
  readonly entries: readonly (string | null)[];
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
}

/**
 * Texts joined into one: the text of a row is `text.slice(starts[row], starts[row + 1])`, or null where `present` is 0.
 */
export interface PackedTexts {
  readonly text: string;
  /** Offsets in UTF-16 units, one more than rows. */
  readonly starts: Uint32Array;
  /** Null when every row has a text. */
  readonly present: Uint8Array | null;
}

/**
 * A property with a column of its own. An absent value is NaN among numbers, entry 0 among texts, 0 among booleans (1
 * is false, 2 is true).
 */
export type TypedColumn =
  | { readonly type: 'number'; readonly values: Float64Array }
  | { readonly type: 'boolean'; readonly values: Uint8Array }
  | { readonly type: 'text'; readonly texts: CodedTexts };

/** Whether all of these columns came as a dictionary and codes. */
export function isCoded({ coded }: Pick<EventColumns, 'coded'>, columns: Iterable<StringColumn>): boolean {
  for (const column of columns) if (coded?.[column] === undefined) return false;
  return true;
}

/** Returns all values of a coded column. */
export function codedTexts({ entries, codes }: CodedTexts): (string | null)[] {
  const texts: (string | null)[] = new Array(codes.length);
  for (let row = 0; row < codes.length; row++) texts[row] = entries[codes[row]!]!;
  return texts;
}

/** Returns all values of a packed column, as slices, which keep the whole text in memory. */
export function packedTexts({ text, starts, present }: PackedTexts): (string | null)[] {
  const texts: (string | null)[] = new Array(starts.length - 1);
  for (let row = 0; row < texts.length; row++) {
    texts[row] = present !== null && present[row] === 0 ? null : text.slice(starts[row], starts[row + 1]);
  }
  return texts;
}

/** Flag of an event that came after its window was closed and counts as a correction. */
export const LATE_CORRECTION = 1;
/**
 * Flag of an event older than the allowed lateness (or than the dedupe horizon): it is in no part, only the seal counts
 * it.
 */
export const LATE_BEYOND = 2;
/** Flag of an imported event: it is in no part, only the seal counts it. */
export const LATE_IMPORT = 4;
/** Flag of an event whose time was clamped from the future. */
export const FLAG_CLAMPED = 8;
