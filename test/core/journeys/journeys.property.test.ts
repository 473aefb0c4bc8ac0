// Every journey against plain loops, whatever the order of events, and however the people are divided into lots.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { active } from '../../../src/core/journeys/active.ts';
import { frequency } from '../../../src/core/journeys/frequency.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import type { Journey } from '../../../src/core/journeys/kit/journey.ts';
import { lifecycle } from '../../../src/core/journeys/lifecycle.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import { compareCodePoints } from '../../../src/core/std/text.ts';
import * as byHand from './oracle.ts';
import { columnsOf, ISO, must, run, type TestEvent } from './support.ts';

const START_MS = Date.UTC(2024, 2, 20);
const NAMES = ['A', 'B', 'C', '\u{1F600}', '～'];

const eventsWithin = (fromDay: number, toDay: number, unitMs: number) =>
  fc.array(
    fc.record({
      person: fc.nat(6),
      at: fc
        .integer({ min: (fromDay * DAY_MS) / unitMs, max: (toDay * DAY_MS) / unitMs - 1 })
        .map((units) => START_MS + units * unitMs),
      event: fc.constantFrom(...NAMES),
      country: fc.constantFrom(null, 'DE', 'FR'),
      path: fc.constantFrom(null, '/', '/a'),
    }),
    { maxLength: 60 },
  );

/**
 * Computes the answer from events in two batches; it must be equal from one reversed batch with the people in small
 * lots.
 */
function answers<A extends object>(make: () => Journey<A>, events: readonly TestEvent[], heldMax: number): A {
  const middle = Math.floor(events.length / 2);
  const answer = run(make(), [columnsOf(events.slice(0, middle)), columnsOf(events.slice(middle))]);
  expect(run(make(), [columnsOf(events.toReversed())], heldMax)).toEqual(answer);
  return answer;
}

const heldMax = fc.integer({ min: 30, max: 130 });
const range = (toDay: number) => ({ from: ISO(START_MS), to: ISO(START_MS + toDay * DAY_MS), timezone: 'UTC' });

describe('journeys agree with plain loops:', () => {
  it('retention', () => {
    const options = fc.record({
      start: fc.constantFrom(null, 'A', 'B'),
      back: fc.constantFrom(null, 'A', 'C'),
      isRecurring: fc.boolean(),
      isRolling: fc.boolean(),
      nMax: fc.integer({ min: 1, max: 8 }),
      historyDays: fc.nat(4),
      /** Hours from the start to the end of the range, and further on to now. */
      hours: fc.constantFrom(7 * 24, 5 * 24 + 12),
      nowHours: fc.constantFrom(-30, 6, 30, 90, 100 * 24),
    });
    const property = fc.property(eventsWithin(-6, 14, HOUR_MS * 6), options, heldMax, (all, rules, held) => {
      const { start, back, isRecurring, isRolling, nMax, historyDays, hours, nowHours } = rules;
      const endMs = START_MS + hours * HOUR_MS;
      const nowMs = endMs + nowHours * HOUR_MS;
      const events = all.filter(({ at }) => at <= nowMs);
      const body = {
        ...range(7),
        to: ISO(endMs),
        interval: 'day',
        intervals: nMax,
        mode: isRecurring ? 'recurring' : 'first',
        on: isRolling ? 'on-or-after' : 'on',
        historyDays,
        ...(start && { start: { event: start } }),
        ...(back && { return: { event: back } }),
      };
      const make = () => retention.make(must(retention.parse(body, 'UTC', nowMs)));
      const { historyFrom: _, returnsTo: __, ...answer } = answers(make, events, held);
      const times = {
        startMs: START_MS,
        endMs,
        nowMs,
        historyStartMs: isRecurring ? START_MS : START_MS - historyDays * DAY_MS,
      };
      expect(answer).toEqual(byHand.retentionByHand(events, { ...rules, ...times }));
    });
    fc.assert(property, { numRuns: 600 });
  });

  it('sessions', () => {
    const property = fc.property(eventsWithin(-1, 3, HOUR_MS / 2), heldMax, (events, held) => {
      const body = { ...range(2), gapSeconds: 3_600, interval: 'day', groupBy: 'country' };
      const answer = answers(() => sessions.make(must(sessions.parse(body, 'UTC'))), events, held);
      const endMs = START_MS + 2 * DAY_MS;
      const expected = byHand.sessionsByHand(events, START_MS, endMs, HOUR_MS);
      const durations = expected.map((own) => (own.at(-1)!.at - own[0]!.at) / 1_000);
      expect(answer.sessions).toBe(expected.length);
      expect(answer.bounces).toBe(expected.filter(({ length }) => length === 1).length);
      expect(answer.people).toBe(new Set(expected.map(([first]) => first!.person)).size);
      expect(answer.open).toBe(expected.filter((own) => own.at(-1)!.at + HOUR_MS >= endMs).length);
      expect(answer.duration.p50).toBe(byHand.nearestRank(durations, 0.5));
      expect(answer.duration.p90).toBe(byHand.nearestRank(durations, 0.9));
      expect(answer.events.p75).toBe(
        byHand.nearestRank(
          expected.map(({ length }) => length),
          0.75,
        ),
      );
      expect(answer.points!.map((point) => point.sessions)).toEqual(
        [0, 1].map((day) => expected.filter(([first]) => Math.floor((first!.at - START_MS) / DAY_MS) === day).length),
      );
      expect(answer.groups!.reduce((sum, group) => sum + group.sessions, 0)).toBe(expected.length);
      const entered = (page: string) =>
        expected.filter((own) => {
          const atMs = own.find(({ path }) => path !== null)?.at;
          const pages = own.filter(({ at, path }) => at === atMs && path !== null).map(({ path }) => path!);
          return pages.sort(compareCodePoints)[0] === page;
        }).length;
      const count = (page: string) => answer.entries.find((entry) => entry.page === page)?.sessions ?? 0;
      expect([count('/'), count('/a')]).toEqual([entered('/'), entered('/a')]);
      const left = (page: string) =>
        expected.filter((own) => {
          const pages = own.filter(({ path }) => path !== null);
          const last = pages.filter(({ at }) => at === pages.at(-1)!.at).map(({ path }) => path!);
          return last.sort(compareCodePoints).at(-1) === page;
        }).length;
      const exits = (page: string) => answer.exits.find((exit) => exit.page === page)?.sessions ?? 0;
      expect([exits('/'), exits('/a')]).toEqual([left('/'), left('/a')]);
    });
    fc.assert(property, { numRuns: 400 });
  });

  it('active people', () => {
    const property = fc.property(eventsWithin(-40, 6, HOUR_MS * 8), heldMax, (events, held) => {
      const body = { ...range(5), groupBy: 'country' };
      const answer = answers(() => active.make(must(active.parse(body, 'UTC'))), events, held);
      expect(answer.days).toEqual(byHand.activeByHand(events, START_MS, START_MS + 5 * DAY_MS));
      for (const [index, { mau }] of answer.days.entries()) {
        expect(answer.groups!.reduce((sum, { days }) => sum + days[index]!.mau, 0)).toBe(mau);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('lifecycle', () => {
    const property = fc.property(eventsWithin(-9, 6, HOUR_MS * 8), fc.nat(6), heldMax, (events, historyDays, held) => {
      const body = { ...range(5), interval: 'day', historyDays };
      const { points } = answers(() => lifecycle.make(must(lifecycle.parse(body, 'UTC'))), events, held);
      const historyStartMs = START_MS - Math.max(1, historyDays) * DAY_MS;
      expect(points).toEqual(byHand.lifecycleByHand(events, START_MS, START_MS + 5 * DAY_MS, historyStartMs));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('frequency', () => {
    const anyUnit = fc.constantFrom('events' as const, 'days' as const);
    const property = fc.property(eventsWithin(-1, 6, HOUR_MS * 8), anyUnit, heldMax, (events, unit, held) => {
      const body = { ...range(5), of: unit, bars: 3 };
      const answer = answers(() => frequency.make(must(frequency.parse(body, 'UTC'))), events, held);
      const inRange = events.filter(({ at }) => at >= START_MS && at < START_MS + 5 * DAY_MS);
      const times = byHand
        .byPerson(inRange)
        .map((own) => (unit === 'events' ? own.length : new Set(own.map(({ at }) => byHand.dayOf(at))).size));
      expect(answer.people).toBe(times.length);
      expect(answer.times.p50).toBe(byHand.nearestRank(times, 0.5));
      const bars = [1, 2, 3].map((n) => times.filter((each) => Math.min(each, 3) === n).length);
      expect([0, 1, 2].map((index) => answer.bars[index]?.people ?? 0)).toEqual(bars);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('paths', () => {
    const options = fc.record({
      anchor: fc.constantFrom('A', 'B'),
      isBackward: fc.boolean(),
      stepCount: fc.integer({ min: 1, max: 4 }),
      collapses: fc.boolean(),
      windowMs: fc.constantFrom(Number.POSITIVE_INFINITY, DAY_MS, HOUR_MS * 2),
    });
    const property = fc.property(eventsWithin(0, 2, HOUR_MS), options, heldMax, (events, rules, held) => {
      const { anchor, isBackward, stepCount, collapses, windowMs } = rules;
      const body = {
        ...range(2),
        [isBackward ? 'endAt' : 'startAt']: { event: anchor },
        steps: stepCount,
        nodes: 50,
        collapse: collapses,
        ...(windowMs < Number.POSITIVE_INFINITY && { windowSeconds: windowMs / 1_000 }),
      };
      const answer = answers(() => paths.make(must(paths.parse(body, 'UTC'))), events, held);
      const expected = byHand.pathsByHand(events, rules);
      expect(answer.people).toBe(expected.length);
      for (const { step, value, people, ended } of answer.nodes) {
        const there = expected.filter((path) => path[Math.abs(step)] === value);
        expect(people).toBe(there.length);
        const last = there.filter((path) => path.length === Math.abs(step) + 1);
        expect(ended).toBe(Math.abs(step) === stepCount ? 0 : last.length);
      }
      expect(answer.nodes.reduce((sum, { people }) => sum + people, 0)).toBe(expected.flat().length);
      for (const { source, target, people } of answer.links) {
        const [from, to] = [answer.nodes[source]!, answer.nodes[target]!];
        const through = expected.filter(
          (path) => path[Math.abs(from.step)] === from.value && path[Math.abs(to.step)] === to.value,
        );
        expect(people).toBe(through.length);
      }
      expect(answer.links.reduce((sum, { people }) => sum + people, 0)).toBe(expected.flat().length - expected.length);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it.each(['event', 'person'] as const)('funnels broken down by the %s add up to the whole', (breakdown) => {
    const property = fc.property(eventsWithin(0, 2, HOUR_MS), fc.boolean(), heldMax, (events, isAny, held) => {
      const body = {
        ...range(2),
        steps: [{ event: 'A' }, { events: ['B', 'C'] }, { event: 'C' }],
        windowSeconds: 36_000,
        groupBy: 'country',
        breakdown,
        top: 2,
        ...(isAny && { order: 'any' }),
      };
      const { steps, groups } = answers(() => funnel.make(must(funnel.parse(body, 'UTC'))), events, held);
      for (const [index, { people }] of steps.entries()) {
        expect(groups!.reduce((sum, group) => sum + group.steps[index]!.people, 0)).toBe(people);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});
