/** ValueType: the type of a property's value, as a bit, so that a number holds the types that were met. */
import type { JsonValue } from '../event/event.ts';

/** The types of values, each a bit of `types` in this order. Null is of none. */
export const VALUE_TYPES = ['text', 'number', 'boolean', 'list', 'object'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** Returns the bit of a value's type; 0 for null. */
export function typeBit(value: JsonValue): number {
  if (value === null) return 0;
  const type = typeof value;
  const name = type === 'string' ? 'text' : Array.isArray(value) ? 'list' : (type as 'number' | 'boolean' | 'object');
  return 1 << VALUE_TYPES.indexOf(name);
}

/** Returns the names of the types whose bits are set. */
export function typesOf(bits: number): ValueType[] {
  return VALUE_TYPES.filter((_, index) => bits & (1 << index));
}
