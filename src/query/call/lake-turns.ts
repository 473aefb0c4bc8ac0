/**
 * Lake turns: how many calls of one tenant read the lake at a time, in this isolate.
 *
 * A call that reads events may hold half of an isolate's memory and much of its time. A few calls of a tenant read beside
 * each other, a few more wait for their turn, and the others are told to come again. A call takes one turn however many
 * questions it asks, so it never waits for itself; another tenant never waits for it.
 */
import { LIMITS } from '../../core/limits.ts';
import { Problem } from '../../http/problem.ts';
import type { LakeTurn } from '../view/asking.ts';

export interface TurnLimits {
  readonly runningMax: number;
  readonly waitingMax: number;
  readonly waitMsMax: number;
}

interface Line {
  running: number;
  /** Each lets one call go on. */
  readonly waiting: Set<() => void>;
}

const QUESTION_LIMITS: TurnLimits = {
  runningMax: LIMITS.lakeCallsMax,
  waitingMax: LIMITS.lakeCallsWaitingMax,
  waitMsMax: LIMITS.lakeWaitMsMax,
};
const RETRY_AFTER_SECONDS = '5';

export class LakeTurns {
  readonly #limits: TurnLimits;
  readonly #lines = new Map<string, Line>();

  constructor(limits: TurnLimits = QUESTION_LIMITS) {
    this.#limits = limits;
  }

  /** A turn for one call of the tenant, not yet taken. */
  turnOf(uid: string): LakeTurn {
    let taking: Promise<void> | null = null;
    let isHeld = false;
    let hasEnded = false;
    const take = async () => {
      await this.#take(uid);
      // A call may end while a part of it still waits.
      if (hasEnded) this.#handOn(uid);
      else isHeld = true;
    };
    return {
      take: () => {
        taking ??= take();
        return taking;
      },
      end: () => {
        hasEnded = true;
        if (isHeld) this.#handOn(uid);
        isHeld = false;
      },
    };
  }

  async #take(uid: string): Promise<void> {
    const { runningMax, waitingMax } = this.#limits;
    const line = this.#lines.get(uid) ?? { running: 0, waiting: new Set() };
    this.#lines.set(uid, line);
    if (line.running < runningMax) line.running++;
    else if (line.waiting.size >= waitingMax) throw busy(runningMax);
    else await this.#wait(line);
  }

  #wait({ waiting }: Line): Promise<void> {
    const { runningMax, waitMsMax } = this.#limits;
    return new Promise((resolve, reject) => {
      const goOn = () => {
        clearTimeout(timer);
        waiting.delete(goOn);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(goOn);
        reject(busy(runningMax));
      }, waitMsMax);
      waiting.add(goOn);
    });
  }

  /** The first call that waits goes on in place of the one that has ended. */
  #handOn(uid: string): void {
    const line = this.#lines.get(uid)!;
    const [next] = line.waiting;
    if (next !== undefined) {
      next();
      return;
    }
    line.running--;
    if (line.running === 0) this.#lines.delete(uid);
  }
}

function busy(runningMax: number): Problem {
  const detail = `The tenant has ${runningMax} calls that read events under way, and others wait. Ask again in a moment.`;
  return new Problem(429, 'busy', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}
