/**
 * Step: one of the operations on each event between decoding and routing. The contract of this folder.
 *
 * in: the event as the step before left it · out: the event as it goes on, or a Refused with the reason
 *
 * - A step looks at one event alone and is synchronous. All that it needs is in the StepContext, which is made once for a
 *   request or a chunk. It may keep state for that request, such as the last context it has read.
 * - A step changes no event that it is given; it returns another. Most events pass unchanged and cost nothing then.
 * - A refusal is for good, and has a path into our event; admit.ts translates the path into the sender's names.
 * - A step that refuses stands before make-id: the verdict tells every id that was made.
 * - A step throws a Problem only for the request as a whole, such as its size.
 * - Live events and imports take the same steps (event-steps.ts). A new step is one file here and one line there.
 */
import type { EventRecord } from '../../core/event/event.ts';
import type { EventNote } from '../../core/event/note.ts';
import type { EventRejection } from '../../core/event/rejection.ts';
import type { Arrival } from '../../core/event/validate.ts';
import type { Privacy } from '../../core/privacy/privacy.ts';
import type { Surroundings } from '../enrich/surroundings.ts';
import type { MadeId } from '../request/verdict.ts';
import type { StoredSize } from './stored-size.ts';

/** `index`: the position of the event in its request. */
export type Step<In, Out = In> = (event: In, index: number) => Out | Refused;

/**
 * The reason why an event goes no further. A class and no Result: a Result for each step of each event takes a tenth of the
 * time of all steps.
 */
export class Refused {
  readonly rejection: EventRejection;

  constructor(rejection: EventRejection) {
    this.rejection = rejection;
  }
}

/** The values that the steps of one request, or of one chunk of an import, share. */
export interface StepContext {
  readonly arrival: Arrival;
  /** What is not stored of an event. Default: the product's rules. */
  readonly privacy?: Privacy | undefined;
  /** The `source` column. */
  readonly source: string;
  readonly surroundings: Surroundings;
  /** Makes the id of an event that came without one. */
  readonly newId: (index: number) => string;
  readonly size: StoredSize;
  /** Ids that the steps have made, in the order of their events. */
  readonly madeIds: MadeId[];
  /** Notes on the event that is under way. admit.ts takes them out after each event. */
  readonly notes: EventNote[];
  /** The event at an index with numbers beyond 2^53 as texts; undefined when the request does not tell them. */
  readonly exact: (index: number) => unknown;
  /** Whether the user has as many ids as a person may have. Absent when nobody has. */
  readonly isFull?: ((userId: string) => boolean) | undefined;
  /**
   * Whether records keep `properties` and `context` parsed, beside their texts. Rollups of live events read them; the
   * records of an import are many and only stored.
   */
  readonly keepsParsed: boolean;
}

/** An event that passed all steps: a record, and the time that chooses its shard's epoch. */
export interface RoutableEvent {
  readonly record: EventRecord;
  readonly routingAtMs: number;
}

type AnyStep = Step<unknown, unknown>;

/** An ordered list of steps, each of which takes what the one before returns. */
export class Steps<In, Out> {
  readonly #steps: readonly AnyStep[];
  /** Runs the event through all steps. Stops at the first refusal. */
  readonly run: Step<In, Out>;

  private constructor(steps: readonly AnyStep[]) {
    this.#steps = steps;
    this.run = chain(steps) as Step<In, Out>;
  }

  static first<In, Out>(step: Step<In, Out>): Steps<In, Out> {
    return new Steps([step as AnyStep]);
  }

  next<Next>(step: Step<Out, Next>): Steps<In, Next> {
    return new Steps([...this.#steps, step as AnyStep]);
  }
}

const pass: AnyStep = (event) => event;

/**
 * One step out of many. Five steps are called from five places: a loop would call all of them from one, where the engine
 * inlines none, and take 4 % more time for an event (measured over all steps).
 */
function chain(steps: readonly AnyStep[]): AnyStep {
  const [first = pass, second = pass, third = pass, fourth = pass, fifth = pass, ...others] = steps;
  const rest = others.length === 0 ? pass : chain(others);
  return (event, index) => {
    let passed = first(event, index);
    if (passed instanceof Refused) return passed;
    passed = second(passed, index);
    if (passed instanceof Refused) return passed;
    passed = third(passed, index);
    if (passed instanceof Refused) return passed;
    passed = fourth(passed, index);
    if (passed instanceof Refused) return passed;
    passed = fifth(passed, index);
    return passed instanceof Refused ? passed : rest(passed, index);
  };
}
