// Network: every call between two parts of the system, with its latencies and faults. The caller is an isolate or an
// instance of an object; a dead caller gets no reply.

import type { Faults } from './faults.ts';
import { Sites } from './random.ts';
import type { Scheduler } from './scheduler.ts';

export interface Caller {
  readonly name: string;
  isAlive: boolean;
  /** Output gate: a call leaves when it resolves. Null or absent when there is nothing to wait for. */
  gate?(): Promise<void> | null;
}

export interface Call {
  readonly caller: Caller;
  /** The target of the call, which is also the site of its faults: `append shard t1/weur/0`, `d1`, `r2 put`. */
  readonly site: string;
  readonly detail: string;
}

/** A place where a scenario holds calls. */
export interface Hold {
  readonly matches: (call: Call) => boolean;
  readonly phase: 'before' | 'after';
  readonly held: { readonly call: Call; readonly release: (fails?: Error) => void }[];
  isOpen: boolean;
}

/** An error without a stack: these errors are frequent, and a stack costs more than the rest of a call. */
export class NetworkError extends Error {
  override name = 'NetworkError';
  readonly retryable = true;

  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const LOST = 'the connection was lost';
const SECOND_MS = 1_000;

export class Network {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #latencies: Sites;
  readonly #holds: Hold[] = [];
  /** Set by a run without chance: how long every way takes. */
  latencyMs: number | null = null;
  /** Sees each call when it takes effect. */
  onEffect: (call: Call) => void = () => {};

  constructor(seed: number, scheduler: Scheduler, faults: Faults) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#latencies = new Sites(seed ^ 0x1a7e);
  }

  /** Holds the calls that match, before or after their effect, until they are released. */
  hold(phase: Hold['phase'], matches: Hold['matches']): Hold {
    const hold: Hold = { phase, matches, held: [], isOpen: false };
    this.#holds.push(hold);
    return hold;
  }

  /** Stops holding calls, and releases those that are held. */
  open(hold: Hold): void {
    hold.isOpen = true;
    for (const { release } of hold.held.splice(0)) release();
  }

  async call<T>(call: Call, effect: () => T | Promise<T>): Promise<T> {
    const { caller, site } = call;
    const gate = caller.gate?.();
    if (gate) await gate;
    return new Promise<T>((resolve, reject) => {
      const answer = (done: () => void, delayMs: number, label: string) => {
        this.#scheduler.after(delayMs, `${label} ${site} ${call.detail}`, () => {
          if (caller.isAlive) done();
        });
      };
      const faults = this.#faults;
      if (faults.strike('lost-request', site)) {
        answer(() => reject(new NetworkError(LOST)), this.#latency(site), 'lost');
        return;
      }
      const late = faults.strike('late-effect', site);
      if (late) answer(() => reject(new NetworkError(LOST)), this.#latency(site), 'gave up');
      const slow = faults.strike('slow', site);
      const outMs = late ? 5 * SECOND_MS + late.size * 600 * SECOND_MS : this.#latency(site, slow?.size);
      const isReplyLost = !late && faults.strike('lost-reply', site) !== null;
      this.#scheduler.after(outMs, `${site} ${call.detail}`, () => this.#arrive(call, effect, onDone, onFailed));

      const onDone = (value: T) => {
        if (late) return;
        if (isReplyLost) answer(() => reject(new NetworkError(LOST)), this.#latency(site), 'reply lost');
        else answer(() => resolve(value), this.#latency(site), 'reply');
      };
      const onFailed = (cause: unknown) => {
        if (!late) answer(() => reject(cause), this.#latency(site), 'failed');
      };
    });
  }

  #arrive<T>(
    call: Call,
    effect: () => T | Promise<T>,
    onDone: (value: T) => void,
    onFailed: (cause: unknown) => void,
  ): void {
    this.#through('before', call, onFailed, () => {
      this.onEffect(call);
      let result: T | Promise<T>;
      try {
        result = effect();
      } catch (cause) {
        onFailed(cause);
        return;
      }
      const done = (value: T) => this.#through('after', call, onFailed, () => onDone(value));
      if (result instanceof Promise) result.then(done, onFailed);
      else done(result);
    });
  }

  /** Goes on at once, or when a scenario releases the call. */
  #through(phase: Hold['phase'], call: Call, onFailed: (cause: unknown) => void, go: () => void): void {
    const hold = this.#holds.find((each) => !each.isOpen && each.phase === phase && each.matches(call));
    if (hold === undefined) {
      go();
      return;
    }
    this.#scheduler.note(`held ${phase}: ${call.site}`);
    hold.held.push({
      call,
      release: (fails) => {
        this.#scheduler.after(0, `released ${call.site}`, () => (fails ? onFailed(fails) : go()));
      },
    });
  }

  /** A latency: mostly milliseconds, sometimes seconds, and up to two minutes when `slowness` is given. */
  #latency(site: string, slowness?: number): number {
    if (this.latencyMs !== null) return this.latencyMs;
    const roll = this.#latencies.next(site);
    if (slowness !== undefined) return SECOND_MS + slowness * 120 * SECOND_MS;
    return roll < 0.9 ? roll * 20 : (roll - 0.9) * 2 * SECOND_MS;
  }
}
