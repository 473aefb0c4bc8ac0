// The one-pass funnel against an oracle that tries every possible chain of events.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainFunnel, type ChainRules } from '../../../../src/core/journeys/funnel/funnel-chain.ts';
import { SetFunnel } from '../../../../src/core/journeys/funnel/funnel-set.ts';

interface Event {
  readonly at: number;
  readonly code: number;
}

const eventsOf = (bits: number) =>
  fc
    .array(fc.record({ at: fc.nat(9), code: fc.integer({ min: 1, max: 2 ** bits - 1 }) }), {
      minLength: 1,
      maxLength: 8,
    })
    .map((events) => events.sort((a, b) => a.at - b.at));
/** Events that serve one step each, as when the steps have different names. */
const plainEventsOf = (bits: number) =>
  fc
    .array(fc.record({ at: fc.nat(12), code: fc.nat(bits - 1).map((bit) => 1 << bit) }), {
      minLength: 1,
      maxLength: 10,
    })
    .map((events) => events.sort((a, b) => a.at - b.at));

const rulesOf = (stepCount: number, exclusions: ChainRules['exclusions'] = []) =>
  fc.record({
    stepCount: fc.constant(stepCount),
    windowMs: fc.nat(8),
    isStrict: fc.boolean(),
    isFirstTouch: fc.boolean(),
    anchorEndMs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(9)),
    exclusions: fc.constant(exclusions),
  });

const caseOf = fc.integer({ min: 2, max: 4 }).chain((stepCount) => {
  const span = fc
    .tuple(fc.integer({ min: 1, max: stepCount - 1 }), fc.integer({ min: 1, max: stepCount - 1 }))
    .map(([from, length]) => ({ from, to: Math.min(stepCount, from + length) }));
  return fc.array(span, { maxLength: 2 }).chain((spans) => {
    const exclusions = spans.map((each, index) => ({ bit: stepCount + index, ...each }));
    const bits = stepCount + exclusions.length;
    return fc.record({ rules: rulesOf(stepCount, exclusions), events: fc.oneof(eventsOf(bits), plainEventsOf(bits)) });
  });
});

/** Yields every chain of `length` steps. */
function* chains(rules: ChainRules, events: readonly Event[], length: number): Generator<readonly number[]> {
  const firstMs = events.find(({ code }) => (code & 1) !== 0)?.at;
  function* extend(rows: readonly number[]): Generator<readonly number[]> {
    if (rows.length === length) {
      yield rows;
      return;
    }
    for (const [row, { at, code }] of events.entries()) {
      if ((code & (1 << rows.length)) === 0 || rows.includes(row)) continue;
      if (rows.length === 0) {
        if (at < rules.anchorEndMs && (!rules.isFirstTouch || at === firstMs)) yield* extend([row]);
        continue;
      }
      const last = events[rows.at(-1)!]!.at;
      if (rules.isStrict ? at <= last : at < last) continue;
      if (at - events[rows[0]!]!.at > rules.windowMs) continue;
      yield* extend([...rows, row]);
    }
  }
  for (const rows of extend([])) if (!isExcluded(rules, events, rows)) yield rows;
}

function isExcluded({ exclusions }: ChainRules, events: readonly Event[], rows: readonly number[]): boolean {
  return exclusions.some(({ bit, from, to }) => {
    if (rows.length < from) return false;
    const fromMs = events[rows[from - 1]!]!.at;
    const toMs = events[rows[Math.min(to, rows.length) - 1]!]!.at;
    return events.some(({ at, code }) => (code & (1 << bit)) !== 0 && at > fromMs && at < toMs);
  });
}

function* sets(rules: ChainRules, events: readonly Event[], length: number): Generator<readonly number[]> {
  const all = 2 ** rules.stepCount - 1;
  const firstMs = events.find(({ code }) => (code & all) !== 0)?.at;
  function* choose(step: number, rows: readonly number[]): Generator<readonly number[]> {
    if (rows.length === length) {
      const at = rows.map((row) => events[row]!.at);
      const span = Math.max(...at) - Math.min(...at);
      if (span <= rules.windowMs && Math.min(...at) < rules.anchorEndMs) {
        if (!rules.isFirstTouch || Math.max(...at) - firstMs! <= rules.windowMs) yield rows;
      }
      return;
    }
    if (step === rules.stepCount) return;
    yield* choose(step + 1, rows);
    for (const [row, { code }] of events.entries()) {
      if ((code & (1 << step)) !== 0 && !rows.includes(row)) yield* choose(step + 1, [...rows, row]);
    }
  }
  yield* choose(0, []);
}

/**
 * The times from the first to the last event of each chain. For a set with first touch they start at the very first
 * event.
 */
function timesOf(rules: ChainRules, events: readonly Event[], found: readonly (readonly number[])[], isSet: boolean) {
  const all = isSet ? 2 ** rules.stepCount - 1 : 1;
  const firstMs = events.find(({ code }) => (code & all) !== 0)?.at ?? Number.NaN;
  const spans = found.map((rows) => {
    const at = rows.map((row) => events[row]!.at);
    return { startMs: rules.isFirstTouch ? firstMs : Math.min(...at), endMs: Math.max(...at) };
  });
  if (spans.length === 0) return { earliestAnchorMs: NaN, earliestMs: NaN, shortestMs: NaN };
  const earliestAnchorMs = Math.min(...spans.map(({ startMs }) => startMs));
  const ends = spans.filter(({ startMs }) => startMs === earliestAnchorMs).map(({ endMs }) => endMs);
  return {
    earliestAnchorMs,
    earliestMs: Math.min(...ends) - earliestAnchorMs,
    shortestMs: Math.min(...spans.map(({ startMs, endMs }) => endMs - startMs)),
  };
}

function check(rules: ChainRules, events: readonly Event[], isSet: boolean): void {
  const funnel = isSet ? new SetFunnel(rules) : new ChainFunnel(rules);
  // Events of another person stand before and after these, and must not matter.
  const noise = { at: events[0]!.at, code: 2 ** rules.stepCount - 1 };
  const all = [noise, ...events, { ...noise, at: events.at(-1)!.at }];
  const at = Float64Array.from(all, (event) => event.at);
  const codes = Uint32Array.from(all, (event) => event.code);
  const lists = Array.from({ length: rules.stepCount }, (_, index) => [
    ...(isSet ? sets(rules, events, index + 1) : chains(rules, events, index + 1)),
  ]);
  const reached = lists.findLastIndex((list) => list.length > 0) + 1;
  expect(funnel.reach(at, codes, 1, events.length + 1)).toBe(reached);
  for (let step = 1; step <= rules.stepCount; step++) {
    funnel.time(at, codes, 1, events.length + 1, step);
    expect({ step, ...funnel.times }).toEqual({ step, ...timesOf(rules, events, lists[step - 1]!, isSet) });
  }
}

describe('a funnel of one person', () => {
  it('in order gets as far, and takes as long, as the best of all chains', () => {
    fc.assert(
      fc.property(caseOf, ({ rules, events }) => check(rules, events, false)),
      { numRuns: 4_000 },
    );
  });

  it('in any order does as many steps, in as short a time, as the best of all choices', () => {
    const cases = fc
      .integer({ min: 2, max: 4 })
      .chain((stepCount) =>
        fc.record({ rules: rulesOf(stepCount), events: fc.oneof(eventsOf(stepCount), plainEventsOf(stepCount)) }),
      );
    fc.assert(
      fc.property(cases, ({ rules, events }) => check(rules, events.slice(0, 7), true)),
      { numRuns: 3_000 },
    );
  });
});
