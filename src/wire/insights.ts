/**
 * Insights on the wire: saving, listing, showing, removing and running saved questions.
 */
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import type { DeepReadonly } from '../core/std/deep-readonly.ts';
import { reportAnswerSchema } from './query.ts';

/** The parsed form: `query` is checked by the parser of questions, whose refusals have codes of their own. */
export const newInsightSchema = z.strictObject({
  name: z.string().trim().min(1).max(LIMITS.nameLengthMax),
  query: z.unknown().describe('A body of POST /v1/query. With `last`, its range moves with the time of the run.'),
});

export const insightSchema = z.object({
  id: z.string(),
  name: z.string(),
  query: z.unknown(),
  createdAt: z.iso.datetime(),
});
export type WireInsight = z.output<typeof insightSchema>;
export const insightListSchema = z.object({ insights: z.array(insightSchema) });

export const insightRunSchema = z.object({
  insight: insightSchema.pick({ id: true, name: true }),
  cached: z.boolean().describe('Whether the answer was kept from an earlier run, because nothing has changed since.'),
  answeredAt: z.iso.datetime(),
  answer: reportAnswerSchema,
});
export type InsightRun = DeepReadonly<z.output<typeof insightRunSchema>>;
