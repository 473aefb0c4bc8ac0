/**
 * Fold: what was counted, by group and bucket, ready to be ranked. Two kinds: of cells (cell-fold.ts), of events (row-fold.ts).
 *
 * A fold is a monoid per (group, bucket): groups can be put together, which is how what is beyond the top becomes `other`,
 * and buckets too, which is how a series gets a total that counts each person once.
 */

export interface Value {
  /** Null: nothing to take an average, extreme or quantile of. */
  readonly value: number | null;
  /** From a sketch, within its bound. */
  readonly estimated: boolean;
}

export interface FoldedSeries {
  /** Over all buckets: for people not the sum of the points. */
  readonly total: Value;
  /** One a bucket, in their order. */
  readonly points: readonly Value[];
}

export interface Fold {
  readonly groupCount: number;
  /** Values of the properties grouped by, in their order. */
  key(group: number): readonly (string | null)[];
  total(group: number): Value;
  /** One or several groups as one series. */
  series(groups: readonly number[]): FoldedSeries;
}
