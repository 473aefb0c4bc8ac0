/** PathsQuestion: the wire form of a question for paths, and the parsed form of the same question. */
import { z } from 'zod';
import type { Condition } from '../../event/condition.ts';
import { columnName } from '../../event/property.ts';
import { LIMITS } from '../../limits.ts';
import { ok } from '../../std/result.ts';
import { type FunnelRules, funnelRuleFields, resolveRules, stepNumber } from '../funnel/funnel-question.ts';
import { activityOf, identityEventsField } from '../kit/activity.ts';
import { type Matcher, matcherOf, matcherSchema } from '../kit/matchers.ts';
import { commonFields, eventsField, type JourneyQuestion, nameSchema, parseQuestion, refuse } from '../kit/request.ts';

const STEPS_DEFAULT = 5;
const NODES_DEFAULT = 10;

const afterFunnelSchema = z.strictObject({
  ...funnelRuleFields,
  step: stepNumber.describe('Step of the funnel, counted from 1.'),
  outcome: z
    .enum(['reached', 'dropped'])
    .default('dropped')
    .describe('dropped: the people who reached the step before it and not this one; reached: those who reached it.'),
});

export const pathsSchema = z.strictObject({
  ...commonFields,
  events: eventsField,
  identityEvents: identityEventsField,
  startAt: matcherSchema
    .optional()
    .describe('Paths begin at the first event that matches. Give this, endAt or afterFunnel.'),
  endAt: matcherSchema.optional().describe('Paths lead up to the last event that matches.'),
  afterFunnel: afterFunnelSchema
    .optional()
    .describe(
      'Paths of the people who left a funnel before a step, or reached it: each begins when the person first got to the last step ' +
        'that counts. `where` and the range are those of the funnel; steps after it are read as far as its window reaches.',
    ),
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
  afterFunnel: 'steps-invalid',
  steps: 'steps-invalid',
  nodes: 'query-invalid',
  by: 'query-invalid',
  collapse: 'query-invalid',
  windowSeconds: 'window-invalid',
} as const;

/** The people whose paths are wanted, and the step of the funnel at which these begin. */
export interface AfterFunnel extends FunnelRules {
  /** The last step that the person has reached, or of those that count. */
  readonly last: number;
  readonly outcome: 'reached' | 'dropped';
  /** The condition of events that are steps of a path; null when all are. */
  readonly activity: Condition | null;
}

export interface PathsQuestion extends JourneyQuestion {
  /** Null when paths begin at a funnel. */
  readonly anchor: Matcher | null;
  readonly afterFunnel: AfterFunnel | null;
  readonly isBackward: boolean;
  readonly stepCount: number;
  readonly nodes: number;
  readonly by: string;
  readonly collapses: boolean;
  readonly windowMs: number;
}

export function parsePaths(body: unknown, timezone: string) {
  return parseQuestion({ question: pathsSchema, codes: pathsCodes }, body, timezone, (fields, common) => {
    const { startAt, endAt, afterFunnel, windowSeconds, steps: stepCount, nodes, by, collapse: collapses } = fields;
    if ([startAt, endAt, afterFunnel].filter((place) => place !== undefined).length !== 1) {
      return refuse('matcher-invalid', '/startAt', 'Give one of startAt, endAt and afterFunnel.');
    }
    const isBackward = endAt !== undefined;
    const windowMs = windowSeconds === undefined ? Number.POSITIVE_INFINITY : Math.round(windowSeconds * 1_000);
    const own = { isBackward, stepCount, nodes, by, collapses, windowMs };
    if (afterFunnel !== undefined) {
      const after = resolveAfter(fields, afterFunnel, common);
      if (!after.ok) return after;
      const { matchers, properties, ...rules } = after.value;
      return ok<OwnPaths>({
        own: { ...own, anchor: null, afterFunnel: rules },
        matchers,
        properties: [by, ...properties],
      });
    }
    const anchor = matcherOf((startAt ?? endAt)!);
    return ok<OwnPaths>({
      own: { ...own, anchor, afterFunnel: null },
      matchers: [anchor],
      activity: activityOf(fields, anchor),
      properties: [by],
    });
  });
}

interface OwnPaths {
  readonly own: Omit<PathsQuestion, keyof JourneyQuestion>;
  readonly matchers: readonly Matcher[];
  readonly activity?: Condition | null;
  readonly properties: readonly string[];
}

type PathsFields = z.output<typeof pathsSchema>;

function resolveAfter(
  fields: PathsFields,
  { step, outcome, ...rules }: z.output<typeof afterFunnelSchema>,
  common: Pick<JourneyQuestion, 'endMs'>,
) {
  // Names would be a filter of the funnel too, which then had other people.
  if (fields.events !== undefined) return refuse('events-invalid', '/events', 'Leave out events beside afterFunnel.');
  const resolved = resolveRules(rules, common);
  if (!resolved.ok) return refuse('steps-invalid', `/afterFunnel${resolved.error.path}`, resolved.error.message);
  const { own, ...named } = resolved.value;
  const stepMin = outcome === 'dropped' ? 2 : 1;
  if (step < stepMin || step > own.steps.length)
    return refuse('steps-invalid', '/afterFunnel/step', `The step must be from ${stepMin} to ${own.steps.length}.`);
  const last = outcome === 'dropped' ? step - 1 : step;
  return ok({ ...own, last, outcome, activity: activityOf(fields), ...named });
}
