/** Compare: the operators of conditions, applied to one value of an event. What each means stands in condition.ts. */
import { compareCodePoints } from '../std/text.ts';
import type { JsonValue } from './event.ts';

export const CONDITION_OPS = [
  'eq',
  'neq',
  'in',
  'contains',
  'startsWith',
  'endsWith',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
] as const;
export type ConditionOp = (typeof CONDITION_OPS)[number];

/** Ops that may compare texts without case. */
export const FOLDING_OPS: ReadonlySet<ConditionOp> = new Set<ConditionOp>([
  'eq',
  'neq',
  'in',
  'contains',
  'startsWith',
  'endsWith',
]);

/** Tells whether `actual` meets the op with `wanted`. An absent value is null. */
export function compare(op: ConditionOp, actual: JsonValue, wanted: JsonValue, foldsCase: boolean): boolean {
  return foldsCase ? compareExactly(op, folded(actual), folded(wanted)) : compareExactly(op, actual, wanted);
}

/**
 * Returns the text in a form that is equal for texts that differ only in case. Lower case comes first, because some
 * letters have one upper case and several lower ones: both forms of sigma become one, and "ß" becomes "SS".
 */
function foldText(text: string): string {
  return text.toLowerCase().toUpperCase();
}

/** Folds a text, or the texts of a list; objects are compared as they are. */
function folded(value: JsonValue): JsonValue {
  if (typeof value === 'string') return foldText(value);
  return Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? foldText(one) : one)) : value;
}

function compareExactly(op: ConditionOp, actual: JsonValue, wanted: JsonValue): boolean {
  switch (op) {
    case 'eq':
      return isEqual(actual, wanted);
    case 'neq':
      return !isEqual(actual, wanted);
    case 'in':
      return Array.isArray(wanted) && wanted.some((one) => isEqual(actual, one));
    case 'contains':
      if (typeof actual === 'string') return typeof wanted === 'string' && actual.includes(wanted);
      return Array.isArray(actual) && actual.includes(wanted);
    case 'startsWith':
      return typeof actual === 'string' && typeof wanted === 'string' && actual.startsWith(wanted);
    case 'endsWith':
      return typeof actual === 'string' && typeof wanted === 'string' && actual.endsWith(wanted);
    case 'exists':
      return (actual !== null) === (wanted !== false);
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      if (typeof actual === 'number' && typeof wanted === 'number') return isOrdered(op, actual - wanted);
      return (
        typeof actual === 'string' && typeof wanted === 'string' && isOrdered(op, compareCodePoints(actual, wanted))
      );
  }
}

/** Tells whether the value is the wanted one, or is shown by a breakdown as the wanted text. */
function isEqual(actual: JsonValue, wanted: JsonValue): boolean {
  if (actual === wanted) return true;
  if (typeof wanted !== 'string' || actual === null || typeof actual === 'string') return false;
  if (typeof actual !== 'object') return String(actual) === wanted;
  return (wanted.startsWith('[') || wanted.startsWith('{')) && JSON.stringify(actual) === wanted;
}

/** Tells whether the op holds for two values whose difference is `difference`. */
function isOrdered(op: 'gt' | 'gte' | 'lt' | 'lte', difference: number): boolean {
  switch (op) {
    case 'gt':
      return difference > 0;
    case 'gte':
      return difference >= 0;
    case 'lt':
      return difference < 0;
    case 'lte':
      return difference <= 0;
  }
}
