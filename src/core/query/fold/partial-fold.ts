/**
 * PartialFold: what one of several readers has counted of a question, as plain data that can travel: its groups, its slots,
 * and the tally's value of each slot. Partial folds are put together in any order.
 */

export interface PartialFold {
  /** Values of the properties grouped by. */
  readonly keys: readonly (readonly (string | null)[])[];
  /** By slot. */
  readonly groups: Uint32Array;
  readonly buckets: Uint32Array;
  readonly tally: PartialTally;
  /** What there was too much of to be held: then the rest is worth nothing. */
  readonly excess: string | null;
}

export type PartialTally =
  | { readonly kind: 'count'; readonly counts: Float64Array }
  /** (high, low, slot) triples. */
  | { readonly kind: 'people'; readonly triples: Uint32Array }
  /** Numbers of each slot, encoded. */
  | { readonly kind: 'numbers'; readonly bytes: Uint8Array };
