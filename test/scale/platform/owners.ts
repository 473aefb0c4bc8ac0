// Owners: tells whose code a step of the schedule runs, and gives that invocation the CPU time from there to the end of the step.
//
// Reading the CPU time costs more than most steps, so it is read for steps with an owner alone.

import type { World } from '../../sim/world/world.ts';
import type { Invocation } from './invocation.ts';

export class Owners {
  #owner: Invocation | null = null;
  /** When the owner's stretch began. */
  #sinceMs = 0;

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
    const nowMs = cpuTimeMs();
    if (this.#owner !== null) this.#owner.cpuMs += nowMs - this.#sinceMs;
    this.#owner = invocation;
    this.#sinceMs = nowMs;
  }
}

export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
