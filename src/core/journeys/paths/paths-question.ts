/** PathsQuestion: the wire form of a question for paths, and the parsed form of the same question. */
import { z } from 'zod';
import { columnName } from '../../event/property.ts';
import { LIMITS } from '../../limits.ts';
import { ok } from '../../std/result.ts';
import { activityOf, identityEventsField } from '../kit/activity.ts';
import { type Matcher, matcherOf, matcherSchema } from '../kit/matchers.ts';
import { commonFields, eventsField, type JourneyQuestion, nameSchema, parseQuestion, refuse } from '../kit/request.ts';

const STEPS_DEFAULT = 5;
const NODES_DEFAULT = 10;

export const pathsSchema = z.strictObject({
  ...commonFields,
  events: eventsField,
  identityEvents: identityEventsField,
  startAt: matcherSchema.optional().describe('Paths begin at the first event that matches. Give this or endAt.'),
  endAt: matcherSchema.optional().describe('Paths lead up to the last event that matches.'),
  steps: z
    .int()
    .min(1)
    .max(LIMITS.pathStepsMax)
    .default(STEPS_DEFAULT)
    .describe('Number of steps beside the event at which paths begin or end.'),
  nodes: z
    .int()
    .min(1)
    .max(LIMITS.pathTopMax)
    .default(NODES_DEFAULT)
    .describe('Number of values listed in each step; the remainder is one more, `other`.'),
  by: nameSchema.default(columnName('event')).describe('Property whose value makes a step.'),
  collapse: z.boolean().default(false).describe('Whether a value that repeats the one before it is the same step.'),
  windowSeconds: z
    .number()
    .min(0.001)
    .max(LIMITS.queryRangeDaysMax * 86_400)
    .optional()
    .describe('The longest time between the event at which paths begin or end and a step. Default: the whole range.'),
});

export const pathsCodes = {
  events: 'events-invalid',
  identityEvents: 'query-invalid',
  startAt: 'matcher-invalid',
  endAt: 'matcher-invalid',
  steps: 'steps-invalid',
  nodes: 'query-invalid',
  by: 'query-invalid',
  collapse: 'query-invalid',
  windowSeconds: 'window-invalid',
} as const;

export interface PathsQuestion extends JourneyQuestion {
  readonly anchor: Matcher;
  readonly isBackward: boolean;
  readonly stepCount: number;
  readonly nodes: number;
  readonly by: string;
  readonly collapses: boolean;
  readonly windowMs: number;
}

export function parsePaths(body: unknown, timezone: string) {
  return parseQuestion({ question: pathsSchema, codes: pathsCodes }, body, timezone, (fields) => {
    const { startAt, endAt, windowSeconds, steps: stepCount, nodes, by, collapse: collapses } = fields;
    const end = startAt ?? endAt;
    if (end === undefined || (startAt !== undefined && endAt !== undefined)) {
      return refuse('matcher-invalid', '/startAt', 'Give either startAt or endAt.');
    }
    const anchor = matcherOf(end);
    const isBackward = endAt !== undefined;
    const windowMs = windowSeconds === undefined ? Number.POSITIVE_INFINITY : Math.round(windowSeconds * 1_000);
    const own = { anchor, isBackward, stepCount, nodes, by, collapses, windowMs };
    return ok({ own, matchers: [anchor], activity: activityOf(fields, anchor), properties: [by] });
  });
}
