/**
 * Lake turns: how many calls of one tenant read the lake at a time, in this isolate.
 *
 * A call that reads events may hold half of an isolate's memory and much of its time. A few calls of a tenant read beside
 * each other, a few more wait for their turn, and the others are told to come again. A call takes one turn however many
 * questions it asks, so it never waits for itself; another tenant never waits for it.
 *
 * The platform ends a call whose client has gone without running its `finally`. So a turn is a lease: one that is held for
 * longer than a call lasts has ended, and a call that has waited for longer than it may is passed over.
 */
import { LIMITS } from '../../core/limits.ts';
import { Problem } from '../../http/problem.ts';
import type { LakeTurn } from '../view/asking.ts';

export interface TurnLimits {
  readonly runningMax: number;
  readonly waitingMax: number;
  readonly waitMsMax: number;
  /** The time after which a turn ends by itself. */
  readonly heldMsMax: number;
}

/** A call in the line of its tenant, since it took its turn or began to wait. */
interface Place {
  sinceMs: number;
  /** Lets a call that waits go on. */
  goOn: () => void;
  /** Refuses a call that has waited too long. */
  giveUp: () => void;
}

interface Line {
  readonly running: Set<Place>;
  /** In the order in which they came. */
  readonly waiting: Set<Place>;
}

export const QUESTION_LIMITS: TurnLimits = {
  runningMax: LIMITS.lakeCallsMax,
  waitingMax: LIMITS.lakeCallsWaitingMax,
  waitMsMax: LIMITS.lakeWaitMsMax,
  heldMsMax: LIMITS.lakeHeldMsMax,
};
const RETRY_AFTER_SECONDS = '5';

export class LakeTurns {
  readonly #limits: TurnLimits;
  readonly #now: () => number;
  readonly #onBusy: (uid: string) => void;
  readonly #lines = new Map<string, Line>();

  /** `onBusy` is told of each call that is refused. Default: nothing is. */
  constructor(limits: TurnLimits, now: () => number, onBusy: (uid: string) => void = () => {}) {
    this.#limits = limits;
    this.#now = now;
    this.#onBusy = onBusy;
  }

  /** A turn for one call of the tenant, not yet taken. */
  turnOf(uid: string): LakeTurn {
    const place: Place = { sinceMs: 0, goOn: () => {}, giveUp: () => {} };
    let taking: Promise<void> | null = null;
    return {
      take: () => {
        taking ??= this.#take(uid, place).catch((refused: unknown) => {
          this.#onBusy(uid);
          throw refused;
        });
        return taking;
      },
      end: () => this.#end(uid, place),
    };
  }

  async #take(uid: string, place: Place): Promise<void> {
    const { runningMax, waitingMax } = this.#limits;
    const line = this.#lines.get(uid) ?? { running: new Set(), waiting: new Set() };
    this.#lines.set(uid, line);
    this.#forgetGone(line);
    place.sinceMs = this.#now();
    if (line.running.size < runningMax && line.waiting.size === 0) line.running.add(place);
    else if (line.waiting.size >= waitingMax) throw busy(runningMax);
    else await this.#wait(line, place);
  }

  #wait({ waiting }: Line, place: Place): Promise<void> {
    const { runningMax, waitMsMax } = this.#limits;
    return new Promise((resolve, reject) => {
      place.giveUp = () => {
        clearTimeout(timer);
        waiting.delete(place);
        reject(busy(runningMax));
      };
      const timer = setTimeout(place.giveUp, waitMsMax);
      place.goOn = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.add(place);
    });
  }

  #end(uid: string, place: Place): void {
    const line = this.#lines.get(uid);
    if (line === undefined) return;
    line.running.delete(place);
    line.waiting.delete(place);
    this.#forgetGone(line);
    if (line.running.size === 0 && line.waiting.size === 0) this.#lines.delete(uid);
  }

  /** Ends the turns of calls that are gone, and lets those that wait go on in their places. */
  #forgetGone({ running, waiting }: Line): void {
    const { runningMax, waitMsMax, heldMsMax } = this.#limits;
    const nowMs = this.#now();
    for (const place of running) if (nowMs - place.sinceMs > heldMsMax) running.delete(place);
    // In a busy isolate the timer of such a place may not have come yet, and its call may live.
    for (const place of waiting) if (nowMs - place.sinceMs > waitMsMax) place.giveUp();
    for (const place of waiting) {
      if (running.size >= runningMax) return;
      waiting.delete(place);
      place.sinceMs = nowMs;
      running.add(place);
      place.goOn();
    }
  }
}

function busy(runningMax: number): Problem {
  const detail = `The tenant has ${runningMax} calls that read events under way, and others wait. Ask again in a moment.`;
  return new Problem(429, 'busy', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}
