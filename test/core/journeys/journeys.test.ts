// The definitions of the journeys, one by one, on a few events each.

import { describe, expect, it } from 'vitest';
import { active } from '../../../src/core/journeys/active.ts';
import { DurationBag } from '../../../src/core/journeys/counts/quantiles.ts';
import { frequency } from '../../../src/core/journeys/frequency.ts';
import { funnel } from '../../../src/core/journeys/funnel/funnel.ts';
import { lifecycle } from '../../../src/core/journeys/lifecycle.ts';
import { paths } from '../../../src/core/journeys/paths/paths.ts';
import { retention } from '../../../src/core/journeys/retention.ts';
import { sessions } from '../../../src/core/journeys/sessions.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/limits.ts';
import { columnsOf, ISO, must, run, type TestEvent } from './support.ts';

const START_MS = Date.UTC(2024, 2, 20);
const RANGE = { from: ISO(START_MS), to: ISO(START_MS + 10 * DAY_MS), timezone: 'UTC' };
/** One person's events: names with seconds since the start. */
const did = (person: number, ...names: (readonly [string, number])[]): TestEvent[] =>
  names.map(([event, seconds]) => ({ person, at: START_MS + seconds * 1_000, event }));

describe('a funnel', () => {
  const steps = [{ event: 'A' }, { event: 'B' }, { event: 'C' }];
  const ask = (events: readonly TestEvent[], more: object = {}) =>
    run(funnel.make(must(funnel.parse({ ...RANGE, steps, windowSeconds: 10, ...more }, 'UTC'))), [columnsOf(events)]);
  const people = (events: readonly TestEvent[], more: object = {}) =>
    ask(events, more).steps.map((step) => step.people);

  it('includes an event exactly at the end of the window, which counts from the first step', () => {
    expect(people(did(1, ['A', 0], ['B', 6], ['C', 10]))).toEqual([1, 1, 1]);
    expect(people(did(1, ['A', 0], ['B', 6], ['C', 11]))).toEqual([1, 1, 0]);
  });

  it('may begin at any first step, or only at the person’s first', () => {
    const events = did(1, ['A', 0], ['A', 20], ['B', 21], ['C', 22]);
    expect(people(events)).toEqual([1, 1, 1]);
    expect(people(events, { anchor: 'first' })).toEqual([1, 0, 0]);
  });

  it('takes events of one instant for steps that follow each other unless ties are strict', () => {
    const events = did(1, ['C', 5], ['B', 5], ['A', 5]);
    expect(people(events)).toEqual([1, 1, 1]);
    expect(people(events, { ties: 'strict' })).toEqual([1, 0, 0]);
  });

  it('never lets one event serve two steps', () => {
    const twice = { steps: [{ event: 'A' }, { event: 'A' }], ties: 'non-strict' };
    expect(people(did(1, ['A', 0]), twice)).toEqual([1, 0]);
    expect(people(did(1, ['A', 0], ['A', 0]), twice)).toEqual([1, 1]);
  });

  it('in any order counts how many of the steps were done', () => {
    const events = [...did(1, ['C', 0], ['A', 1]), ...did(2, ['B', 0], ['C', 1], ['A', 9]), ...did(3, ['C', 0])];
    expect(people(events, { order: 'any' })).toEqual([3, 2, 1]);
    expect(people(events)).toEqual([2, 0, 0]);
  });

  it('drops who did what is excluded between two steps, and not who did it before, after or at them', () => {
    const exclusions = [{ event: 'X', from: 1, to: 2 }];
    expect(people(did(1, ['A', 0], ['X', 1], ['B', 2], ['C', 3]), { exclusions })).toEqual([1, 0, 0]);
    expect(people(did(1, ['X', 0], ['A', 0], ['B', 2], ['X', 2], ['C', 3]), { exclusions })).toEqual([1, 1, 1]);
    expect(people(did(1, ['A', 0], ['X', 1], ['A', 2], ['B', 3]), { exclusions })).toEqual([1, 1, 0]);
  });

  it('tells the seconds from the earliest first step that completes, and the least', () => {
    const events = did(1, ['A', 0], ['A', 12], ['A', 18], ['B', 19], ['C', 20]);
    const [, , last] = ask(events).steps;
    expect(last!.secondsToConvert).toMatchObject({ n: 1, mean: 8, p50: 8 });
    expect(last!.secondsToConvertShortest).toMatchObject({ n: 1, p0: 2, p100: 2 });
  });

  it('puts each person into the group of the first step that gets them furthest', () => {
    const events: TestEvent[] = [
      { person: 1, at: START_MS, event: 'A', country: 'DE' },
      { person: 1, at: START_MS + 20_000, event: 'A', country: 'FR' },
      { person: 1, at: START_MS + 21_000, event: 'B', country: 'IT' },
      { person: 2, at: START_MS, event: 'A', country: null },
      { person: 2, at: START_MS + 60_000, event: 'Z', country: 'ES' },
    ];
    const groups = (breakdown: string) =>
      ask(events, { groupBy: 'country', breakdown }).groups!.map(({ key, steps }) => [key.country, steps[1]!.people]);
    expect(groups('event')).toEqual([
      ['FR', 1],
      [null, 0],
    ]);
    expect(groups('person')).toEqual([
      ['DE', 1],
      ['ES', 0],
    ]);
  });

  it('counts no person for events without one, nor for events outside of range and filter', () => {
    const events = [...did(0, ['A', 0]), ...did(1, ['A', -1]), ...did(2, ['A', 1])];
    expect(people(events, { where: { property: 'event', op: 'neq', value: 'A' } })).toEqual([0, 0, 0]);
    expect(people(events)).toEqual([1, 0, 0]);
  });
});

describe('retention', () => {
  const ask = (events: readonly TestEvent[], more: object = {}, nowMs = START_MS + 99 * DAY_MS) => {
    const body = { ...RANGE, interval: 'day', intervals: 3, ...more };
    return run(retention.make(must(retention.parse(body, 'UTC', nowMs))), [columnsOf(events)]);
  };
  const on = (person: number, ...days: number[]): TestEvent[] =>
    days.map((day) => ({ person, at: START_MS + day * DAY_MS + HOUR_MS }));

  it('has a person in the cohort of the first day, or with recurring in that of every day', () => {
    const events = on(1, 0, 1, 3);
    expect(ask(events).cohorts).toEqual([{ start: ISO(START_MS), size: 1, retained: [1, 1, 0, 1] }]);
    expect(ask(events, { mode: 'recurring' }).cohorts.map(({ retained }) => retained)).toEqual([
      [1, 1, 0, 1],
      [1, 0, 1, 0],
      [1, 0, 0, 0],
    ]);
  });

  it('counts people who came back later, too, when it is rolling', () => {
    expect(ask(on(1, 0, 5), { on: 'on-or-after' }).cohorts[0]!.retained).toEqual([1, 1, 1, 1]);
  });

  it('knows who is not new from the days before the range', () => {
    expect(ask(on(1, -5, 0)).cohorts).toEqual([]);
    expect(ask(on(1, -5, 0), { historyDays: 3 }).cohorts).toHaveLength(1);
  });

  it('leaves out of the whole what lies in the future, which is after now and not after the range', () => {
    const events = [...on(1, 0), ...on(2, 8)];
    expect(ask(events).cohorts[1]!.retained).toEqual([1, 0, 0, 0]);
    expect(ask(events).overall.map(({ eligible }) => eligible)).toEqual([2, 2, 2, 2]);
    const next = ask(events, {}, START_MS + 9 * DAY_MS + 2 * HOUR_MS);
    expect(next.cohorts[1]!.retained).toEqual([1, 0, null, null]);
    expect(next.overall.map(({ eligible }) => eligible)).toEqual([2, 2, 1, 1]);
    const soon = ask(events, {}, START_MS + 8 * DAY_MS + 2 * HOUR_MS);
    expect(soon.cohorts[1]!.retained).toEqual([1, null, null, null]);
  });

  it('begins weeks on Monday, and days where the zone’s do', () => {
    // 23:30 on Sunday the 24th in UTC is Monday in Berlin.
    const events = [{ person: 1, at: Date.UTC(2024, 2, 24, 23, 30) }];
    expect(ask(events, { interval: 'week' }).cohorts[0]!.start).toBe('2024-03-18T00:00:00.000Z');
    const berlin = { interval: 'week', timezone: 'Europe/Berlin' };
    expect(ask(events, berlin).cohorts[0]!.start).toBe('2024-03-24T23:00:00.000Z');
  });

  it('on day 0 asks for the return event after the start event', () => {
    const events = [...did(1, ['Bought', 0], ['Joined', 1]), ...did(2, ['Joined', 0], ['Bought', 0])];
    const both = { start: { event: 'Joined' }, return: { event: 'Bought' } };
    expect(ask(events, both).cohorts).toMatchObject([{ size: 2, retained: [1, 0, 0, 0] }]);
  });
});

describe('sessions', () => {
  const ask = (events: readonly TestEvent[], more: object = {}) =>
    run(sessions.make(must(sessions.parse({ ...RANGE, gapSeconds: 60, ...more }, 'UTC'))), [columnsOf(events)]);

  it('end after a pause longer than the gap, and not at one as long', () => {
    expect(ask(did(1, ['A', 0], ['A', 60], ['A', 121]))).toMatchObject({ sessions: 2, bounces: 1, people: 1 });
  });

  it('that began before the range are not counted in it', () => {
    expect(ask(did(1, ['A', -30], ['A', 10], ['A', 500])).sessions).toBe(1);
    expect(ask(did(1, ['A', -61], ['A', 0])).sessions).toBe(1);
  });

  it('are entered and left at the first and last event with a page', () => {
    const pages = ['/', null, '/a', null].map((path, index) => ({ person: 1, at: START_MS + index * 1_000, path }));
    expect(ask(pages)).toMatchObject({
      entries: [{ page: '/', sessions: 1 }],
      exits: [{ page: '/a', sessions: 1 }],
      duration: { p50: 3 },
      events: { p50: 4 },
    });
  });
});

describe('paths', () => {
  const ask = (events: readonly TestEvent[], more: object = {}) =>
    run(paths.make(must(paths.parse({ ...RANGE, startAt: { event: 'A' }, ...more }, 'UTC'))), [columnsOf(events)]);
  const events = [...did(1, ['A', 0], ['B', 1], ['B', 2], ['C', 3]), ...did(2, ['X', 0], ['A', 1], ['C', 2])];

  it('go on from the first event, and say where they end', () => {
    const { people, nodes, links } = ask(events, { steps: 2 });
    expect(people).toBe(2);
    expect(nodes.map(({ step, value, people, ended }) => [step, value, people, ended])).toEqual([
      [0, 'A', 2, 0],
      [1, 'B', 1, 0],
      [1, 'C', 1, 1],
      [2, 'B', 1, 0],
    ]);
    expect(links).toEqual([
      { source: 0, target: 1, people: 1 },
      { source: 0, target: 2, people: 1 },
      { source: 1, target: 3, people: 1 },
    ]);
  });

  it('take repeats for one step when asked to', () => {
    expect(ask(events, { steps: 2, collapse: true }).nodes.at(-1)).toMatchObject({ step: 2, value: 'C', people: 1 });
  });

  it('lead back from the last event they end at', () => {
    const { nodes } = ask(events, { startAt: undefined, endAt: { event: 'C' }, steps: 1 });
    expect(nodes.map(({ step, value, people }) => [step, value, people])).toEqual([
      [0, 'C', 2],
      [-1, 'A', 1],
      [-1, 'B', 1],
    ]);
  });

  it('put what is beyond the largest nodes of a step together', () => {
    const many = [1, 2, 3, 4].flatMap((person) => did(person, ['A', 0], [`N${Math.max(2, person)}`, 1]));
    const { nodes, links } = ask(many, { nodes: 1, steps: 1 });
    expect(nodes.slice(1)).toMatchObject([
      { value: 'N2', people: 2 },
      { value: null, other: true, people: 2 },
    ]);
    expect(links.map(({ people }) => people)).toEqual([2, 2]);
  });
});

it('active people of a day are also those of the seven and thirty days that end with it', () => {
  const events = [
    { person: 1, at: START_MS - 6 * DAY_MS },
    { person: 2, at: START_MS - 29 * DAY_MS },
    { person: 3, at: START_MS },
  ];
  const { days, people } = run(active.make(must(active.parse(RANGE, 'UTC'))), [columnsOf(events)]);
  expect(people).toBe(1);
  expect(days[0]).toEqual({ at: ISO(START_MS), dau: 1, wau: 2, mau: 3, stickiness: 1 / 3 });
  expect(days[1]).toMatchObject({ dau: 0, wau: 1, mau: 2 });
});

it('lifecycle tells new, returning, resurrected and dormant people apart', () => {
  const events = [0, 1, 3].map((day) => ({ person: 1, at: START_MS + day * DAY_MS }));
  const body = { ...RANGE, to: ISO(START_MS + 5 * DAY_MS), interval: 'day' };
  const { points } = run(lifecycle.make(must(lifecycle.parse(body, 'UTC'))), [columnsOf(events)]);
  const states = points.map((point) => [point.new, point.returning, point.resurrected, point.dormant]);
  expect(states).toEqual([
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ]);
});

describe('what has not come', () => {
  const body = { from: ISO(START_MS), to: ISO(START_MS + 30 * DAY_MS) };
  const events = [0, 1, 2].map((day) => ({ person: 1, at: START_MS + day * DAY_MS }));
  const nowMs = START_MS + 2 * DAY_MS + HOUR_MS;
  const askActive = (nowMs: number, more = {}) =>
    run(active.make(must(active.parse({ ...body, ...more }, 'UTC', nowMs))), [columnsOf(events)]);
  const askLifecycle = (interval: string, nowMs: number, more = {}) =>
    run(lifecycle.make(must(lifecycle.parse({ ...body, interval, ...more }, 'UTC', nowMs))), [columnsOf(events)]);

  it('is left out by active people: the last day is today', () => {
    const { days, people } = askActive(nowMs);
    expect(days.map(({ at, dau, wau, mau }) => [at, dau, wau, mau])).toEqual(
      [0, 1, 2].map((day) => [ISO(START_MS + day * DAY_MS), 1, 1, 1]),
    );
    expect(people).toBe(1);
    // `nowMs` is the first instant of a day, then the last instant of a day.
    expect(askActive(START_MS + 2 * DAY_MS).days).toHaveLength(3);
    expect(askActive(START_MS + 2 * DAY_MS - 1).days).toHaveLength(2);
    expect(askActive(START_MS + 300 * DAY_MS).days).toHaveLength(30);
  });

  it('is left out by lifecycle: no person is dormant tomorrow', () => {
    const { points } = askLifecycle('day', nowMs);
    expect(points.map((point) => [point.new, point.returning, point.dormant])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
    ]);
    expect(askLifecycle('month', nowMs).points).toHaveLength(1);
    expect(askLifecycle('day', START_MS + 300 * DAY_MS).points).toHaveLength(30);
  });

  it('leaves nothing of a range that has not begun, and the interval of now of one that begins in it', () => {
    const later = { from: ISO(START_MS + 10 * DAY_MS) };
    expect(askActive(nowMs, later)).toMatchObject({ people: 0, days: [] });
    expect(askLifecycle('day', nowMs, later).points).toEqual([]);
    const today = { from: ISO(nowMs + HOUR_MS) };
    expect(askActive(nowMs, today).days.map(({ at, dau }) => [at, dau])).toEqual([[ISO(START_MS + 2 * DAY_MS), 1]]);
    expect(askLifecycle('day', nowMs, today).points).toHaveLength(1);
  });
});

it('frequency counts people by their days, the last bar having all from there on', () => {
  const days = (person: number, count: number) =>
    Array.from({ length: count }, (_, day) => ({ person, at: START_MS + day * DAY_MS }));
  const body = { ...RANGE, bars: 3 };
  const answer = run(frequency.make(must(frequency.parse(body, 'UTC'))), [
    columnsOf([...days(1, 1), ...days(2, 3), ...days(3, 9)]),
  ]);
  expect(answer).toMatchObject({
    people: 3,
    bars: [
      { n: 1, people: 1 },
      { n: 2, people: 0 },
      { n: 3, people: 2, orMore: true },
    ],
    times: { p50: 3, p100: 9 },
  });
});

it('durations are exact up to a bound, and from there on within half a percent', () => {
  const fill = (exactMax: number) => {
    const bag = new DurationBag(exactMax);
    for (let second = 1; second <= 2_000; second++) bag.add(second % 2, second * 1_000);
    return bag;
  };
  expect(fill(2_000).seconds(1, () => 0)).toMatchObject([{ n: 2_000, p0: 1, p50: 1_000, p100: 2_000, mean: 1_000.5 }]);
  expect(fill(2_000).seconds(2, (slot) => (slot === 1 ? 1 : undefined))).toMatchObject([
    { n: 0, mean: null },
    { n: 1_000, p0: 1, p50: 999, p100: 1_999, mean: 1_000 },
  ]);
  // Longer than 32 bits of milliseconds, and parts of one.
  const odd = new DurationBag();
  for (const ms of [5e12, 0.5, 7]) odd.add(3, ms);
  expect(odd.seconds(1, () => 0)).toMatchObject([{ n: 3, p0: 0.0005, p50: 0.007, p100: 5e9 }]);
  const sketched = fill(1_999);
  expect(sketched.isEstimated).toBe(true);
  const [together] = sketched.seconds(1, () => 0);
  expect(Math.abs(together!.p50! - 1_000)).toBeLessThanOrEqual(5);
  expect(together).toMatchObject({ n: 2_000, p0: 1, p100: 2_000 });
});
