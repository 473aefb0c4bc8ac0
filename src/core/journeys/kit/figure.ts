/**
 * Figure: one number of a journey's answer, of which the people can be listed: a cell of a retention, a state of an
 * interval, a node of paths.
 *
 * The fold that counts the figure also tells who is in it: people are added one at a time, and a person belongs to the
 * figure when the figure grows. So a list has as many people as the figure says, whatever the fold's rules are.
 */
import type { z } from 'zod';
import type { JourneyFold } from './journey.ts';
import type { JourneyQuestion } from './request.ts';
import type { RowReader } from './row-reader.ts';
import type { Sequences } from './sequences.ts';

export interface FigureKind<Question extends JourneyQuestion = JourneyQuestion> {
  /** The name of the journey. */
  readonly journey: string;
  /** Which number of the answer is meant. */
  readonly figure: z.ZodObject;
  /** The journey of a question without a breakdown, and its figure; null when its answer has no such figure. */
  make(question: Question, figure: never): CountedFigure | null;
}

export interface CountedFigure {
  readonly reader: RowReader;
  readonly fold: JourneyFold;
  /** The number of people counted so far. */
  readonly count: () => number;
}

/** The people of a figure by signed hash, ascending: the order in which the lake sorts people. */
export class FigureFold implements JourneyFold<bigint[]> {
  readonly #fold: JourneyFold;
  readonly #people: () => number;
  readonly #after: bigint | null;
  readonly #found: bigint[] = [];

  /** Finds only people beyond `after`; all when it is null. */
  constructor({ fold, count }: CountedFigure, after: bigint | null) {
    this.#fold = fold;
    this.#people = count;
    this.#after = after;
  }

  get excess(): string | null {
    return this.#fold.excess;
  }

  /** People come in lots by ascending hash, so no more lots are needed once a page is full. */
  get count(): number {
    return this.#found.length;
  }

  add(sequences: Sequences): void {
    for (let person = 0; person < sequences.personCount && this.excess === null; person++) {
      const before = this.#people();
      this.#fold.add(onePerson(sequences, person));
      if (this.#people() === before) continue;
      const hash = hashOf(sequences, person);
      if (this.#after === null || hash > this.#after) this.#found.push(hash);
    }
  }

  finish(): bigint[] {
    return this.#found.sort((left, right) => (left < right ? -1 : Number(left > right)));
  }
}

function onePerson(sequences: Sequences, person: number): Sequences {
  return {
    ...sequences,
    personCount: 1,
    offsets: sequences.offsets.subarray(person, person + 2),
    people: sequences.people.subarray(2 * person, 2 * person + 2),
  };
}

/** The signed hash of a person of the sequences. */
export function hashOf({ people }: Sequences, person: number): bigint {
  return BigInt.asIntN(64, (BigInt(people[2 * person]!) << 32n) | BigInt(people[2 * person + 1]!));
}
