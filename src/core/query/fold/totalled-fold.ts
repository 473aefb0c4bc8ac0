/**
 * TotalledFold: the points of one fold and the totals of another over the same events: an hour's people come from hours, the
 * total of a sealed day from the day, which counts each person once and exactly.
 */
import type { Fold, FoldedSeries, Value } from './fold.ts';

export class TotalledFold implements Fold {
  readonly #points: Fold;
  readonly #totals: Fold;
  /** Group of the totals by group of the points. */
  readonly #groups: readonly (number | undefined)[];

  constructor(points: Fold, totals: Fold) {
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
    return this.series([group]).total;
  }

  series(groups: readonly number[]): FoldedSeries {
    const { total, points } = this.#points.series(groups);
    const own = groups.flatMap((group) => this.#groups[group] ?? []);
    return { total: own.length === groups.length ? this.#totals.series(own).total : total, points };
  }
}

function keyText(fold: Fold, group: number): string {
  return JSON.stringify(fold.key(group));
}
