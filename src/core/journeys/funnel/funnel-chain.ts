/**
 * Chain: the distance that one person gets through the steps of a funnel in their order.
 *
 * A chain is an event of step 1 (its anchor) at t1 and events of steps 2 to k at t2 … tk, with t1 < t2 < … < tk (or ≤,
 * and then one event serves one step) and tk − t1 ≤ window; no excluded event lies strictly between the two steps of
 * its exclusion. Any event of step 1 before the end of the anchors may be the anchor, or only the person's first.
 *
 * Forward, in one pass: for each step the latest anchor of a chain that reaches it so far. A later anchor is never
 * worse, so it represents all others. An excluded event ends the chains that wait between its steps. Backward, in one
 * pass for each step of interest: for each step the earliest instant at which a chain from there on can end. At each
 * anchor that is the end of the greedy chain, which gives the earliest anchor that completes, and the shortest chain.
 *
 * n events and k steps cost n passes over the steps that an event is, not n² over anchors. The events of one instant
 * are one set: its `run` is the longest row of steps that the set can serve alone, found by matching when one event
 * could serve several steps.
 */
import { Matching } from './matching.ts';

export interface ChainRules {
  /** Number of steps. Bit i of a code says that the event is step i + 1. */
  readonly stepCount: number;
  readonly windowMs: number;
  /** Whether a step must be later than the one before it. */
  readonly isStrict: boolean;
  /** Whether only the person's first event of step 1 is an anchor. */
  readonly isFirstTouch: boolean;
  /** End of the anchors, exclusive: events from there on are steps of chains that began before. */
  readonly anchorEndMs: number;
  /** Events forbidden between the steps `from` and `to`, counted from 1, and their `bit` in a code. */
  readonly exclusions: readonly { readonly bit: number; readonly from: number; readonly to: number }[];
}

/** Times from the anchor to a step; NaN when no chain gets there. */
export interface ChainTimes {
  /** The earliest anchor from which a chain gets there. */
  earliestAnchorMs: number;
  earliestMs: number;
  shortestMs: number;
}

/** Times that no chain has set yet. */
export function noTimes(): ChainTimes {
  return { earliestAnchorMs: Number.NaN, earliestMs: Number.NaN, shortestMs: Number.NaN };
}

export class ChainFunnel {
  /** The result of the last call of `time`. */
  readonly times: ChainTimes = noTimes();
  readonly #rules: ChainRules;
  readonly #stepMask: number;
  readonly #excludedMask: number;
  /**
   * The latest anchor of each step (from 1) going forward, its earliest end going backward. The chain without a step
   * stands beside them: at 0 the anchor that the instant at hand offers, beyond the target its end.
   */
  readonly #best: Float64Array;
  readonly #next: Float64Array;
  /**
   * For each step, the last step of the row from it on that the instant's events can serve; step − 1 when they cannot
   * serve it.
   */
  readonly #run: Uint8Array;
  readonly #matching: Matching;
  /** The step that `time` is about. */
  #target = 0;

  constructor(rules: ChainRules) {
    const { stepCount, exclusions } = rules;
    this.#rules = rules;
    this.#stepMask = 2 ** stepCount - 1;
    this.#excludedMask = exclusions.reduce((mask, { bit }) => (mask | (1 << bit)) >>> 0, 0);
    this.#best = new Float64Array(stepCount + 2);
    this.#next = new Float64Array(stepCount + 2);
    this.#run = new Uint8Array(stepCount + 2);
    this.#matching = new Matching(stepCount);
  }

  /** The last step reached by the events [from, to); 0 when they reach none. */
  reach(at: Float64Array, codes: Uint32Array, from: number, to: number): number {
    const { stepCount, windowMs, isStrict, isFirstTouch, anchorEndMs } = this.#rules;
    const best = this.#best;
    best.fill(Number.NEGATIVE_INFINITY);
    let reached = 0;
    for (let first = from; first < to; ) {
      const atMs = at[first]!;
      let mask = codes[first]!;
      let end = first + 1;
      while (end < to && at[end] === atMs) mask |= codes[end++]!;
      const mayAnchor = atMs < anchorEndMs && (!isFirstTouch || reached === 0);
      best[0] = mayAnchor ? atMs : Number.NEGATIVE_INFINITY;
      if ((mask & this.#excludedMask) !== 0 || (!isStrict && end > first + 1)) {
        reached = Math.max(reached, this.#step(atMs, mask, codes, first, end));
      } else {
        // The loop runs from the last step to the first: each step takes the value that the step before it has had
        // until now.
        for (let bits = mask & this.#stepMask; bits !== 0; ) {
          const index = 31 - Math.clz32(bits);
          bits ^= 1 << index;
          const anchorMs = best[index]!;
          if (atMs - anchorMs > windowMs) continue;
          if (anchorMs > best[index + 1]!) best[index + 1] = anchorMs;
          if (index >= reached) reached = index + 1;
        }
      }
      if (reached === stepCount) return reached;
      first = end;
    }
    return reached;
  }

  /**
   * The general case of an instant: events that may follow each other, or excluded ones. Returns the last step reached.
   */
  #step(atMs: number, mask: number, codes: Uint32Array, first: number, end: number): number {
    const { stepCount, windowMs } = this.#rules;
    const best = this.#best;
    const next = this.#next;
    this.#findRuns(mask, codes, first, end);
    next.fill(Number.NEGATIVE_INFINITY);
    let reached = 0;
    for (let step = 1; step <= stepCount; step++) {
      const last = this.#run[step]!;
      if (last < step) continue;
      const anchorMs = best[step - 1]!;
      if (atMs - anchorMs > windowMs) continue;
      for (let to = step; to <= last; to++) {
        if (anchorMs > next[to]! && !this.#isInside(mask, step, to)) next[to] = anchorMs;
      }
      if (last > reached) reached = last;
    }
    this.#exclude(mask, 0);
    for (let step = 1; step <= stepCount; step++) if (next[step]! > best[step]!) best[step] = next[step]!;
    return reached;
  }

  /** Writes into `times` how long chains of the events [from, to) take to the step `target`. */
  time(at: Float64Array, codes: Uint32Array, from: number, to: number, target: number): void {
    const { windowMs, isStrict, isFirstTouch, anchorEndMs } = this.#rules;
    const { times } = this;
    const best = this.#best;
    best.fill(Number.POSITIVE_INFINITY);
    this.#target = target;
    times.earliestAnchorMs = Number.NaN;
    times.earliestMs = Number.NaN;
    times.shortestMs = Number.NaN;
    const firstTouchMs = isFirstTouch ? this.#firstTouch(at, codes, from, to) : Number.NaN;
    const targetMask = 2 ** target - 1;
    for (let end = to; end > from; ) {
      const atMs = at[end - 1]!;
      let mask = codes[end - 1]!;
      let first = end - 1;
      while (first > from && at[first - 1] === atMs) mask |= codes[--first]!;
      best[target + 1] = atMs;
      let doneMs = Number.POSITIVE_INFINITY;
      if ((mask & this.#excludedMask) !== 0 || (!isStrict && end > first + 1)) {
        doneMs = this.#stepBack(mask, codes, first, end);
      } else {
        // The loop runs from the first step to the last: each step takes the value that the step after it has had until
        // now.
        for (let bits = mask & targetMask; bits !== 0; bits &= bits - 1) {
          const index = 31 - Math.clz32(bits & -bits);
          const endMs = best[index + 2]!;
          if (endMs < best[index + 1]!) best[index + 1] = endMs;
          if (index === 0) doneMs = endMs;
        }
      }
      const tookMs = doneMs - atMs;
      if (tookMs <= windowMs && atMs < anchorEndMs && (!isFirstTouch || atMs === firstTouchMs)) {
        times.earliestAnchorMs = atMs;
        times.earliestMs = tookMs;
        if (!(tookMs >= times.shortestMs)) times.shortestMs = tookMs;
      }
      end = first;
    }
  }

  /** The general case of an instant, backward. Returns the earliest end of a chain that is anchored here. */
  #stepBack(mask: number, codes: Uint32Array, first: number, end: number): number {
    const target = this.#target;
    const best = this.#best;
    const next = this.#next;
    this.#findRuns(mask, codes, first, end);
    next.fill(Number.POSITIVE_INFINITY);
    for (let step = 1; step <= target; step++) {
      for (let last = step; last <= Math.min(this.#run[step]!, target); last++) {
        const endMs = best[last + 1]!;
        if (endMs < next[step]! && (last === target || !this.#isInside(mask, step, last))) next[step] = endMs;
      }
    }
    this.#exclude(mask, 1);
    for (let step = 1; step <= target; step++) if (next[step]! < best[step]!) best[step] = next[step]!;
    return next[1]!;
  }

  /**
   * Ends the chains in which an excluded event of this instant lies. Backward (`offset` 1) they are kept at the step
   * after it.
   */
  #exclude(mask: number, offset: 0 | 1): void {
    if ((mask & this.#excludedMask) === 0) return;
    const never = offset === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    for (const { bit, from, to } of this.#rules.exclusions) {
      if ((mask & (1 << bit)) === 0) continue;
      for (let step = from; step < to; step++) this.#best[step + offset] = never;
    }
  }

  /**
   * Whether an excluded event of this instant lies strictly inside a chain whose steps `first` to `last` are at this
   * instant.
   */
  #isInside(mask: number, first: number, last: number): boolean {
    if ((mask & this.#excludedMask) === 0) return false;
    return this.#rules.exclusions.some(({ bit, from, to }) => (mask & (1 << bit)) !== 0 && from < first && last < to);
  }

  #findRuns(mask: number, codes: Uint32Array, first: number, end: number): void {
    const { stepCount, isStrict } = this.#rules;
    const run = this.#run;
    const steps = mask & this.#stepMask;
    if (isStrict || end === first + 1) {
      for (let step = 1; step <= stepCount; step++) run[step] = (steps & (1 << (step - 1))) !== 0 ? step : step - 1;
      return;
    }
    if (!this.#isAmbiguous(codes, first, end)) {
      for (let step = stepCount; step >= 1; step--) {
        if ((steps & (1 << (step - 1))) === 0) run[step] = step - 1;
        else run[step] = step < stepCount && run[step + 1]! > step ? run[step + 1]! : step;
      }
      return;
    }
    this.#matching.clear();
    for (let row = first; row < end; row++) this.#matching.offer(codes[row]! & this.#stepMask);
    for (let step = 1; step <= stepCount; step++) run[step] = this.#matching.runFrom(step - 1);
  }

  /** Whether one event could serve several steps. */
  #isAmbiguous(codes: Uint32Array, first: number, end: number): boolean {
    for (let row = first; row < end; row++) {
      const steps = codes[row]! & this.#stepMask;
      if ((steps & (steps - 1)) !== 0) return true;
    }
    return false;
  }

  #firstTouch(at: Float64Array, codes: Uint32Array, from: number, to: number): number {
    for (let row = from; row < to; row++) if ((codes[row]! & 1) !== 0) return at[row]!;
    return Number.NaN;
  }
}
