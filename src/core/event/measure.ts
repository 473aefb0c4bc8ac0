/**
 * Measure: the quantity computed over a set of events: their count, their people or groups, the distinct values of a
 * property, or a statistic of a numeric property.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

export const STATISTICS = ['sum', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Exactly one statistic, with the name of its property. */
export type NumberMeasure = { readonly [S in Statistic]: { readonly [statistic in S]: string } }[Statistic];
export interface DistinctMeasure {
  readonly distinct: string;
}
export type Measure = 'count' | 'users' | 'groups' | DistinctMeasure | NumberMeasure;

const nameSchema = z.string().min(1).max(LIMITS.nameLengthMax);

export const measureSchema: z.ZodType<Measure, Measure> = z
  .union(
    [
      z.literal('count'),
      z.literal('users'),
      z.literal('groups'),
      z.strictObject({ distinct: nameSchema }),
      z.strictObject({ sum: nameSchema }),
      z.strictObject({ avg: nameSchema }),
      z.strictObject({ min: nameSchema }),
      z.strictObject({ max: nameSchema }),
      z.strictObject({ p50: nameSchema }),
      z.strictObject({ p90: nameSchema }),
      z.strictObject({ p95: nameSchema }),
      z.strictObject({ p99: nameSchema }),
    ],
    {
      error: `expected "count", "users", "groups", or one of distinct, ${STATISTICS.join(', ')} with a property's name`,
    },
  )
  .meta({
    description:
      '"count", "users", "groups", {"distinct": "<property>"}, or ' +
      '{"sum"|"avg"|"min"|"max"|"p50"|"p90"|"p95"|"p99": "<property>"}',
  });

/** Returns the property whose distinct values are counted; null for any other measure. */
export function measureOfDistinct(measure: Measure): string | null {
  return typeof measure === 'object' && 'distinct' in measure ? measure.distinct : null;
}

/** Returns the statistic and property of a measure; null for one that takes no numbers. */
export function measureOfNumber(measure: Measure): { readonly statistic: Statistic; readonly property: string } | null {
  if (typeof measure === 'string' || 'distinct' in measure) return null;
  const [statistic, property] = Object.entries(measure)[0]! as [Statistic, string];
  return { statistic, property };
}
