/**
 * Problem document: how a refusal of a whole request travels, RFC 9457 with a stable `code`.
 */
import { z } from 'zod';
import { PROBLEM_CODES, type ProblemCode } from './problem-codes.ts';

const codes = Object.keys(PROBLEM_CODES) as ProblemCode[];

/** Further members depend on the code: `path` and `errors`, `limit` and `met`, `needed` and `sent`, `property`. */
export const problemSchema = z.looseObject({
  type: z.string().describe('Path of the paragraph about the code.'),
  title: z.string().describe('The registered phrase of the status.'),
  status: z.int(),
  code: z.enum(codes),
  detail: z.string(),
});
export type ProblemDocument = z.output<typeof problemSchema>;
