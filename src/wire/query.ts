/**
 * Questions on the wire: one question, several, or named ones with formulas over them, and their answers.
 */
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import { FORMULA_NAME } from '../core/query/formula/formula.ts';
import { querySchema } from '../core/query/question/request.ts';
import type { DeepReadonly } from '../core/std/deep-readonly.ts';
import { metaSchema } from './meta.ts';

const SPAN_LENGTH_MAX = 20;
const spanSchema = z.string().max(SPAN_LENGTH_MAX);
const nameSchema = z.string().regex(FORMULA_NAME);

/** One question as a report holds it: its range may be given by `last`. */
export const questionSchema = querySchema.partial({ from: true, to: true }).extend({
  last: spanSchema.optional().describe('A span such as "30 days", today included, in place of `from` and `to`.'),
  compare: z
    .strictObject({ offset: spanSchema.describe('A span such as "1 week".') })
    .optional()
    .describe('Also answers the question for the range that much earlier.'),
});
export type QuestionBody = z.input<typeof questionSchema>;

export const reportSchema = z.union([
  questionSchema,
  z.strictObject({ queries: z.array(questionSchema).min(1).max(LIMITS.queryBatchMax) }),
  z.strictObject({
    queries: z.record(nameSchema, questionSchema).describe(`1 to ${LIMITS.queryBatchMax} questions by name.`),
    formulas: z
      .record(nameSchema, z.string().max(LIMITS.formulaLengthMax))
      .optional()
      .describe(
        'Formulas by name, made of + - * / ( ), numbers, names, previous(name), cumulative(x) and movingAverage(x, points).',
      ),
  }),
]);

export const pointSchema = z.object({
  at: z.iso.datetime(),
  partial: z.literal(true).optional().describe('Present when the range holds only a part of the interval.'),
  value: z.number().nullable(),
});
export const seriesSchema = z.object({
  key: z.record(z.string(), z.string().nullable()).describe('Property → value; null when the event lacks it.'),
  other: z.literal(true).optional().describe('Marks the remainder beyond `top`, which is always the last series.'),
  total: z.number().nullable(),
  points: z.array(pointSchema),
});
const seriesListSchema = z.array(seriesSchema);

export const answerSchema = z.object({
  series: seriesListSchema,
  cursor: z
    .string()
    .optional()
    .describe('Asks for the series behind those listed, with the same question. Absent when all are listed.'),
  meta: metaSchema,
  compared: z
    .object({ from: z.iso.datetime(), to: z.iso.datetime(), series: seriesListSchema, meta: metaSchema })
    .optional()
    .describe('The answer for the earlier range of `compare`.'),
});
/** The answer of one question. */
export type Answer = DeepReadonly<z.output<typeof answerSchema>>;

export const reportAnswerSchema = z.union([
  answerSchema,
  z.object({ answers: z.array(answerSchema) }),
  z.object({
    answers: z.record(z.string(), answerSchema),
    formulas: z.record(z.string(), z.object({ series: seriesListSchema })),
  }),
]);
export type ReportAnswer = DeepReadonly<z.output<typeof reportAnswerSchema>>;
