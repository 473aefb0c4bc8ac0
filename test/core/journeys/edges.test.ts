// The edges of time: several events in one instant, and ranges that cut intervals, windows and returns.

import { describe, expect, it } from 'vitest';
import { active } from '../../../src/core/journeys/active.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { lifecycle } from '../../../src/core/journeys/lifecycle.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import { columnsOf, ISO, must, run, type TestEvent } from './support.ts';

const NOON_MS = Date.UTC(2026, 10, 22, 12);
const NOW_MS = Date.UTC(2026, 10, 29);
const DAY = { from: '2026-11-22', to: '2026-11-23' };
const seen = (path: string | null, seconds = 0, person = 1): TestEvent => ({
  person,
  at: NOON_MS + seconds * 1_000,
  path,
});
const did = (event: string, seconds = 0, person = 1): TestEvent => ({ person, at: NOON_MS + seconds * 1_000, event });

describe('the pages of a session', () => {
  const pages = (events: readonly TestEvent[]) => {
    const { entries, exits } = run(sessions.make(must(sessions.parse(DAY, 'UTC'))), [columnsOf(events)]);
    return [entries.map(({ page }) => page), exits.map(({ page }) => page)];
  };

  it('of one instant are the first and the last by text, in whatever order they come', () => {
    expect(pages([seen('/cart'), seen('/checkout')])).toEqual([['/cart'], ['/checkout']]);
    expect(pages([seen('/checkout'), seen('/cart')])).toEqual([['/cart'], ['/checkout']]);
    expect(pages([seen('/b'), seen('/c'), seen('/a'), seen('/b')])).toEqual([['/a'], ['/c']]);
  });

  it('are those of the last instant that has any', () => {
    expect(pages([seen('/z'), seen('/b', 1), seen('/a', 1), seen(null, 1), seen(null, 2)])).toEqual([['/z'], ['/b']]);
    expect(pages([seen(null), seen('/only'), seen(null)])).toEqual([['/only'], ['/only']]);
  });

  it('are ordered by code points, as the steps of paths are', () => {
    const events = ['\u{1F600}', '\uffee', 'a'].map((path) => seen(path));
    expect(pages(events)).toEqual([['a'], ['\u{1F600}']]);
    const path = { ...DAY, startAt: { where: { property: 'path', op: 'eq', value: 'a' } }, by: 'path' };
    const { nodes } = run(paths.make(must(paths.parse(path, 'UTC'))), [columnsOf(events)]);
    expect(nodes.map(({ value }) => value)).toEqual(['a', '\uffee', '\u{1F600}']);
  });
});

describe('the ties of a funnel', () => {
  const ask = (events: readonly TestEvent[], more: object = {}) => {
    const body = { ...DAY, windowSeconds: 3_600, steps: [{ event: 'Cart' }, { event: 'Checkout' }], ...more };
    return run(funnel.make(must(funnel.parse(body, 'UTC'))), [columnsOf(events)]);
  };
  const people = (events: readonly TestEvent[], more: object = {}) =>
    ask(events, more).steps.map((step) => step.people);
  const one = [did('Cart'), did('Checkout')];

  it('do not matter in any order, and convert in order unless they are strict', () => {
    expect(people(one, { order: 'any' })).toEqual([1, 1]);
    expect(people(one, { order: 'any', ties: 'strict' })).toEqual([1, 1]);
    expect(people(one, { order: 'any', ties: 'non-strict' })).toEqual([1, 1]);
    expect(people(one)).toEqual([1, 1]);
    expect(people(one, { ties: 'non-strict' })).toEqual([1, 1]);
    expect(people(one, { ties: 'strict' })).toEqual([1, 0]);
  });

  it('never let one event serve two steps in any order', () => {
    const twice = { order: 'any', steps: [{ event: 'Cart' }, { events: ['Cart', 'Checkout'] }] };
    expect(people([did('Cart')], twice)).toEqual([1, 0]);
    expect(people([did('Cart'), did('Cart')], twice)).toEqual([1, 1]);
    expect(people(one, twice)).toEqual([1, 1]);
  });

  it('are named in the answer with the people whom they decide', () => {
    const events = [...one, did('Cart', 0, 2), did('Checkout', 1, 2), did('Cart', 0, 3), did('Checkout', 0, 3)];
    expect(ask(events)).toMatchObject({ ties: 'non-strict', tied: [0, 2] });
    expect(ask(events, { ties: 'strict' })).toMatchObject({ ties: 'strict', tied: [0, 2] });
    expect(ask(events, { order: 'any' }).tied).toEqual([0, 0]);
    // The second person has a tie that decides nothing.
    expect(ask([did('Cart'), did('Cart'), did('Checkout', 1)]).tied).toEqual([0, 0]);
  });
});

describe('what lies beyond the range', () => {
  const trial: TestEvent[] = [
    { person: 1, at: Date.UTC(2026, 2, 31, 10), event: 'trial' },
    { person: 1, at: Date.UTC(2026, 3, 2, 10), event: 'sub' },
  ];
  const askRetention = (events: readonly TestEvent[], more: object, nowMs = NOW_MS) =>
    run(
      retention.make(must(retention.parse({ interval: 'day', intervals: 3, historyDays: 30, ...more }, 'UTC', nowMs))),
      [columnsOf(events)],
    );
  const LAST_OF_MARCH = { from: '2026-03-31', to: '2026-04-01', start: { event: 'trial' }, return: { event: 'sub' } };

  it('counts as a return once it has come', () => {
    expect(askRetention(trial, LAST_OF_MARCH)).toMatchObject({
      cohorts: [{ size: 1, retained: [0, 0, 1, 0] }],
      returnsTo: '2026-04-04T00:00:00.000Z',
    });
    const soon = askRetention(trial, LAST_OF_MARCH, Date.UTC(2026, 3, 2, 11));
    expect(soon).toMatchObject({ cohorts: [{ retained: [0, 0, 1, null] }], returnsTo: '2026-04-03T00:00:00.000Z' });
  });

  it('makes no cohort and no start, not even in the day that the range cuts', () => {
    const events = [...trial, { person: 2, at: Date.UTC(2026, 2, 31, 13), event: 'trial' }];
    const untilNoon = { ...LAST_OF_MARCH, to: '2026-03-31T12:00:00Z' };
    expect(askRetention(events, untilNoon).cohorts).toEqual([
      { start: '2026-03-31T00:00:00.000Z', partial: true, size: 1, retained: [0, 0, 1, 0] },
    ]);
    // Any event is a start and a return: one of the afternoon is a return alone.
    const any = { from: '2026-03-31', to: '2026-03-31T12:00:00Z' };
    expect(
      askRetention(
        events.filter(({ person }) => person === 2),
        any,
      ).cohorts,
    ).toEqual([]);
    expect(askRetention(trial, any).cohorts).toMatchObject([{ size: 1, retained: [1, 0, 1, 0] }]);
  });

  it('counts for weeks and months, and for all later ones when it is rolling', () => {
    const weekly = { ...LAST_OF_MARCH, interval: 'week', intervals: 1 };
    expect(askRetention(trial, weekly).cohorts).toMatchObject([{ partial: true, retained: [1, 0] }]);
    const monthly = { ...LAST_OF_MARCH, interval: 'month', intervals: 2 };
    expect(askRetention(trial, monthly).cohorts).toMatchObject([{ partial: true, retained: [0, 1, 0] }]);
    const rolling = { ...LAST_OF_MARCH, on: 'on-or-after' };
    expect(askRetention(trial, rolling).cohorts).toMatchObject([{ retained: [1, 1, 1, 0] }]);
  });

  const askFunnel = (events: readonly TestEvent[], more: object = {}) => {
    const body = { from: '2026-03-01', to: '2026-04-01', windowSeconds: 31 * 86_400, ...more };
    const steps = [{ event: 'trial' }, { event: 'sub' }];
    return run(funnel.make(must(funnel.parse({ steps, ...body }, 'UTC'))), [columnsOf(events)]).steps;
  };

  it('is a step of a funnel that began in the range, as far as its window reaches', () => {
    expect(askFunnel(trial).map(({ people, dropped }) => [people, dropped])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect(askFunnel(trial, { windowSeconds: 86_400 }).map(({ people }) => people)).toEqual([1, 0]);
    expect(askFunnel(trial, { order: 'any' }).map(({ people }) => people)).toEqual([1, 1]);
    expect(askFunnel(trial, { anchor: 'first' }).map(({ people }) => people)).toEqual([1, 1]);
  });

  it('begins no funnel, in either order', () => {
    const later = trial.map((event) => ({ ...event, at: event.at + 5 * DAY_MS }));
    for (const order of ['in-order', 'any']) {
      expect(askFunnel(later, { order }).map(({ people }) => people)).toEqual([0, 0]);
    }
    const halfway = [trial[0]!, ...later];
    expect(askFunnel(halfway, { windowSeconds: 3 * 86_400 }).map(({ people }) => people)).toEqual([1, 0]);
    expect(askFunnel(halfway, { windowSeconds: 7 * 86_400 })[1]!.secondsToConvert).toMatchObject({ p50: 7 * 86_400 });
  });

  it('marks the intervals that the range cuts', () => {
    const events = [{ person: 1, at: NOON_MS }];
    const range = { from: ISO(NOON_MS), to: ISO(NOON_MS + 2 * DAY_MS + HOUR_MS) };
    const marks = (points: readonly { readonly partial?: true | undefined }[]) => points.map(({ partial }) => partial);
    const hourly = run(sessions.make(must(sessions.parse({ ...range, interval: 'day' }, 'UTC'))), [columnsOf(events)]);
    expect(marks(hourly.points!)).toEqual([true, undefined, true]);
    const weekly = run(sessions.make(must(sessions.parse({ ...range, interval: 'week' }, 'UTC'))), [columnsOf(events)]);
    expect(marks(weekly.points!)).toEqual([true, true]);
    // Active people and lifecycle read the first interval from its beginning.
    const { days } = run(active.make(must(active.parse(range, 'UTC', NOW_MS))), [columnsOf(events)]);
    expect(marks(days)).toEqual([undefined, undefined, true]);
    const body = { ...range, interval: 'month' };
    const { points } = run(lifecycle.make(must(lifecycle.parse(body, 'UTC', NOW_MS))), [columnsOf(events)]);
    expect(marks(points)).toEqual([true]);
  });
});
