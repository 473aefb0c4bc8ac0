/**
 * Answer checks: whether an answer is what its route says, and a refusal one of those that it names. They are off in
 * production, where an answer is sent as it is, and on wherever tests run, so that every answer of every test is parsed.
 */
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { z } from 'zod';
import { problemSchema } from '../wire/problem.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';
import { Problem, problemDocument } from './problem.ts';

let enabled = false;

/** Turns the checks on, for good: from then on a false answer is an error of the route. */
export function checkAnswers(): void {
  enabled = true;
}

/** Throws when checks are on and the answer has other members, or other values, than the schema describes. */
export function checkAnswer(c: Context, schema: z.ZodType, answer: unknown): void {
  if (!enabled) return;
  // What is sent is JSON: members that are undefined are not.
  const sent: unknown = JSON.parse(JSON.stringify(answer));
  const parsed = schema.safeParse(sent);
  if (!parsed.success) throw new Error(`${nameOf(c)} answers other than it says: ${parsed.error.message}`);
  const [undescribed] = differences(parsed.data, sent, '');
  if (undescribed !== undefined) throw new Error(`${nameOf(c)} answers ${undescribed}, which it does not describe`);
}

/** Throws when checks are on and the refusal has a code that the route does not name. */
export function checkProblem(c: Context, codes: readonly ProblemCode[], thrown: unknown): void {
  if (!enabled || !(thrown instanceof Problem)) return;
  if (!codes.includes(thrown.code)) throw new Error(`${nameOf(c)} refuses with ${thrown.code}, which it does not name`);
  problemSchema.parse(problemDocument(thrown));
}

function nameOf(c: Context): string {
  return `${c.req.method} ${routePath(c, -1)}`;
}

/** JSON pointers of what was sent and is not in what the schema made of it: members that it does not know. */
function* differences(described: unknown, sent: unknown, path: string): Generator<string> {
  if (typeof sent !== 'object' || sent === null) return;
  for (const [key, value] of Object.entries(sent)) {
    const below = (described as Readonly<Record<string, unknown>> | undefined)?.[key];
    if (below === undefined) yield `${path}/${key}`;
    else yield* differences(below, value, `${path}/${key}`);
  }
}
