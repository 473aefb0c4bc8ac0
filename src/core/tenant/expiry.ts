/**
 * Expiry: the policy by which a tenant's data is dropped at an age, by tier and by name of event.
 *
 * In: a policy and now. Out: for each tier the day before which everything is to be dropped. Ages go by event time.
 * Without a policy nothing is dropped: history of any age may be imported, and must not be gone in the morning. A field
 * that a policy leaves out has the product's default; null keeps for ever.
 */

import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { dayOf } from '../std/day.ts';

/** Minimum age: it exceeds the allowed lateness, or a live cell of a dropped day could still come. */
const DAYS_MIN = 8;
const DAYS_MAX = 36_500;

const days = z.int().min(DAYS_MIN).max(DAYS_MAX);

export const expirySchema = z.strictObject({
  hourDays: days.nullable().default(90).describe('Age in days at which hourly cells are dropped; daily cells stay.'),
  dayYears: z.int().min(1).max(100).nullable().default(5).describe('Age in years at which daily cells are dropped.'),
  lakeMonths: z
    .int()
    .min(1)
    .max(1_200)
    .nullable()
    .default(25)
    .describe('Age in months at which the events themselves are dropped.'),
  events: z
    .record(z.string().min(1).max(LIMITS.nameLengthMax), z.strictObject({ lakeDays: days }))
    .refine((events) => Object.keys(events).length <= LIMITS.expiryEventsMax, {
      message: `At most ${LIMITS.expiryEventsMax} names`,
    })
    .default({})
    .describe('Ages of events of these names, which are dropped earlier, from the lake and from all cells.'),
});
export type ExpiryPolicy = z.output<typeof expirySchema>;

/** Days since the epoch, before which data of the tier is dropped; null when nothing of the tier is. */
export interface ExpiryTargets {
  readonly hour: number | null;
  readonly day: number | null;
  readonly lake: number | null;
  readonly events: ReadonlyMap<string, number>;
}

export function expiryTargets({ hourDays, dayYears, lakeMonths, events }: ExpiryPolicy, nowMs: number): ExpiryTargets {
  const today = dayOf(nowMs);
  const now = new Date(nowMs);
  const monthsAgo = (months: number) =>
    dayOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, now.getUTCDate()));
  return {
    hour: hourDays === null ? null : today - hourDays,
    day: dayYears === null ? null : monthsAgo(12 * dayYears),
    lake: lakeMonths === null ? null : monthsAgo(lakeMonths),
    events: new Map(Object.entries(events).map(([name, { lakeDays }]) => [name, today - lakeDays])),
  };
}
