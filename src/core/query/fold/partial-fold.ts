/**
 * PartialFold: the counts that one of several readers has made for a question, as plain data that can travel: its
 * groups, its slots, and the tally's value of each slot. Partial folds are put together in any order.
 */

export interface PartialFold {
  /** Values of the properties grouped by. */
  readonly keys: readonly (readonly (string | null)[])[];
  /** Group and bucket of each slot. */
  readonly groups: Uint32Array;
  readonly buckets: Uint32Array;
  readonly tally: PartialTally;
  /** Counts of the values that the question measures; 0 when it measures none. */
  readonly values: { readonly events: number; readonly numbers: number; readonly texts: number };
  /** Events of bots that were left out; a scanner of an earlier release does not tell. */
  readonly excludedBots?: number;
  /** Names the bound that was exceeded, which makes the rest void; null while within bounds. */
  readonly excess: string | null;
}

export type PartialTally =
  | { readonly kind: 'count'; readonly counts: Float64Array }
  /** People as (high, low, slot) triples. */
  | { readonly kind: 'people'; readonly triples: Uint32Array }
  /** Numbers of each slot, encoded. */
  | { readonly kind: 'numbers'; readonly bytes: Uint8Array };
