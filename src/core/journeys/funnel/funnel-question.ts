/** FunnelQuestion: a funnel as it is asked, and the same checked. */
import { z } from 'zod';
import { LIMITS } from '../../limits.ts';
import { ok, type Result } from '../../std/result.ts';
import { type Matcher, matcherFields, matcherName, matcherOf, namesOnce, stepSchema } from '../kit/matchers.ts';
import { commonFields, type JourneyQuestion, type JourneyRefusal, parseQuestion, refuse } from '../kit/request.ts';
import type { ChainRules } from './funnel-chain.ts';

const WINDOW_SECONDS_MAX = LIMITS.queryRangeDaysMax * 86_400;
const stepNumber = z.int().min(1).max(LIMITS.funnelStepsMax);

const exclusionSchema = z
  .strictObject({
    ...matcherFields,
    from: stepNumber.optional().describe('Step after which it is forbidden; the first unless said.'),
    to: stepNumber.optional().describe('Step before which it is forbidden; the last unless said.'),
  })
  .refine(namesOnce, { message: 'give event or events, not both' })
  .refine(({ event, events, where }) => event ?? events ?? where, { message: 'give event, events or where' });

const funnelFields = {
  ...commonFields,
  steps: z.array(stepSchema).min(2).max(LIMITS.funnelStepsMax),
  windowSeconds: z
    .number()
    .min(0.001)
    .max(WINDOW_SECONDS_MAX)
    .describe('From the first step to the last one, both ends included.'),
  order: z.enum(['in-order', 'any']).optional().describe('in-order unless said.'),
  ties: z
    .enum(['strict', 'non-strict'])
    .optional()
    .describe('strict, unless said: a step is later than the one before it. non-strict: or at the same instant.'),
  anchor: z
    .enum(['best', 'first'])
    .optional()
    .describe('best, unless said: any event of the first step may begin. first: only the person’s first one.'),
  exclusions: z.array(exclusionSchema).max(LIMITS.funnelExclusionsMax).optional(),
  breakdown: z
    .enum(['event', 'person'])
    .optional()
    .describe(
      'Whose value `groupBy` takes: the first step’s event (unless said), or the person’s first event that has one.',
    ),
} as const;

export const funnelSchema = z.strictObject(funnelFields);

export const funnelPeopleSchema = z.strictObject({
  ...funnelFields,
  step: stepNumber.describe('Counted from 1.'),
  outcome: z.enum(['reached', 'dropped']).optional().describe('dropped: reached the step before it, and not this one.'),
  limit: z.int().min(1).max(LIMITS.peoplePageMax).optional(),
  cursor: z.string().max(40).optional().describe('As the page before gave it.'),
});

export interface FunnelQuestion extends JourneyQuestion {
  readonly steps: readonly { readonly name: string; readonly matcher: Matcher }[];
  readonly exclusions: readonly { readonly matcher: Matcher; readonly from: number; readonly to: number }[];
  readonly isInOrder: boolean;
  readonly rules: ChainRules;
  readonly breakdown: 'event' | 'person';
}

export interface FunnelPeopleQuestion extends FunnelQuestion {
  readonly step: number;
  readonly outcome: 'reached' | 'dropped';
  readonly limit: number;
  readonly cursor: string | null;
}

export function parseFunnel(body: unknown, timezone: string): Result<FunnelQuestion, JourneyRefusal> {
  return parseQuestion(funnelSchema, body, timezone, resolve);
}

export function parseFunnelPeople(body: unknown, timezone: string): Result<FunnelPeopleQuestion, JourneyRefusal> {
  return parseQuestion(funnelPeopleSchema, body, timezone, (fields) => {
    const { step, outcome = 'reached', limit = 100, cursor = null } = fields;
    const resolved = resolve(fields);
    if (!resolved.ok) return resolved;
    const { own, matchers } = resolved.value;
    const stepMin = outcome === 'dropped' ? 2 : 1;
    if (step < stepMin || step > own.steps.length) {
      return refuse('step-invalid', '/step', `There are the steps ${stepMin} to ${own.steps.length}.`);
    }
    return ok({ own: { ...own, step, outcome, limit, cursor }, matchers });
  });
}

function resolve(body: z.output<typeof funnelSchema>) {
  const stepCount = body.steps.length;
  const exclusions: { matcher: Matcher; from: number; to: number }[] = [];
  for (const [index, { from = 1, to = stepCount, ...matcher }] of (body.exclusions ?? []).entries()) {
    const path = `/exclusions/${index}`;
    if (from >= to) return refuse('exclusions-invalid', path, `from (${from}) must be before to (${to}).`);
    if (to > stepCount) return refuse('exclusions-invalid', `${path}/to`, `There are ${stepCount} steps.`);
    exclusions.push({ matcher: matcherOf(matcher), from, to });
  }
  const isInOrder = body.order !== 'any';
  if (!isInOrder && exclusions.length > 0) {
    return refuse('exclusions-invalid', '/exclusions', 'Steps in any order have nothing between them.');
  }
  const steps = body.steps.map((step) => {
    const matcher = matcherOf(step);
    return { name: step.name ?? matcherName(matcher), matcher };
  });
  const own = {
    steps,
    exclusions,
    isInOrder,
    rules: {
      stepCount,
      windowMs: Math.round(body.windowSeconds * 1_000),
      isStrict: body.ties !== 'non-strict',
      isFirstTouch: body.anchor === 'first',
      exclusions: exclusions.map(({ from, to }, index) => ({ bit: stepCount + index, from, to })),
    },
    breakdown: body.breakdown ?? ('event' as const),
  };
  return ok({ own, matchers: [...steps, ...exclusions].map(({ matcher }) => matcher) });
}
