/**
 * TotalledFold: the points of one fold and the totals of another over the same events: an hour's people come from hours, the
 * total of a sealed day from the day, which counts each person once and exactly.
 */
import type { Steps } from '../../std/steps.ts';
import type { Fold, FoldedSeries, Value } from './fold.ts';

export class TotalledFold implements Fold {
  readonly excludedBots: number | undefined;
  readonly #points: Fold;
  readonly #totals: Fold;
  /** Group of the totals by group of the points. */
  readonly #groups: readonly (number | undefined)[];

  constructor(points: Fold, totals: Fold) {
    this.excludedBots = points.excludedBots;
    this.#points = points;
    this.#totals = totals;
    const known = new Map(Array.from({ length: totals.groupCount }, (_, group) => [keyText(totals, group), group]));
    this.#groups = Array.from({ length: points.groupCount }, (_, group) => known.get(keyText(points, group)));
  }

  get groupCount(): number {
    return this.#points.groupCount;
  }

  key(group: number): readonly (string | null)[] {
    return this.#points.key(group);
  }

  total(group: number): Value {
    const own = this.#groups[group];
    return own === undefined ? this.#points.total(group) : this.#totals.total(own);
  }

  get rowsPerTotal(): number {
    return this.#points.rowsPerTotal + this.#totals.rowsPerTotal;
  }

  *series(groups: readonly number[]): Steps<FoldedSeries> {
    const { total, points } = yield* this.#points.series(groups);
    const own = groups.flatMap((group) => this.#groups[group] ?? []);
    return { total: own.length === groups.length ? (yield* this.#totals.series(own)).total : total, points };
  }
}

function keyText(fold: Fold, group: number): string {
  return JSON.stringify(fold.key(group));
}
