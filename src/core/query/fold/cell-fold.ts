/**
 * CellFold: folds the cells of one rollup into a question's groups and buckets.
 *
 * In: RollupCells of parts, seals and live answers, each with the range of windows that count. Out: a Fold. Every
 * window lies in one bucket, and inside or outside of the range as a whole, because the plan chose the grain. The
 * meaning of a tuple for the question (its group, or that it is left out) is worked out once a tuple, not once a cell.
 */

import { excludesBots } from '../../bots/asked-bots.ts';
import { type Condition, conditionProperties, evaluate } from '../../event/condition.ts';
import { LIMITS, MINUTE_MS } from '../../limits.ts';
import type { LinkedPeople } from '../../people/linked-people.ts';
import { Cell } from '../../rollup/cell.ts';
import { UNCLEAR } from '../../rollup/counted-names.ts';
import type { Rollup } from '../../rollup/rollup.ts';
import { isBotsKey, isOtherKey, type RollupCells, tupleValues } from '../../rollup/rollup-cells.ts';
import { bucketIndex } from '../question/interval.ts';
import type { RollupPlan } from '../question/plan.ts';
import type { Query } from '../question/request.ts';
import { CountTally } from './count-tally.ts';
import type { Fold } from './fold.ts';
import { Grouping, TalliedFold, type Tally } from './grouping.ts';
import { NumberTally } from './number-tally.ts';
import { quantileOf, SketchedQuantileTally } from './quantile-tally.ts';
import { SketchTally } from './sketch-tally.ts';

/** Reason why these cells cannot answer the question, though their rollup could. */
export type CellShortfall =
  /** Tuples beyond the cap were counted together, and the question names or ranks one of the dimensions. */
  | 'overflowed'
  /** Events have properties that make the names of the rollup ambiguous. */
  | 'unclear-names'
  /** A dimension's text was cut, and the question searches in it. */
  | 'truncated'
  /** People are asked for, some ids are linked, and a sketch cannot tell which people it holds. */
  | 'people-linked'
  /** The question cuts a window of merged parts, which has no minutes any more. */
  | 'too-fine'
  /** There are more cells, or more groups and points, than are held at once. */
  | 'too-large';

const LEFT_OUT = -1;
/** Cells of bots that are left out, and are told. */
const BOTS = -2;

export class CellFold {
  readonly #query: Query;
  readonly #plan: RollupPlan;
  readonly #grouping: Grouping;
  readonly #tally: Tally;
  readonly #add: (slot: number, cell: Cell) => void;
  readonly #linked: LinkedPeople | null;
  readonly #groupOfTuple = new Map<string, number>();
  readonly #searchedPositions: readonly number[];
  #shortfall: CellShortfall | null = null;
  readonly #values = { events: 0, numbers: 0, texts: null };
  /** Null when the cells do not tell how many events of bots the question leaves out. */
  #excludedBots: number | null;

  /** `linked` puts together people with several ids; null when people are counted by their ids as they came. */
  constructor(query: Query, plan: RollupPlan, linked: LinkedPeople | null = null) {
    this.#query = query;
    this.#plan = plan;
    this.#linked = linked?.isEmpty === false ? linked : null;
    this.#excludedBots = plan.leavesOutBots ? 0 : null;
    this.#grouping = new Grouping(query.bucketStarts.length);
    const { tally, add } = tallyOf(query, plan.numberPosition);
    this.#tally = tally;
    this.#add = add;
    this.#searchedPositions = searchedProperties(plan.residual).map((name) => plan.rollup.dimensions.indexOf(name));
  }

  /** Set when cells came that cannot answer; the fold is then void. */
  get shortfall(): CellShortfall | null {
    return this.#shortfall;
  }

  /** Adds the cells of the windows that start in [startMs, endMs) and in the question's range. */
  add(cells: RollupCells, startMs: number, endMs: number): void {
    if (this.#shortfall !== null) return;
    const fromMs = Math.max(startMs, this.#query.startMs);
    const toMs = Math.min(endMs, this.#query.endMs);
    for (const [windowMs, window] of cells.windows) {
      if (this.#isCutWindow(windowMs, cells.windowMs)) this.#shortfall = 'too-fine';
      if (windowMs < fromMs || windowMs >= toMs) continue;
      const bucket = bucketIndex(this.#query.bucketStarts, windowMs);
      for (const [key, cell] of window) {
        const group = this.#groupOf(key);
        if (group === BOTS) {
          this.#excludedBots = this.#excludedBots === null ? null : this.#excludedBots + cell.count;
          continue;
        }
        if (group === LEFT_OUT || cell.isEmpty) continue;
        const counted = this.#linked === null ? cell : linkedCell(cell, this.#linked);
        if (counted === null) this.#shortfall = 'people-linked';
        else this.#count(this.#grouping.slot(group, bucket), counted);
      }
    }
    if (this.#grouping.sizeBytes > LIMITS.queryHeldSizeBytesMax) this.#shortfall = 'too-large';
  }

  /** Whether a bound or a bucket of the question begins inside of the window. The plan has seen to the minutes. */
  #isCutWindow(startMs: number, windowMs: number): boolean {
    if (windowMs === MINUTE_MS) return false;
    const { startMs: fromMs, endMs: toMs, bucketStarts } = this.#query;
    const isInside = (atMs: number) => atMs > startMs && atMs < startMs + windowMs;
    if (isInside(fromMs) || isInside(toMs)) return true;
    return bucketIndex(bucketStarts, startMs) !== bucketIndex(bucketStarts, startMs + windowMs - 1);
  }

  #count(slot: number, cell: Cell): void {
    this.#add(slot, cell);
    const { numberPosition } = this.#plan;
    if (numberPosition === null) return;
    this.#values.events += cell.count;
    this.#values.numbers += cell.numbers[numberPosition]!.count;
  }

  finish(): Fold {
    const values = this.#query.number === null ? undefined : this.#values;
    const excludedBots = excludesBots(this.#query) ? (this.#excludedBots ?? undefined) : undefined;
    return new TalliedFold(this.#grouping, this.#tally, { values, excludedBots });
  }

  #groupOf(key: string): number {
    const known = this.#groupOfTuple.get(key);
    if (known !== undefined) return known;
    const group = this.#newGroupOf(key);
    this.#groupOfTuple.set(key, group);
    return group;
  }

  #newGroupOf(key: string): number {
    const { residual, groupPositions, rollup, leavesOutBots } = this.#plan;
    if (leavesOutBots && isBotsKey(key)) return this.#botsGroupOf(key);
    if (isOtherKey(key)) {
      if (residual === null && groupPositions.length === 0) return this.#grouping.group([]);
      this.#shortfall = 'overflowed';
      return LEFT_OUT;
    }
    const values = tupleValues(key);
    if (values[0] === UNCLEAR) {
      this.#shortfall = 'unclear-names';
      return LEFT_OUT;
    }
    if (this.#searchesCut(values)) this.#shortfall = 'truncated';
    if (!this.#passes(residual, rollup, values)) return LEFT_OUT;
    return this.#grouping.group(groupPositions.map((position) => values[position]!));
  }

  /** Bots of whom it cannot be told whether the question would have counted them leave the answer as it is, and the number open. */
  #botsGroupOf(key: string): number {
    const { residual, rollup } = this.#plan;
    const values = tupleValues(key);
    const isOpen = values[0] === UNCLEAR || (residual !== null && (isOtherKey(key) || this.#searchesCut(values)));
    if (isOpen) this.#excludedBots = null;
    return this.#passes(residual, rollup, values) ? BOTS : LEFT_OUT;
  }

  #passes(residual: Condition | null, rollup: Rollup, values: readonly (string | null)[]): boolean {
    const read = (property: string) => values[rollup.dimensions.indexOf(property)] ?? undefined;
    return residual === null || evaluate(residual, read);
  }

  #searchesCut(values: readonly (string | null)[]): boolean {
    return this.#searchedPositions.some((position) => isCut(values[position] ?? null));
  }
}

/** Returns the cell with its linked people put together; null when it does not know which people it has. */
function linkedCell(cell: Cell, linked: LinkedPeople): Cell | null {
  const people = cell.people.mapped((words, at) => linked.follow(words, at));
  if (people === null) return null;
  const counted = new Cell(0);
  counted.count = cell.count;
  counted.people = people;
  return counted;
}

/**
 * Tells whether the text may have been cut. A cut text is one unit shorter where the cut would have split a surrogate
 * pair.
 */
function isCut(text: string | null): boolean {
  return text !== null && text.length >= LIMITS.dimensionValueLengthMax - 1;
}

/** Returns the properties whose texts are searched in, not only compared as a whole. */
function searchedProperties(condition: Condition | null): string[] {
  if (condition === null) return [];
  if ('and' in condition) return condition.and.flatMap(searchedProperties);
  if ('or' in condition) return condition.or.flatMap(searchedProperties);
  if ('not' in condition) return searchedProperties(condition.not);
  if ('cohort' in condition) return [];
  const { op, caseInsensitive = false } = condition;
  const isWhole = !caseInsensitive && (op === 'eq' || op === 'neq' || op === 'in');
  return isWhole || op === 'exists' ? [] : conditionProperties(condition);
}

function tallyOf(
  query: Query,
  numberPosition: number | null,
): { readonly tally: Tally; readonly add: (slot: number, cell: Cell) => void } {
  if (query.measure === 'users') {
    const tally = new SketchTally();
    return { tally, add: (slot, cell) => tally.addCell(slot, cell) };
  }
  if (query.number === null || numberPosition === null) {
    const tally = new CountTally();
    return { tally, add: (slot, cell) => tally.add(slot, cell.count) };
  }
  const quantile = quantileOf(query.number.statistic);
  const tally = quantile === null ? new NumberTally(query.number.statistic) : new SketchedQuantileTally(quantile);
  return { tally, add: (slot, cell) => tally.addCell(slot, cell.numbers[numberPosition]!) };
}
