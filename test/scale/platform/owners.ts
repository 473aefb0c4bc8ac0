// Owners: tells whose code a step of the schedule runs, and gives that invocation the CPU time from there to the end of the step.
//
// Reading the CPU time costs more than most steps. A short stretch counts with the time on the clock, which is no less; a long one
// with the CPU time since the last reading if that is less, because others use the same cores. A question's is read at the start of
// each of its stretches, too: it is compared with milliseconds, and other work with minutes.

import type { World } from '../../sim/world/world.ts';
import type { Invocation } from './invocation.ts';

const SHORT_MS = 5;
const SHORT_OF_QUESTION_MS = 1;

export class Owners {
  #owner: Invocation | null = null;
  /** When the owner's stretch began, by the clock. */
  #sinceMs = 0;
  #cpuMs = cpuTimeMs();

  watch(world: World): void {
    world.scheduler.onStep = () => this.take(null);
    const setTimer = world.setTimer.bind(world);
    world.setTimer = (run, delayMs) => {
      const owner = this.#owner;
      return setTimer(() => {
        this.take(owner);
        run();
      }, delayMs);
    };
  }

  /** From now on the invocation works; null when none does. */
  take(invocation: Invocation | null): void {
    if (invocation === this.#owner) return;
    const nowMs = performance.now();
    if (this.#owner !== null) this.#owner.cpuMs += this.#cpuOf(this.#owner, nowMs - this.#sinceMs);
    this.#owner = invocation;
    this.#sinceMs = nowMs;
    if (invocation === null || !isQuestion(invocation)) return;
    this.#cpuMs = cpuTimeMs();
    this.#sinceMs = performance.now();
  }

  #cpuOf(owner: Invocation, elapsedMs: number): number {
    if (elapsedMs < (isQuestion(owner) ? SHORT_OF_QUESTION_MS : SHORT_MS)) return elapsedMs;
    const beforeMs = this.#cpuMs;
    this.#cpuMs = cpuTimeMs();
    return Math.min(elapsedMs, this.#cpuMs - beforeMs);
  }
}

function isQuestion({ operation }: Invocation): boolean {
  return operation.startsWith('query');
}

export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
