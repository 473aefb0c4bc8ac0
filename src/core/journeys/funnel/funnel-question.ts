/** FunnelQuestion: the wire form of a funnel, and the parsed form of the same question. */
import { z } from 'zod';
import { LIMITS } from '../../limits.ts';
import { ok } from '../../std/result.ts';
import { hasOneName, type Matcher, matcherFields, matcherName, matcherOf, stepSchema } from '../kit/matchers.ts';
import { commonFields, type JourneyQuestion, nameSchema, parseQuestion, refuse } from '../kit/request.ts';
import type { ChainRules } from './funnel-chain.ts';

const WINDOW_SECONDS_MAX = LIMITS.queryRangeDaysMax * 86_400;
/** A step of the funnel, counted from 1. */
export const stepNumber = z.int().min(1).max(LIMITS.funnelStepsMax);

const exclusionSchema = z
  .strictObject({
    ...matcherFields,
    from: stepNumber.default(1).describe('Step after which the event is forbidden.'),
    to: stepNumber.optional().describe('Step before which the event is forbidden. Default: the last step.'),
  })
  .refine(hasOneName, { message: 'give event or events, not both' })
  .refine(({ event, events, where }) => event ?? events ?? where, { message: 'give event, events or where' });

/** What makes a funnel, beside the fields of every journey and its breakdown. */
export const funnelRuleFields = {
  steps: z.array(stepSchema).min(2).max(LIMITS.funnelStepsMax),
  windowSeconds: z
    .number()
    .min(0.001)
    .max(WINDOW_SECONDS_MAX)
    .describe(
      'The longest time from the first step to the last one, both ends included. ' +
        'The range bounds the first step; the others are looked for as far as the window reaches.',
    ),
  order: z
    .enum(['in-order', 'any'])
    .default('in-order')
    .describe('in-order: one step after the other; any: the steps in any order.'),
  ties: z
    .enum(['strict', 'non-strict'])
    .default('non-strict')
    .describe(
      'non-strict: a step may be at the same instant as the one before it; strict: it is later. ' +
        'Steps in any order have no order at one instant either, so both mean the same there.',
    ),
  anchor: z
    .enum(['best', 'first'])
    .default('best')
    .describe('best: any event of the first step may begin the funnel; first: only the person’s first one may.'),
  same: nameSchema
    .optional()
    .describe(
      'Property whose value all steps of a person must share; an event without it is no step. ' +
        'An exclusion applies when it has the same value or none. Default: steps need not share anything.',
    ),
  exclusions: z
    .array(exclusionSchema)
    .max(LIMITS.funnelExclusionsMax)
    .default([])
    .describe('Events that may not happen between two steps.'),
} as const;

export const funnelFields = {
  ...commonFields,
  ...funnelRuleFields,
  breakdown: z
    .enum(['event', 'person'])
    .default('event')
    .describe(
      'The value that `groupBy` takes: that of the first step’s event, or that of the person’s first event with one.',
    ),
} as const;

export const funnelSchema = z.strictObject(funnelFields);

export const funnelCodes = {
  steps: 'steps-invalid',
  windowSeconds: 'window-invalid',
  order: 'mode-invalid',
  ties: 'mode-invalid',
  anchor: 'anchor-invalid',
  same: 'query-invalid',
  exclusions: 'exclusions-invalid',
  breakdown: 'mode-invalid',
} as const;

export interface FunnelQuestion extends JourneyQuestion {
  readonly steps: readonly { readonly name: string; readonly matcher: Matcher }[];
  readonly exclusions: readonly { readonly matcher: Matcher; readonly from: number; readonly to: number }[];
  readonly isInOrder: boolean;
  /** The property whose value the steps share; null when they need not. */
  readonly same: string | null;
  readonly ties: 'strict' | 'non-strict';
  readonly rules: ChainRules;
  readonly breakdown: 'event' | 'person';
}

export function parseFunnel(body: unknown, timezone: string) {
  return parseQuestion({ question: funnelSchema, codes: funnelCodes }, body, timezone, resolveFunnel);
}

/** Resolves the fields of a funnel. */
export function resolveFunnel(body: z.output<typeof funnelSchema>, common: Pick<JourneyQuestion, 'endMs'>) {
  const rules = resolveRules(body, common);
  if (!rules.ok) return rules;
  const { own, ...named } = rules.value;
  return ok({ own: { ...own, breakdown: body.breakdown }, ...named });
}

export type FunnelRules = Omit<FunnelQuestion, keyof JourneyQuestion | 'breakdown'>;

const ruleSchema = z.strictObject(funnelRuleFields);

/** Resolves what makes a funnel. A row's mask has a bit for each step, then one for each exclusion. */
export function resolveRules(body: z.output<typeof ruleSchema>, { endMs }: Pick<JourneyQuestion, 'endMs'>) {
  const stepCount = body.steps.length;
  const exclusions: { matcher: Matcher; from: number; to: number }[] = [];
  for (const [index, { from, to = stepCount, ...matcher }] of body.exclusions.entries()) {
    const path = `/exclusions/${index}`;
    if (from >= to) return refuse('exclusions-invalid', path, `from (${from}) must be before to (${to}).`);
    if (to > stepCount) return refuse('exclusions-invalid', `${path}/to`, `The funnel has ${stepCount} steps.`);
    exclusions.push({ matcher: matcherOf(matcher), from, to });
  }
  const isInOrder = body.order === 'in-order';
  if (!isInOrder && exclusions.length > 0) {
    return refuse(
      'exclusions-invalid',
      '/exclusions',
      'Exclusions need steps in order: there is no "between" otherwise.',
    );
  }
  const steps = body.steps.map((step) => {
    const matcher = matcherOf(step);
    return { name: step.name ?? matcherName(matcher), matcher };
  });
  const own: FunnelRules = {
    steps,
    exclusions,
    isInOrder,
    same: body.same ?? null,
    ties: body.ties,
    rules: {
      stepCount,
      windowMs: Math.round(body.windowSeconds * 1_000),
      isStrict: isInOrder && body.ties === 'strict',
      isFirstTouch: body.anchor === 'first',
      anchorEndMs: endMs,
      exclusions: exclusions.map(({ from, to }, index) => ({ bit: stepCount + index, from, to })),
    },
  };
  const matchers = [...steps, ...exclusions].map(({ matcher }) => matcher);
  return ok({ own, matchers, properties: own.same === null ? [] : [own.same] });
}
