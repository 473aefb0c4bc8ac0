/**
 * Funnel: the number of people who get through a row of steps, where they drop off, and how long they take.
 *
 * Each person is in one group of a breakdown: that of the earliest anchor that gets them furthest; so groups add up to
 * the whole. Times to a step are those of the people who reach it: from the earliest anchor from which they do, and the
 * shortest of all.
 *
 * The first step lies in the range. The others are read as far beyond it as the window reaches, so that a person who
 * began near its end is not counted as dropped, and adjacent ranges count each beginning once.
 */
import { z } from 'zod';
import { LIMITS } from '../../limits.ts';
import { GroupedCounts } from '../counts/grouped-counts.ts';
import { groupedAnswer, groupsField } from '../counts/groups.ts';
import { DurationBag, quantilesSchema } from '../counts/quantiles.ts';
import type { Breakdown } from '../kit/breakdown.ts';
import { type JourneyFold, TOO_MANY_GROUPS } from '../kit/journey.ts';
import type { JourneyKind } from '../kit/journey-kind.ts';
import type { Sequences } from '../kit/sequences.ts';
import { ABSENT } from '../kit/text-codes.ts';
import { type FunnelQuestion, funnelCodes, funnelSchema, parseFunnel } from './funnel-question.ts';
import { funnelReader, stepAlgorithm } from './funnel-rows.ts';
import type { StepAlgorithm } from './step-algorithm.ts';

const stepSchema = z.object({
  name: z.string(),
  people: z.int(),
  ofFirst: z.number().nullable().describe('Share of the first step; null when no person reached it.'),
  ofPrevious: z.number().nullable().describe('Share of the step before; null when no person reached it.'),
  dropped: z.int().describe('People of the step before who did not get here.'),
  secondsToConvert: quantilesSchema
    .optional()
    .describe('Seconds from the earliest first step that gets here. Absent on the first step.'),
  secondsToConvertShortest: quantilesSchema
    .optional()
    .describe('Seconds from the first step that gets here the fastest. Absent on the first step.'),
});
const table = { steps: z.array(stepSchema) };
const answer = groupedAnswer(table, {
  ties: z.enum(['strict', 'non-strict']).describe('Whether steps at one instant count as one after the other.'),
  tied: z
    .array(z.int())
    .describe(
      'For each step, the people whom equal instants decide: with non-strict, those who reach it by a step at the same ' +
        'instant as the one before; with strict, those who would. 0 when the order does not matter.',
    ),
});
type FunnelTable = z.output<z.ZodObject<typeof table>>;
type FunnelAnswer = z.output<typeof answer>;

class FunnelFold implements JourneyFold<FunnelAnswer> {
  readonly #question: FunnelQuestion;
  readonly #breakdown: Breakdown;
  readonly #algorithm: StepAlgorithm;
  /** The same funnel with the other rule for ties; null when the order does not matter. */
  readonly #otherTies: StepAlgorithm | null;
  /** For each step, the people whom the rule for ties decides. */
  readonly #tied: number[];
  /** For each group, at index i, the people who reached step i + 1 and no further. */
  readonly #reached: GroupedCounts;
  readonly #earliest = new DurationBag();
  readonly #shortest = new DurationBag();
  excess: string | null = null;

  constructor(question: FunnelQuestion, breakdown: Breakdown) {
    this.#question = question;
    this.#breakdown = breakdown;
    this.#algorithm = stepAlgorithm(question);
    this.#otherTies = question.isInOrder ? stepAlgorithm(withOtherTies(question)) : null;
    this.#tied = question.steps.map(() => 0);
    this.#reached = new GroupedCounts(question.steps.length);
  }

  get isEstimated(): boolean {
    return this.#earliest.isEstimated || this.#shortest.isEstimated;
  }

  add(people: Sequences): void {
    const { at, offsets, personCount } = people;
    const algorithm = this.#algorithm;
    const { times } = algorithm;
    for (let person = 0; person < personCount && this.excess === null; person++) {
      const from = offsets[person]!;
      const to = offsets[person + 1]!;
      const reached = algorithm.reach(people, from, to);
      if (reached === 0) continue;
      if (this.#otherTies !== null && hasTie(at, from, to)) {
        this.#countTied(reached, this.#otherTies.reach(people, from, to));
      }
      const group = this.#groupOf(people, person, reached);
      this.#reached.row(group)[reached - 1]!++;
      for (let step = 2; step <= reached; step++) {
        algorithm.time(people, from, to, step);
        const slot = group * LIMITS.funnelStepsMax + step - 1;
        this.#earliest.add(slot, times.earliestMs);
        this.#shortest.add(slot, times.shortestMs);
      }
      if (this.#reached.cellCount > LIMITS.journeyCellsMax || this.#earliest.isFull || this.#shortest.isFull) {
        this.excess = TOO_MANY_GROUPS;
      }
    }
  }

  finish(): FunnelAnswer {
    const groups = [...this.#reached.sizes(0).keys()];
    const [whole] = this.#tables([groups]);
    const sizes = new Map(groups.map((group) => [group, total(this.#reached.row(group))]));
    return {
      ...whole!,
      ties: this.#question.ties,
      tied: this.#tied,
      ...groupsField(this.#question, this.#breakdown.texts, sizes, (lots) => this.#tables(lots)),
    };
  }

  #countTied(reached: number, otherwise: number): void {
    const last = Math.max(reached, otherwise);
    for (let step = Math.min(reached, otherwise) + 1; step <= last; step++) this.#tied[step - 1]!++;
  }

  /** The group of the anchor that gets the person furthest. */
  #groupOf(people: Sequences, person: number, reached: number): number {
    const { at, codes, offsets, groups } = people;
    const { groupedBy, texts } = this.#breakdown;
    if (groupedBy === 'none') return ABSENT;
    if (groupedBy === 'person') return groups[person]!;
    const from = offsets[person]!;
    const to = offsets[person + 1]!;
    const { times } = this.#algorithm;
    this.#algorithm.time(people, from, to, reached);
    const ranks = texts.ranks();
    const anchorMask = this.#question.isInOrder ? 1 : 2 ** this.#question.steps.length - 1;
    let best = -1;
    for (let row = from; row < to; row++) {
      if (at[row] !== times.earliestAnchorMs || (codes[row]! & anchorMask) === 0) continue;
      if (!this.#algorithm.isOfAnchor(people, row)) continue;
      const group = groups[row]!;
      if (best === -1 || ranks[group]! < ranks[best]!) best = group;
    }
    return best;
  }

  /** The steps of each lot of groups. */
  #tables(lots: readonly (readonly number[])[]): FunnelTable[] {
    const { steps } = this.#question;
    const lotOf = new Map(lots.flatMap((groups, lot) => groups.map((group) => [group, lot] as const)));
    const slotLot = (slot: number) => {
      const lot = lotOf.get(Math.floor(slot / LIMITS.funnelStepsMax));
      return lot === undefined ? undefined : lot * steps.length + (slot % LIMITS.funnelStepsMax);
    };
    const earliest = this.#earliest.seconds(lots.length * steps.length, slotLot);
    const shortest = this.#shortest.seconds(lots.length * steps.length, slotLot);
    return lots.map((groups, lot) => {
      const people = this.#reached.sum(groups);
      for (let index = people.length - 2; index >= 0; index--) people[index]! += people[index + 1]!;
      const rows = steps.map(({ name }, index) => ({
        name,
        people: people[index]!,
        ofFirst: share(people[index]!, people[0]!),
        ofPrevious: share(people[index]!, people[Math.max(0, index - 1)]!),
        dropped: index === 0 ? 0 : people[index - 1]! - people[index]!,
        ...(index > 0 && {
          secondsToConvert: earliest[lot * steps.length + index]!,
          secondsToConvertShortest: shortest[lot * steps.length + index]!,
        }),
      }));
      return { steps: rows };
    });
  }
}

function withOtherTies({ isInOrder, rules, same }: FunnelQuestion) {
  return { isInOrder, same, rules: { ...rules, isStrict: !rules.isStrict } };
}

/** Whether some of the events [from, to) are at one instant. */
function hasTie(at: Float64Array, from: number, to: number): boolean {
  for (let row = from + 1; row < to; row++) if (at[row] === at[row - 1]) return true;
  return false;
}

function total(row: Float64Array): number {
  return row.reduce((sum, value) => sum + value, 0);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

export const funnel = {
  name: 'funnel',
  summary: 'How many people get through a row of steps',
  description:
    'The steps of one person lie within `windowSeconds` of the first one, in order or in any order. The first step lies in ' +
    'the range. Each person is in one group of a breakdown: that of the first step which gets them furthest.',
  question: funnelSchema,
  codes: funnelCodes,
  answer,
  parse: parseFunnel,
  make(question: FunnelQuestion) {
    const reader = funnelReader(question);
    return { reader, fold: new FunnelFold(question, reader.breakdown) };
  },
} as const satisfies JourneyKind<FunnelQuestion>;
