/**
 * Plan: the rollups that can answer a question exactly, and the grain of time that each of its days needs.
 *
 * In: a Query and the tenant's rollups. Out: adequate rollups, the smallest first; when there is none, the lake
 * answers. A rollup is adequate when all of these hold:
 *
 * - It tells events of bots from others where the question leaves them out: by cells of their own (rollup/rollup-cells.ts), by a
 *   dimension, or by its filter.
 * - Its filter is implied: each of its conjuncts is, in structure, one of the question's.
 * - Its dimensions decide the remaining conditions of the question exactly.
 * - Its dimensions have the properties grouped by, its numbers the property measured.
 * - What it counts as columns (`event`, `type`) the question means, too (rollup/counted-names.ts).
 * - The question asks for no trait, cohort or group: those are looked up when events are read, so no rollup has them.
 *   The distinct values of a property, and numbers sent as text, are told by no cell either.
 * - The question's buckets fall on whole minutes, the grain of a window. Bounds may cut a minute (minute-slices.ts).
 *
 * A dimension holds text, cut to `dimensionValueLengthMax`: so a comparison of an untyped property with anything but a
 * plain text is left to the lake, which sees the value itself.
 *
 * Refused: implication beyond structure (`a = 1` implies `a in [1, 2]`), because users could not predict the source of
 * an answer.
 */
import { excludesBots } from '../../bots/asked-bots.ts';
import { NOT_BOT } from '../../bots/bots.ts';
import { type Comparison, type Condition, canonicalCondition } from '../../event/condition.ts';
import { isTrait } from '../../event/property.ts';
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../limits.ts';
import { isTextDimension, plainNames, renameProperties } from '../../rollup/counted-names.ts';
import type { Rollup } from '../../rollup/rollup.ts';
import { dayOf } from '../../std/day.ts';
import { type Query, queryProperties } from './request.ts';

export interface RollupPlan {
  readonly rollup: Rollup;
  /** Conditions that the rollup's filter leaves to be checked, over its dimensions; null when it leaves none. */
  readonly residual: Condition | null;
  /** Positions in the rollup's dimensions of the properties grouped by. */
  readonly groupPositions: readonly number[];
  /** Position in the rollup's numbers of the property measured; null when the question measures none. */
  readonly numberPosition: number | null;
  /** Whether the cells of bots are left out: the rollup has such, and the condition is not part of `residual`. */
  readonly leavesOutBots: boolean;
}

/** Returns the adequate rollups, the one with the fewest dimensions first; those behind it cannot say how many bots they leave out. */
export function rollupPlans(query: Query, rollups: readonly Rollup[], nowMs: number): RollupPlan[] {
  if (query.countsTexts) return [];
  if (query.measure === 'groups' || query.distinct !== null || queryProperties(query).some(isTrait)) return [];
  if (dayGrains(query, nowMs) === null) return [];
  return rollups
    .map((rollup) => planOn(query, rollup))
    .filter((plan) => plan !== null)
    .sort((a, b) => costOf(query, a) - costOf(query, b));
}

/**
 * The grain that a day's cells must have, so that each lies in one bucket and inside or outside of the range as a
 * whole.
 */
export type Grain = 'day' | 'hour' | 'minute';

/**
 * Returns the grain of each UTC day that some bound or bucket cuts; a day that none cuts is absent. Null when a bucket
 * does not begin on a whole minute.
 */
export function dayGrains(query: Query, nowMs: number): Map<number, Grain> | null {
  const grains = new Map<number, Grain>();
  if (query.bucketStarts.some((startMs) => startMs > query.startMs && startMs % MINUTE_MS !== 0)) return null;
  for (const cutMs of cuts(query, nowMs)) {
    if (cutMs % DAY_MS === 0) continue;
    const day = dayOf(cutMs);
    if (cutMs % HOUR_MS !== 0) grains.set(day, 'minute');
    else if (!grains.has(day)) grains.set(day, 'hour');
  }
  return grains;
}

/**
 * Allowance for an edge whose clock runs ahead, which may have clamped an event to a little more than the clamp from
 * here.
 */
const CLOCK_SKEW_MS = MINUTE_MS;

function* cuts(query: Query, nowMs: number): Generator<number> {
  yield query.startMs;
  for (const startMs of query.bucketStarts) if (startMs > query.startMs) yield startMs;
  // No event lies beyond the clamp: a bound there cuts no cell that has events.
  if (query.endMs <= nowMs + LIMITS.futureClampMs + CLOCK_SKEW_MS) yield query.endMs;
}

/** A rollup that does not have the bots that it leaves out comes after all others. */
const UNTOLD_COST = 1_000;

function costOf(query: Query, { rollup, leavesOutBots }: RollupPlan): number {
  const size = rollup.dimensions.length * 16 + rollup.numbers.length;
  return excludesBots(query) && !leavesOutBots ? size + UNTOLD_COST : size;
}

function planOn(question: Query, rollup: Rollup): RollupPlan | null {
  const query = spelledAs(rollup, question);
  if (query === null) return null;
  const groupPositions = query.groupBy.map((property) => rollup.dimensions.indexOf(property));
  if (groupPositions.includes(-1)) return null;
  const numberPosition = query.number ? rollup.numbers.indexOf(query.number.property) : null;
  if (numberPosition === -1) return null;
  const conditions = conjuncts(query.where).map((condition) => ({ condition, text: canonicalCondition(condition) }));
  const implied = new Set(conjuncts(rollup.where ?? null).map(canonicalCondition));
  for (const text of implied) if (!conditions.some((conjunct) => conjunct.text === text)) return null;
  const leavesOutBots = rollup.tellsBots === true && conditions.some(({ text }) => text === NOT_BOT_TEXT);
  const left = conditions
    .filter(({ text }) => !implied.has(text) && !(leavesOutBots && text === NOT_BOT_TEXT))
    .map(({ condition }) => condition);
  if (!left.every((condition) => isDecided(condition, rollup.dimensions))) return null;
  const residual = left.length === 0 ? null : { and: left };
  return { rollup, residual, groupPositions, numberPosition, leavesOutBots };
}

const NOT_BOT_TEXT = canonicalCondition(NOT_BOT);

/**
 * Returns the question with the plain name in place of each column that the rollup counts under it. Null when the
 * question gives that plain name, and the rollup has no tuples that could tell both meanings apart.
 */
function spelledAs(rollup: Rollup, query: Query): Query | null {
  const plain: readonly string[] = plainNames(rollup);
  if (plain.length === 0) return query;
  if (rollup.dimensions.length === 0 && queryProperties(query).some((name) => plain.includes(name))) return null;
  const rename = (name: string) => plain.find((each) => name === `column.${each}`) ?? name;
  const where = query.where && renameProperties(query.where, rename);
  return { ...query, where, groupBy: query.groupBy.map(rename) };
}

/** Returns the conditions that must all hold, with `in` of one value written as `eq`. */
function conjuncts(condition: Condition | null): Condition[] {
  if (condition === null) return [];
  if ('and' in condition) return condition.and.flatMap(conjuncts);
  if ('op' in condition && condition.op === 'in' && Array.isArray(condition.value) && condition.value.length === 1) {
    return [{ property: condition.property, op: 'eq', value: condition.value[0]! }];
  }
  return [condition];
}

/** Tells whether the texts of these dimensions decide the condition as the event itself would. */
function isDecided(condition: Condition, dimensions: readonly string[]): boolean {
  if ('and' in condition) return condition.and.every((inner) => isDecided(inner, dimensions));
  if ('or' in condition) return condition.or.every((inner) => isDecided(inner, dimensions));
  if ('not' in condition) return isDecided(condition.not, dimensions);
  if ('cohort' in condition) return false;
  return dimensions.includes(condition.property) && isDecidedByText(condition);
}

function isDecidedByText({ property, op, value, caseInsensitive }: Comparison): boolean {
  if (op === 'exists') return true;
  const values = op === 'in' && Array.isArray(value) ? value : [value];
  const areShort = values.every((each) => typeof each !== 'string' || each.length < LIMITS.dimensionValueLengthMax - 1);
  if (isTextDimension(property)) return areShort;
  // A text such as "1" may stand for a number, a boolean or a string, so only a text that no other value has can
  // decide.
  const isEquality = op === 'eq' || op === 'neq' || op === 'in';
  return (
    isEquality && !caseInsensitive && areShort && values.every((each) => typeof each === 'string' && isPlainText(each))
  );
}

function isPlainText(text: string): boolean {
  return text.trim() !== '' && Number.isNaN(Number(text)) && !/^(?:true|false|null|[[{"].*)$/s.test(text);
}
