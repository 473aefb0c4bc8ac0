/**
 * Measure: the quantity computed over a set of events: their count, their people or groups, or a statistic of a numeric
 * property.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

export const STATISTICS = ['sum', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Exactly one statistic, with the name of its property. */
export type NumberMeasure = { readonly [S in Statistic]: { readonly [statistic in S]: string } }[Statistic];
export type Measure = 'count' | 'users' | 'groups' | NumberMeasure;

const nameSchema = z.string().min(1).max(LIMITS.nameLengthMax);

export const measureSchema: z.ZodType<Measure, Measure> = z
  .union(
    [
      z.literal('count'),
      z.literal('users'),
      z.literal('groups'),
      z.strictObject({ sum: nameSchema }),
      z.strictObject({ avg: nameSchema }),
      z.strictObject({ min: nameSchema }),
      z.strictObject({ max: nameSchema }),
      z.strictObject({ p50: nameSchema }),
      z.strictObject({ p90: nameSchema }),
      z.strictObject({ p95: nameSchema }),
      z.strictObject({ p99: nameSchema }),
    ],
    { error: `expected "count", "users", "groups", or one of ${STATISTICS.join(', ')} with the name of a property` },
  )
  .meta({
    description: '"count", "users", "groups", or {"sum"|"avg"|"min"|"max"|"p50"|"p90"|"p95"|"p99": "<property>"}',
  });

/** Returns the statistic and property of a measure; null for count, users and groups. */
export function measureOfNumber(measure: Measure): { readonly statistic: Statistic; readonly property: string } | null {
  if (typeof measure === 'string') return null;
  const [statistic, property] = Object.entries(measure)[0]! as [Statistic, string];
  return { statistic, property };
}
