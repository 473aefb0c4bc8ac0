// identify, group and alias events say who somebody is: by themselves they make nobody active.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { active } from '../../../src/core/journeys/active.ts';
import { frequency } from '../../../src/core/journeys/frequency.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { journeyOf } from '../../../src/core/journeys/kinds.ts';
import type { JourneyKind } from '../../../src/core/journeys/kit/journey-kind.ts';
import { lifecycle } from '../../../src/core/journeys/lifecycle.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { HOUR_MS } from '../../../src/core/limits.ts';
import { columnsOf, must, run, type TestEvent } from './support.ts';

const RANGE = { from: '2026-06-01', to: '2026-06-03' };
const NOW_MS = Date.UTC(2026, 10, 29);
const [ANN, BOB] = [1, 2];
const at = (day: number, hour: number, second = 0) => Date.UTC(2026, 5, day, hour, 0, second);
const EVENTS: readonly TestEvent[] = [
  { person: ANN, at: at(1, 10), type: 'page', event: 'page', path: '/' },
  { person: ANN, at: at(1, 10, 1), type: 'identify', event: 'identify', path: '/login' },
  { person: ANN, at: at(2, 3), type: 'group', event: 'group' },
  { person: BOB, at: at(2, 3), type: 'identify', event: 'identify' },
  { person: BOB, at: at(2, 4), type: 'alias', event: 'alias' },
];

const QUESTIONS = {
  active: { ...RANGE },
  sessions: { ...RANGE, interval: 'day' },
  retention: { ...RANGE, interval: 'day', intervals: 1 },
  lifecycle: { ...RANGE, interval: 'day' },
  frequency: { ...RANGE },
} as const;
const KINDS: Readonly<Record<keyof typeof QUESTIONS, JourneyKind>> = {
  active,
  sessions,
  retention,
  lifecycle,
  frequency,
};

/** The answer of a kind, whose question travels as plain data first. */
function ask(name: keyof typeof KINDS, events: readonly TestEvent[], more: object = {}): object {
  const question = must(KINDS[name].parse({ ...QUESTIONS[name], ...more }, 'UTC', NOW_MS));
  return run(journeyOf({ kind: name, question: structuredClone(question) }), [columnsOf(events)]);
}

describe('events of identity', () => {
  it('are no activity', () => {
    expect(ask('active', EVENTS)).toMatchObject({ people: 1, days: [{ dau: 1 }, { dau: 0 }] });
    expect(ask('sessions', EVENTS)).toMatchObject({ sessions: 1, bounces: 1, exits: [{ page: '/' }] });
    expect(ask('retention', EVENTS)).toMatchObject({ overall: [{ eligible: 1, retained: 1 }, { retained: 0 }] });
    expect(ask('lifecycle', EVENTS)).toMatchObject({ points: [{ new: 1 }, { new: 0, dormant: 1 }] });
    expect(ask('frequency', EVENTS)).toMatchObject({ people: 1, bars: [{ n: 1, people: 1 }] });
  });

  it('count when the question asks for them: with an option, by name, or by type', () => {
    const all = { active: { people: 2 }, sessions: { sessions: 4 }, lifecycle: {}, frequency: { people: 2 } };
    for (const [name, expected] of Object.entries(all)) {
      const kind = name as keyof typeof KINDS;
      const wanted = ask(kind, EVENTS, { identityEvents: true });
      expect(wanted).toMatchObject(expected);
      const names = ['page', 'identify', 'group', 'alias'];
      expect(ask(kind, EVENTS, { events: names })).toEqual(wanted);
      expect(ask(kind, EVENTS, { where: { property: 'event', op: 'in', value: names } })).toEqual(wanted);
      expect(ask(kind, EVENTS, { where: { property: 'type', op: 'exists' } })).toEqual(wanted);
    }
    expect(ask('active', EVENTS, { where: { property: 'event', op: 'neq', value: 'x' } })).toMatchObject({ people: 1 });
  });

  it('of a retention are start or return only where a matcher names them', () => {
    const returned = (more: object) =>
      (ask('retention', EVENTS, more) as { overall: { retained: number }[] }).overall.map(({ retained }) => retained);
    expect(returned({ start: { event: 'page' } })).toEqual([1, 0]);
    expect(returned({ start: { event: 'page' }, return: { event: 'group' } })).toEqual([0, 1]);
    const isGroup = { property: 'type', op: 'eq', value: 'group' };
    expect(returned({ start: { event: 'page' }, return: { where: isGroup } })).toEqual([0, 1]);
    expect(returned({ start: { event: 'identify' } })).toEqual([0, 0]);
    expect(returned({ identityEvents: true })).toEqual([2, 1]);
  });

  it('are steps of paths only when they are asked for', () => {
    const nodes = (more: object) =>
      run(paths.make(must(paths.parse({ ...RANGE, ...more }, 'UTC'))), [columnsOf(EVENTS)]).nodes.map(
        ({ value, people }) => [value, people],
      );
    expect(nodes({ startAt: { event: 'page' } })).toEqual([['page', 1]]);
    expect(nodes({ startAt: { event: 'identify' } })).toEqual([['identify', 2]]);
    const isIdentify = { property: 'type', op: 'eq', value: 'identify' };
    expect(nodes({ startAt: { where: isIdentify } })).toEqual([['identify', 2]]);
    expect(nodes({ startAt: { event: 'page' }, identityEvents: true, steps: 1 })).toEqual([
      ['page', 1],
      ['identify', 1],
    ]);
  });

  it('are steps of a funnel, which always says what its steps are', () => {
    const steps = [{ event: 'page' }, { where: { property: 'path', op: 'eq', value: '/login' } }];
    const body = { ...RANGE, steps, windowSeconds: 60 };
    const answer = run(funnel.make(must(funnel.parse(body, 'UTC'))), [columnsOf(EVENTS)]);
    expect(answer.steps.map(({ people }) => people)).toEqual([1, 1]);
  });

  it('change no answer, whatever they are, wherever they come', () => {
    const event = fc.record({
      person: fc.integer({ min: 1, max: 4 }),
      at: fc.nat(47).map((hour) => Date.UTC(2026, 5, 1) + hour * HOUR_MS),
      type: fc.constantFrom('track', 'page', 'identify', 'group', 'alias'),
      path: fc.constantFrom(null, '/', '/a'),
    });
    const property = fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const acts = events.filter(({ type }) => type === 'track' || type === 'page');
      for (const name of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
        expect(ask(name, events)).toEqual(ask(name, acts, { identityEvents: true }));
      }
    });
    fc.assert(property, { numRuns: 200 });
  });
});
