/**
 * Fold: the values of a question by group and bucket, ready to be ranked. There are two kinds: of cells (cell-fold.ts)
 * and of events (row-fold.ts).
 *
 * A fold is a monoid per (group, bucket). Groups can be put together, which makes `other` of the groups beyond the top;
 * and buckets, which gives a series a total that counts each person once.
 */

import type { Steps } from '../../std/steps.ts';

export interface Value {
  /** null when the statistic has no value to be taken of: an average, extreme or quantile of nothing. */
  readonly value: number | null;
  /** True when the value comes from a sketch, within its bound. */
  readonly estimated: boolean;
}

export interface FoldedSeries {
  /** Value over all buckets; for people it is not the sum of the points. */
  readonly total: Value;
  /** One value a bucket, in their order. */
  readonly points: readonly Value[];
}

/** How many of a question's events have the property that it measures, and as what. */
export interface ValueCounts {
  readonly events: number;
  /** Events whose value counts as a number. */
  readonly numbers: number;
  /** Events whose value is a text and does not count; null when cells were read, which do not know. */
  readonly texts: number | null;
}

export interface Fold {
  /**
   * Events of bots that the question would have counted. Absent when it counts them, and when the fold does not know.
   */
  readonly excludedBots?: number | undefined;
  /** Absent when the question measures no property. */
  readonly values?: ValueCounts | undefined;
  readonly groupCount: number;
  /** Returns the values of the properties grouped by, in their order. */
  key(group: number): readonly (string | null)[];
  total(group: number): Value;
  /** The rows that take about as long to read as the total of a group takes on average. */
  readonly rowsPerTotal: number;
  /** Returns one or several groups as one series. */
  series(groups: readonly number[]): Steps<FoldedSeries>;
}
