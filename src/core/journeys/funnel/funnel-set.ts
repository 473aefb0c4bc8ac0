/**
 * SetFunnel: the number of a funnel's steps that one person does in any order within the window.
 *
 * k steps are done when k events, each serving another step, lie within the window of the first of them, which lies
 * before the end of the anchors. Their order does not matter, so equal instants do not either.
 *
 * A window slides over the events, and a maximum matching of steps with the events in it is maintained: its size is the
 * number of steps done. The shortest stretch with k steps from each first event on comes from a window that shrinks
 * while it still has k.
 */
import { type ChainRules, type ChainTimes, noTimes } from './funnel-chain.ts';
import { Matching } from './matching.ts';

export type SetRules = Omit<ChainRules, 'exclusions' | 'isStrict'>;

export class SetFunnel {
  /** The result of the last call of `time`. */
  readonly times: ChainTimes = noTimes();
  readonly #rules: SetRules;
  readonly #stepMask: number;
  readonly #matching: Matching;
  #at: Float64Array = new Float64Array(16);
  #masks: Uint32Array = new Uint32Array(16);
  #count = 0;

  constructor(rules: SetRules) {
    this.#rules = rules;
    this.#stepMask = 2 ** rules.stepCount - 1;
    this.#matching = new Matching(rules.stepCount);
  }

  /** The number of steps done by the events [from, to). */
  reach(at: Float64Array, codes: Uint32Array, from: number, to: number): number {
    const { stepCount, windowMs, isFirstTouch, anchorEndMs } = this.#rules;
    this.#load(at, codes, from, to);
    const matching = this.#matching;
    matching.clear();
    let reached = 0;
    let left = 0;
    for (let right = 0; right < this.#count && reached < stepCount; right++) {
      matching.add(this.#masks[right]!);
      while (this.#at[right]! - this.#at[left]! > windowMs) {
        if (isFirstTouch) return reached;
        matching.remove(this.#masks[left++]!);
      }
      // The first event of the window can serve in place of another, so it is the anchor of as many steps.
      if (this.#at[left]! >= anchorEndMs) return reached;
      reached = Math.max(reached, matching.size);
    }
    return reached;
  }

  /** Writes into `times` how long `target` steps take. */
  time(at: Float64Array, codes: Uint32Array, from: number, to: number, target: number): void {
    const { windowMs, isFirstTouch, anchorEndMs } = this.#rules;
    const { times } = this;
    this.#load(at, codes, from, to);
    const matching = this.#matching;
    matching.clear();
    times.earliestAnchorMs = Number.NaN;
    times.earliestMs = Number.NaN;
    times.shortestMs = Number.NaN;
    let left = 0;
    for (let right = 0; right < this.#count; right++) {
      matching.add(this.#masks[right]!);
      while (matching.size >= target) {
        const anchorMs = this.#at[left]!;
        if (anchorMs >= anchorEndMs) return;
        const tookMs = this.#at[right]! - anchorMs;
        if (tookMs <= windowMs) {
          if (Number.isNaN(times.earliestMs)) {
            times.earliestAnchorMs = anchorMs;
            times.earliestMs = tookMs;
          }
          if (!(tookMs >= times.shortestMs)) times.shortestMs = tookMs;
        }
        if (isFirstTouch) return;
        matching.remove(this.#masks[left++]!);
      }
    }
  }

  /** Loads the events that may serve a step. */
  #load(at: Float64Array, codes: Uint32Array, from: number, to: number): void {
    if (this.#at.length < to - from) {
      this.#at = new Float64Array(2 * (to - from));
      this.#masks = new Uint32Array(2 * (to - from));
    }
    this.#count = 0;
    for (let row = from; row < to; row++) {
      const mask = codes[row]! & this.#stepMask;
      if (mask === 0) continue;
      this.#at[this.#count] = at[row]!;
      this.#masks[this.#count++] = mask;
    }
  }
}
