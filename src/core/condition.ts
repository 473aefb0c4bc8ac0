/**
 * Condition: a predicate over one event, used by rollup filters and by every query's `where`.
 */
import type { JsonValue } from './event.ts';

export const CONDITION_OPS = ['eq', 'neq', 'in', 'contains', 'gt', 'gte', 'lt', 'lte', 'exists'] as const;
export type ConditionOp = (typeof CONDITION_OPS)[number];

export interface Comparison {
  readonly property: string;
  readonly op: ConditionOp;
  readonly value?: JsonValue;
}
export type Condition =
  | Comparison
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition };

/** Reads a property of the event at hand by its query name; undefined when absent. */
export type PropertyReader = (property: string) => JsonValue | undefined;
