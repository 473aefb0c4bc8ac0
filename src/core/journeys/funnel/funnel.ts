/**
 * Funnel: how many people get through a row of steps, where they drop off, and how long they take.
 *
 * Each person is in one group of a breakdown: that of the anchor that gets them furthest, of several the earliest; so groups
 * add up to the whole. Times to a step are those of the people who reach it: from the earliest anchor from which they do, and
 * the shortest of all.
 */
import { LIMITS } from '../../limits.ts';
import { GroupedCounts, type GroupKey, groupKey, rankGroups } from '../kit/groups.ts';
import { type Journey, TOO_MANY_GROUPS } from '../kit/journey.ts';
import { MatchedRows } from '../kit/matched-rows.ts';
import { DurationBag, type Quantiles } from '../kit/quantiles.ts';
import type { Sequences } from '../kit/sequences.ts';
import { ABSENT } from '../kit/text-codes.ts';
import { ChainFunnel, type ChainTimes } from './funnel-chain.ts';
import type { FunnelPeopleQuestion, FunnelQuestion } from './funnel-question.ts';
import { SetFunnel } from './funnel-set.ts';

export interface FunnelStep {
  readonly name: string;
  readonly people: number;
  /** Share of the first step; null: nobody is there. */
  readonly ofFirst: number | null;
  readonly ofPrevious: number | null;
  /** People of the step before who did not get here. */
  readonly dropped: number;
  /** From the first step; of the second and later ones. */
  readonly secondsToConvert?: Quantiles;
  readonly secondsToConvertShortest?: Quantiles;
}
export interface FunnelAnswer {
  readonly steps: readonly FunnelStep[];
  readonly groups?: readonly (GroupKey & { readonly steps: readonly FunnelStep[] })[];
  readonly estimated?: true;
}

/** Rows to masks of steps: what the funnel and the list of its people share. */
abstract class FunnelRows extends MatchedRows {
  protected readonly algorithm: ChainFunnel | SetFunnel;

  constructor(question: FunnelQuestion) {
    const matchers = [...question.steps, ...question.exclusions].map(({ matcher }) => matcher);
    super(question, { startMs: question.startMs, groupedBy: question.breakdown }, matchers);
    this.algorithm = question.isInOrder ? new ChainFunnel(question.rules) : new SetFunnel(question.rules);
  }
}

const newTimes = (): ChainTimes => ({ earliestAnchorMs: Number.NaN, earliestMs: Number.NaN, shortestMs: Number.NaN });

export class Funnel extends FunnelRows implements Journey<FunnelAnswer> {
  readonly #question: FunnelQuestion;
  /** By group: people who reached step i + 1 and no further. */
  readonly #reached: GroupedCounts;
  readonly #earliest = new DurationBag();
  readonly #shortest = new DurationBag();

  constructor(question: FunnelQuestion) {
    super(question);
    this.#question = question;
    this.#reached = new GroupedCounts(question.steps.length);
  }

  add(people: Sequences): void {
    const { at, codes, offsets, personCount } = people;
    const times = newTimes();
    for (let person = 0; person < personCount && this.overflow === null; person++) {
      const from = offsets[person]!;
      const to = offsets[person + 1]!;
      const reached = this.algorithm.reach(at, codes, from, to);
      if (reached === 0) continue;
      const group = this.#groupOf(people, person, from, to, reached, times);
      this.#reached.of(group)[reached - 1]!++;
      for (let step = 2; step <= reached; step++) {
        this.algorithm.time(at, codes, from, to, step, times);
        const slot = group * LIMITS.funnelStepsMax + step - 1;
        this.#earliest.add(slot, times.earliestMs);
        this.#shortest.add(slot, times.shortestMs);
      }
      if (this.#reached.cellCount > LIMITS.journeyCellsMax || this.#earliest.isFull || this.#shortest.isFull) {
        this.overflow = TOO_MANY_GROUPS;
      }
    }
  }

  finish(): FunnelAnswer {
    const { groupBy, top } = this.#question;
    const [steps] = this.#steps([[...this.#reached.sizes(0).keys()]]);
    const isEstimated = this.#earliest.isEstimated || this.#shortest.isEstimated;
    const answer: FunnelAnswer = { steps: steps!, ...(isEstimated && { estimated: true as const }) };
    if (groupBy === null) return answer;
    const sizes = new Map([...this.#reached.sizes(0).keys()].map((group) => [group, total(this.#reached.of(group))]));
    const { texts } = this.reader;
    const ranked = rankGroups(sizes, texts, top);
    const groups = this.#steps(ranked.members).map((steps, index) => ({
      ...groupKey(groupBy, texts, ranked, index),
      steps,
    }));
    return { ...answer, groups };
  }

  /** The group of the anchor that gets the person furthest. */
  #groupOf(people: Sequences, person: number, from: number, to: number, reached: number, times: ChainTimes): number {
    if (this.groupedBy === 'none') return ABSENT;
    const { at, codes, groups } = people;
    if (this.groupedBy === 'person') return groups[person]!;
    this.algorithm.time(at, codes, from, to, reached, times);
    const ranks = this.reader.texts.ranks();
    const anchorMask = this.#question.isInOrder ? 1 : 2 ** this.#question.steps.length - 1;
    let best = -1;
    for (let row = from; row < to; row++) {
      if (at[row] !== times.earliestAnchorMs || (codes[row]! & anchorMask) === 0) continue;
      const group = groups[row]!;
      if (best === -1 || ranks[group]! < ranks[best]!) best = group;
    }
    return best;
  }

  /** The steps of each lot of groups. */
  #steps(lots: readonly (readonly number[])[]): FunnelStep[][] {
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
      return steps.map(({ name }, index) => ({
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
    });
  }
}

/** The people who reached a step, or dropped before it, by hash. */
export class FunnelPeople extends FunnelRows implements Journey<bigint[]> {
  readonly #question: FunnelPeopleQuestion;
  readonly #after: bigint | null;
  readonly #found: bigint[] = [];

  /** Only people beyond `after`. */
  constructor(question: FunnelPeopleQuestion, after: bigint | null) {
    super({ ...question, groupBy: null });
    this.#question = question;
    this.#after = after;
  }

  /** Found so far: with people in lots by ascending hash, enough for a page may be enough. */
  get count(): number {
    return this.#found.length;
  }

  add({ at, codes, offsets, people, personCount }: Sequences): void {
    const { step, outcome } = this.#question;
    for (let person = 0; person < personCount; person++) {
      const reached = this.algorithm.reach(at, codes, offsets[person]!, offsets[person + 1]!);
      if (outcome === 'reached' ? reached < step : reached !== step - 1) continue;
      const hash = BigInt.asIntN(64, (BigInt(people[2 * person]!) << 32n) | BigInt(people[2 * person + 1]!));
      if (this.#after === null || hash > this.#after) this.#found.push(hash);
    }
  }

  /** Ascending by signed hash, as a lake sorts people. */
  finish(): bigint[] {
    return this.#found.sort((left, right) => (left < right ? -1 : Number(left > right)));
  }
}

function total(row: Float64Array): number {
  return row.reduce((sum, value) => sum + value, 0);
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
