/**
 * Condition: a predicate over one event, used by rollup filters and by every query's `where`.
 *
 * Absent and null are the same, everywhere. A number, true or false is equal to that value alone. A text is equal to
 * every value that a breakdown shows as this text: the text itself, a number or boolean that prints so, an array or
 * object as JSON. `caseInsensitive: true` compares texts without case, in all ops that take texts but the orders.
 *
 * | op | value | true when |
 * |---|---|---|
 * | `eq` | scalar | the property has that value; for null, when it is absent |
 * | `neq` | scalar | `eq` is false: so an absent property is not "x", and counts |
 * | `in` | scalars | the property has one of them; with null among them, also when it is absent |
 * | `contains` | text; of arrays any scalar | the text has it as a part, or the array as a member |
 * | `startsWith`, `endsWith` | text | the text begins or ends with it |
 * | `gt`, `gte`, `lt`, `lte` | number or text | both are numbers, or both texts (by code points: ISO times compare as times) |
 * | `exists` | boolean, default true | the property is present (true) or absent (false) |
 *
 * `{cohort: "<id>"}` holds when the event's person is in the cohort. Only a question can look a cohort up, so a
 * condition that is evaluated ahead of questions (a rollup's filter) may not name one.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { CONDITION_JSON_SCHEMA } from '../schemas/condition.ts';
import { isObject } from '../std/object.ts';
import { assert, err, ok, type Result } from '../std/result.ts';
import { compareCodePoints } from '../std/text.ts';
import { CONDITION_OPS, type ConditionOp, compare, FOLDING_OPS } from './compare.ts';
import type { JsonValue } from './event.ts';

export { CONDITION_OPS, type ConditionOp };

export interface Comparison {
  readonly property: string;
  readonly op: ConditionOp;
  readonly value?: JsonValue;
  /** Absent when case counts. */
  readonly caseInsensitive?: true;
}
export interface CohortCondition {
  readonly cohort: string;
}
export type Condition =
  | Comparison
  | CohortCondition
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition };

/** Reads a property of one event by its query name; undefined when absent. */
export type PropertyReader = (property: string) => JsonValue | undefined;

/** Tells whether the condition holds for the event that `read` reads. */
export function evaluate(condition: Condition, read: PropertyReader): boolean {
  if ('and' in condition) return condition.and.every((arm) => evaluate(arm, read));
  if ('or' in condition) return condition.or.some((arm) => evaluate(arm, read));
  if ('not' in condition) return !evaluate(condition.not, read);
  assert(!('cohort' in condition), 'a cohort is looked up where events are read, not by their properties');
  const { op, property, value = null, caseInsensitive = false } = condition;
  return compare(op, read(property) ?? null, value, caseInsensitive);
}

/** Returns the names of the properties that a condition reads, each once. */
export function conditionProperties(condition: Condition): string[] {
  return [...new Set(leavesOf(condition).flatMap((leaf) => ('property' in leaf ? [leaf.property] : [])))];
}

/** Returns the ids of the cohorts that a condition names, each once. */
export function conditionCohorts(condition: Condition): string[] {
  return [...new Set(leavesOf(condition).flatMap((leaf) => ('cohort' in leaf ? [leaf.cohort] : [])))];
}

function leavesOf(condition: Condition): (Comparison | CohortCondition)[] {
  return 'property' in condition || 'cohort' in condition ? [condition] : armsOf(condition).flatMap(leavesOf);
}

/**
 * Returns one text for conditions that differ only in the order or repetition of arms and of `in` values, or in
 * spellings that are equal by definition. The text is part of a rollup's id: it may never change.
 */
export function canonicalCondition(condition: Condition): string {
  if ('not' in condition) return `{"not":${canonicalCondition(condition.not)}}`;
  if ('property' in condition) return canonicalComparison(condition);
  if ('cohort' in condition) return `{"cohort":${JSON.stringify(condition.cohort)}}`;
  const name = 'and' in condition ? 'and' : 'or';
  const arms = uniqueSorted(armsOf(condition).map(canonicalCondition));
  return arms.length === 1 ? arms[0]! : `{"${name}":[${arms.join(',')}]}`;
}

export interface ConditionError {
  /** Steps from the condition to the fault. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Checks a condition from the wire. Its nodes, depth and values are bounded, so that the cost of evaluating it is
 * bounded too.
 */
export function parseCondition(input: unknown): Result<Condition, ConditionError> {
  try {
    return ok(new Parser().node(input, [], 1));
  } catch (fault) {
    if (fault instanceof ConditionFault) return err({ path: fault.path, message: fault.message });
    throw fault;
  }
}

/** `parseCondition` as a zod schema, with its paths. */
export const conditionSchema = z
  .unknown()
  .superRefine((input, context) => {
    const parsed = parseCondition(input);
    if (parsed.ok) return;
    context.addIssue({ code: 'custom', path: [...parsed.error.path], message: parsed.error.message });
  })
  .meta({ id: 'Condition', ...CONDITION_JSON_SCHEMA }) as unknown as z.ZodType<Condition, Condition>;

type Scalar = string | number | boolean | null;

function armsOf(condition: Exclude<Condition, Comparison | CohortCondition>): readonly Condition[] {
  if ('and' in condition) return condition.and;
  return 'or' in condition ? condition.or : [condition.not];
}

function canonicalComparison({ property, op, value = null, caseInsensitive }: Comparison): string {
  const folds = caseInsensitive ? ',"caseInsensitive":true' : '';
  const head = `{"property":${JSON.stringify(property)},"op":"${op}"${folds}`;
  if (op === 'exists') return `${head},"value":${value !== false}}`;
  if (!Array.isArray(value)) return `${head},"value":${JSON.stringify(value)}}`;
  return `${head},"value":[${uniqueSorted(value.map((one) => JSON.stringify(one))).join(',')}]}`;
}

function uniqueSorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareCodePoints);
}

class ConditionFault extends Error {
  readonly path: readonly (string | number)[];
  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}

type Path = readonly (string | number)[];

/** Builds the condition anew, field by field, so that nothing unknown gets through. */
class Parser {
  #nodes = 0;

  node(input: unknown, path: Path, depth: number): Condition {
    this.#nodes++;
    if (this.#nodes > LIMITS.queryConditionsMax) {
      throw new ConditionFault(path, `a condition has at most ${LIMITS.queryConditionsMax} parts`);
    }
    if (depth > LIMITS.queryConditionDepthMax) {
      throw new ConditionFault(path, `a condition is at most ${LIMITS.queryConditionDepthMax} levels deep`);
    }
    if (!isObject(input)) {
      throw new ConditionFault(path, 'expected {property, op, value}, {cohort}, {and}, {or} or {not}');
    }
    if ('and' in input) return { and: this.#arms(input, 'and', path, depth) };
    if ('or' in input) return { or: this.#arms(input, 'or', path, depth) };
    if ('not' in input) {
      only(input, ['not'], path);
      return { not: this.node(input.not, [...path, 'not'], depth + 1) };
    }
    return 'cohort' in input ? cohortCondition(input, path) : comparison(input, path);
  }

  #arms(input: Record<string, unknown>, name: 'and' | 'or', path: Path, depth: number): Condition[] {
    only(input, [name], path);
    const arms = input[name];
    const at = [...path, name];
    if (!Array.isArray(arms) || arms.length === 0) throw new ConditionFault(at, 'expected at least one condition');
    return arms.map((arm, index) => this.node(arm, [...at, index], depth + 1));
  }
}

function cohortCondition(input: Record<string, unknown>, path: Path): CohortCondition {
  only(input, ['cohort'], path);
  const { cohort } = input;
  if (typeof cohort === 'string' && cohort.length > 0 && cohort.length <= LIMITS.cohortIdLengthMax) return { cohort };
  throw new ConditionFault([...path, 'cohort'], 'expected the id of a cohort');
}

function comparison(input: Record<string, unknown>, path: Path): Comparison {
  only(input, ['property', 'op', 'value', 'caseInsensitive'], path);
  const { property, op, value, caseInsensitive = false } = input;
  if (!isPropertyName(property)) {
    throw new ConditionFault([...path, 'property'], `expected a name of 1 to ${LIMITS.nameLengthMax} characters`);
  }
  if (!isOp(op)) throw new ConditionFault([...path, 'op'], `expected one of ${CONDITION_OPS.join(', ')}`);
  const fault = valueFault(op, value);
  if (fault !== null) throw new ConditionFault([...path, 'value'], `${op} takes ${fault}`);
  if (typeof caseInsensitive !== 'boolean' || (caseInsensitive && !FOLDING_OPS.has(op))) {
    const takers = [...FOLDING_OPS].join(', ');
    throw new ConditionFault([...path, 'caseInsensitive'], `expected true or false, and true only with ${takers}`);
  }
  if (op === 'exists') return { property, op, value: value !== false };
  const plain = { property, op, value: (Array.isArray(value) ? [...value] : value) as JsonValue };
  return caseInsensitive ? { ...plain, caseInsensitive } : plain;
}

/** Describes the values that the op takes; null when this value is one of them. */
function valueFault(op: ConditionOp, value: unknown): string | null {
  switch (op) {
    case 'eq':
    case 'neq':
      return isScalar(value) ? null : 'a text, a number, true, false or null';
    case 'startsWith':
    case 'endsWith':
      return typeof value === 'string' ? null : 'a text';
    case 'contains':
      return isScalar(value) && value !== null ? null : 'a text, a number, true or false';
    case 'in': {
      const max = LIMITS.queryConditionValuesMax;
      const fits = Array.isArray(value) && value.length > 0 && value.length <= max && value.every(isScalar);
      return fits ? null : `an array of 1 to ${max} texts, numbers, booleans or nulls`;
    }
    case 'exists':
      return value === undefined || typeof value === 'boolean' ? null : 'true or false';
    default:
      return typeof value === 'number' || typeof value === 'string' ? null : 'a number or a text';
  }
}

/** Tells whether a value may be a property's name in a question. */
export function isPropertyName(name: unknown): name is string {
  return typeof name === 'string' && name.length > 0 && name.length <= LIMITS.nameLengthMax;
}

function only(input: Record<string, unknown>, names: readonly string[], path: Path): void {
  const unknown = Object.keys(input).find((key) => !names.includes(key));
  if (unknown !== undefined) throw new ConditionFault([...path, unknown], `unknown; expected ${names.join(', ')}`);
}

function isOp(op: unknown): op is ConditionOp {
  return CONDITION_OPS.includes(op as ConditionOp);
}

function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}
