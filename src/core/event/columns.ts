/**
 * EventColumns: a batch of events by column, the common shape of decoded EventBlocks, Parquet segments and lake scans.
 *
 * A reader may ask for some columns only; the others are absent. 64-bit hashes are BigInt64Array, seen as (low, high)
 * pairs of 32 bits through a Uint32Array view on hot paths; 0 means "no person".
 */
import type { StringColumn } from './event.ts';
import type { Lookup } from './lookup.ts';

export interface EventColumns {
  readonly rowCount: number;
  readonly at: Float64Array;
  readonly receivedAt: Float64Array;
  readonly person: BigInt64Array;
  readonly keyHash: BigInt64Array;
  /** 0, or bits of `LATE_*`. */
  readonly late: Uint8Array;
  readonly strings: { readonly [column in StringColumn]?: readonly (string | null)[] };
  /** Of the text columns, those that came as a dictionary and codes: then `strings` is made of them when it is asked for. */
  readonly coded?: { readonly [column in StringColumn]?: CodedTexts };
  /** Of the text columns, those that came as one text: the same. */
  readonly packed?: { readonly [column in StringColumn]?: PackedTexts };
  /** Properties with a column of their own, by name; complete: what is absent there is absent in the event. */
  readonly typed?: { readonly [property: string]: TypedColumn };
  /** What is known of people and groups beside their events; put on by a query that asks for it. */
  readonly lookup?: Lookup;
}

/** Texts that repeat: row → `entries[codes[row]]`. Entry 0 is null; the others are all different. */
export interface CodedTexts {
  readonly entries: readonly (string | null)[];
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
}

/** Texts one after the other: row → `text.slice(starts[row], starts[row + 1])`; with `present` 0: null. */
export interface PackedTexts {
  readonly text: string;
  /** One more than rows. */
  readonly starts: Uint32Array;
  /** Null: every row has a text. */
  readonly present: Uint8Array | null;
}

/** A property with a column of its own. Absent: NaN as a number, entry 0 as a text, 0 as a boolean (1: false, 2: true). */
export type TypedColumn =
  | { readonly type: 'number'; readonly values: Float64Array }
  | { readonly type: 'boolean'; readonly values: Uint8Array }
  | { readonly type: 'text'; readonly texts: CodedTexts };

/** All values of a coded column. */
export function codedTexts({ entries, codes }: CodedTexts): (string | null)[] {
  const texts: (string | null)[] = new Array(codes.length);
  for (let row = 0; row < codes.length; row++) texts[row] = entries[codes[row]!]!;
  return texts;
}

/** All values of a packed column: slices, which keep the whole text in memory. */
export function packedTexts({ text, starts, present }: PackedTexts): (string | null)[] {
  const texts: (string | null)[] = new Array(starts.length - 1);
  for (let row = 0; row < texts.length; row++) {
    texts[row] = present !== null && present[row] === 0 ? null : text.slice(starts[row], starts[row + 1]);
  }
  return texts;
}

/** The event's window was closed when it came: counted as a correction. */
export const LATE_CORRECTION = 1;
/** Older than the allowed lateness (or than the dedupe horizon): in no part, counted by the seal only. */
export const LATE_BEYOND = 2;
/** Came from an import: in no part, counted by the seal only. */
export const LATE_IMPORT = 4;
/** Event time was clamped from the future. */
export const FLAG_CLAMPED = 8;
