/**
 * Answer checks: they compare an answer with the schema of its route, and the code of a refusal with those that the
 * route names. Production has them off and sends an answer as it is. Tests turn them on, so that every answer of every
 * test is parsed.
 */
import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { z } from 'zod';
import { problemSchema } from '../wire/problem.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';
import { Problem, problemDocument } from './problem.ts';
import { statusesOf } from './problem-statuses.ts';

let enabled = false;

/** Turns the checks on for the life of the isolate. From then on a false answer is an error of the route. */
export function checkAnswers(): void {
  enabled = true;
}

/** Throws, when checks are on, for an answer with members or values that the schema does not describe. */
export function checkAnswer(c: Context, schema: z.ZodType, answer: unknown): void {
  if (!enabled) return;
  // The client gets JSON, which has no undefined members.
  const sent: unknown = JSON.parse(JSON.stringify(answer));
  const parsed = schema.safeParse(sent);
  if (!parsed.success) throw new Error(`${nameOf(c)} gives an answer that breaks its schema: ${parsed.error.message}`);
  const [undescribed] = differences(parsed.data, sent, '');
  if (undescribed !== undefined)
    throw new Error(`${nameOf(c)} gives the member ${undescribed}, which its schema lacks`);
}

/**
 * Checks an answer that is text already. `described` is its schema, or the content type of an answer that is not JSON.
 */
export function checkText(c: Context, described: z.ZodType | string, text: unknown): void {
  if (enabled && typeof described !== 'string' && typeof text === 'string') checkAnswer(c, described, JSON.parse(text));
}

/** Throws, when checks are on, for a refusal with a code that the route does not name. */
export function checkProblem(c: Context, codes: readonly ProblemCode[], thrown: unknown): void {
  if (!enabled || !(thrown instanceof Problem)) return;
  if (!codes.includes(thrown.code)) throw new Error(`${nameOf(c)} refuses with ${thrown.code}, which it does not name`);
  if (!statusesOf(thrown.code).includes(thrown.status))
    throw new Error(`${thrown.code} is sent with ${thrown.status}, which problem-statuses.ts does not tell`);
  problemSchema.parse(problemDocument(thrown));
}

function nameOf(c: Context): string {
  return `${c.req.method} ${routePath(c, -1)}`;
}

/**
 * JSON pointers of the members that were sent and are absent from the parsed value, because the schema does not know
 * them.
 */
function* differences(described: unknown, sent: unknown, path: string): Generator<string> {
  if (typeof sent !== 'object' || sent === null) return;
  for (const [key, value] of Object.entries(sent)) {
    // zod leaves this name out of a record.
    if (key === '__proto__') continue;
    const below = (described as Readonly<Record<string, unknown>> | undefined)?.[key];
    if (below === undefined) yield `${path}/${key}`;
    else yield* differences(below, value, `${path}/${key}`);
  }
}
