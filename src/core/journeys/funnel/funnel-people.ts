/** FunnelPeople: the people who reached a step of a funnel, or dropped before it, page by page. */
import { z } from 'zod';
import { LIMITS } from '../../limits.ts';
import { ok } from '../../std/result.ts';
import { hashOf } from '../kit/figure.ts';
import type { Journey, JourneyFold } from '../kit/journey.ts';
import { parseQuestion, refuse } from '../kit/request.ts';
import type { Sequences } from '../kit/sequences.ts';
import { type FunnelQuestion, funnelCodes, funnelFields, resolveFunnel, stepNumber } from './funnel-question.ts';
import { funnelReader, stepAlgorithm } from './funnel-rows.ts';
import type { StepAlgorithm } from './step-algorithm.ts';

const LIMIT_DEFAULT = 100;
/** The fields of a question that lists people page by page. */
export const peoplePageFields = {
  limit: z.int().min(1).max(LIMITS.peoplePageMax).default(LIMIT_DEFAULT).describe('The most people of a page.'),
  cursor: z.string().max(40).optional().describe('The `cursor` of the page before. Default: the first page.'),
} as const;

const question = z.strictObject({
  ...funnelFields,
  step: stepNumber.describe('Step of the funnel, counted from 1.'),
  outcome: z
    .enum(['reached', 'dropped'])
    .default('reached')
    .describe(
      'reached: the people who reached the step; dropped: those who reached the step before it and not this one.',
    ),
  ...peoplePageFields,
});

const codes = {
  ...funnelCodes,
  step: 'step-invalid',
  outcome: 'mode-invalid',
  limit: 'query-invalid',
  cursor: 'query-invalid',
} as const;

export interface FunnelPeopleQuestion extends FunnelQuestion {
  readonly step: number;
  readonly outcome: 'reached' | 'dropped';
  readonly limit: number;
  /** Null for the first page. */
  readonly cursor: string | null;
}

const personSchema = z.object({
  person: z.string().describe('The pseudonym: 16 hexadecimal digits.'),
  userId: z.string().nullable().describe('null when the person has none, or when it is encrypted.'),
  anonymousId: z.string().nullable().describe('The last one in the range.'),
});
export type ListedPerson = z.output<typeof personSchema>;

export const peoplePageSchema = z.object({
  people: z.array(personSchema),
  cursor: z.string().nullable().describe('Cursor of the next page; null when there is none.'),
});
export type PeoplePage = z.output<typeof peoplePageSchema>;

/** The people found so far, by signed hash. */
class FunnelPeopleFold implements JourneyFold<bigint[]> {
  readonly #question: FunnelPeopleQuestion;
  readonly #algorithm: StepAlgorithm;
  readonly #after: bigint | null;
  readonly #found: bigint[] = [];
  readonly excess = null;

  constructor(question: FunnelPeopleQuestion, after: bigint | null) {
    this.#question = question;
    this.#algorithm = stepAlgorithm(question);
    this.#after = after;
  }

  /** People come in lots by ascending hash, so no more lots are needed once a page is full. */
  get count(): number {
    return this.#found.length;
  }

  add(sequences: Sequences): void {
    const { offsets, personCount } = sequences;
    const { step, outcome } = this.#question;
    for (let person = 0; person < personCount; person++) {
      const reached = this.#algorithm.reach(sequences, offsets[person]!, offsets[person + 1]!);
      if (outcome === 'reached' ? reached < step : reached !== step - 1) continue;
      const hash = hashOf(sequences, person);
      if (this.#after === null || hash > this.#after) this.#found.push(hash);
    }
  }

  /** Sorts by signed hash, ascending: the order in which the lake sorts people. */
  finish(): bigint[] {
    return this.#found.sort((left, right) => (left < right ? -1 : Number(left > right)));
  }
}

/**
 * The call for the people of a step. It is no journey kind: its fold finds hashes, and a second scan reads the ids of a
 * page.
 */
export const funnelPeople = {
  name: 'funnel/people',
  summary: 'The people who reached a step of a funnel, or dropped before it',
  question,
  codes,
  answer: peoplePageSchema,
  parse: (body: unknown, timezone: string) =>
    parseQuestion({ question, codes }, body, timezone, (fields, common) => {
      const { step, outcome, limit, cursor = null } = fields;
      const resolved = resolveFunnel(fields, common);
      if (!resolved.ok) return resolved;
      const { own, matchers, properties } = resolved.value;
      const stepMin = outcome === 'dropped' ? 2 : 1;
      if (step < stepMin || step > own.steps.length) {
        return refuse('step-invalid', '/step', `The step must be from ${stepMin} to ${own.steps.length}.`);
      }
      return ok({ own: { ...own, step, outcome, limit, cursor }, matchers, properties });
    }),
  /** Finds only people beyond `after`; all when it is null. A breakdown is of no use here and is left out. */
  make(question: FunnelPeopleQuestion, after: bigint | null) {
    const reader = funnelReader({ ...question, groupBy: null });
    return { reader, fold: new FunnelPeopleFold(question, after) } satisfies Journey<bigint[]>;
  },
};
