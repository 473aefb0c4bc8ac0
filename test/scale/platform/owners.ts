// Owners: tells whose code a step of the schedule runs, and gives that invocation the CPU time of the step.

import type { World } from '../../sim/world/world.ts';
import type { Invocation } from './invocation.ts';

export class Owners {
  #owner: Invocation | null = null;
  #cpu = process.cpuUsage();

  watch(world: World): void {
    world.scheduler.onStep = () => this.#charge();
    const setTimer = world.setTimer.bind(world);
    world.setTimer = (run, delayMs) => {
      const owner = this.#owner;
      return setTimer(() => {
        this.take(owner);
        run();
      }, delayMs);
    };
  }

  take(invocation: Invocation | null): void {
    this.#owner = invocation;
  }

  #charge(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#cpu = process.cpuUsage();
    if (this.#owner !== null) this.#owner.cpuMs += (user + system) / 1_000;
    this.#owner = null;
  }
}
