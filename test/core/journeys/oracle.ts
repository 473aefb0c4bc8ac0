// Oracle of the journeys: plain loops over all events, in UTC, with which the real journeys must agree.

import { DAY_MS } from '../../../src/core/limits.ts';
import { compareCodePoints } from '../../../src/core/std/text.ts';
import type { TestEvent } from './support.ts';

export function byPerson(events: readonly TestEvent[]): TestEvent[][] {
  const people = [...new Set(events.map(({ person }) => person))].filter((person) => person !== 0);
  return people.map((person) => events.filter((event) => event.person === person).sort((a, b) => a.at - b.at));
}

export const dayOf = (atMs: number) => Math.floor(atMs / DAY_MS);

export interface RetentionRules {
  readonly startMs: number;
  readonly endMs: number;
  readonly historyStartMs: number;
  readonly nowMs: number;
  readonly start: string | null;
  readonly back: string | null;
  readonly isRecurring: boolean;
  readonly isRolling: boolean;
  readonly nMax: number;
}

export function retentionByHand(events: readonly TestEvent[], rules: RetentionRules) {
  const { startMs, endMs, historyStartMs, nowMs, start, back, isRecurring, isRolling, nMax } = rules;
  const lastCohortDay = dayOf(endMs - 1);
  const today = dayOf(nowMs);
  /** The last day of which returns are read. */
  const lastDay = Math.max(lastCohortDay, Math.min(lastCohortDay + nMax, today));
  const cohorts = new Map<number, { size: number; retained: number[] }>();
  for (const own of byPerson(events.filter(({ at }) => at >= historyStartMs && dayOf(at) <= lastDay))) {
    const starts = own.filter(({ event }) => start === null || event === start);
    const returns = own.filter(({ event, at }) => at >= startMs && (back === null || event === back));
    if (starts.length === 0 || (!isRecurring && starts[0]!.at < startMs)) continue;
    const inRange = starts.filter(({ at }) => at >= startMs && at < endMs);
    if (inRange.length === 0) continue;
    const days = [...new Set(inRange.map(({ at }) => dayOf(at)))];
    for (const day of isRecurring ? days : days.slice(0, 1)) {
      const cohort = cohorts.get(day) ?? { size: 0, retained: new Array(nMax + 1).fill(0) };
      cohorts.set(day, cohort);
      cohort.size++;
      const firstMs = inRange.find(({ at }) => dayOf(at) === day)!.at;
      for (let n = 0; n <= nMax; n++) {
        const came = returns.some(({ at }) => {
          if (at < firstMs) return false;
          return isRolling ? dayOf(at) >= day + n : dayOf(at) === day + n;
        });
        if (came) cohort.retained[n]!++;
      }
    }
  }
  const rows = [...cohorts].sort(([a], [b]) => a - b);
  return {
    cohorts: rows.map(([day, { size, retained }]) => ({
      start: new Date(day * DAY_MS).toISOString(),
      ...((day * DAY_MS < startMs || (day + 1) * DAY_MS > endMs) && { partial: true }),
      size,
      retained: retained.map((count, n) => (day + n <= today ? count : null)),
    })),
    overall: Array.from({ length: nMax + 1 }, (_, n) => {
      const eligible = rows.filter(([day]) => day + n <= today);
      const size = eligible.reduce((sum, [, cohort]) => sum + cohort.size, 0);
      const retained = eligible.reduce((sum, [, cohort]) => sum + cohort.retained[n]!, 0);
      return { n, eligible: size, retained, rate: size === 0 ? null : retained / size };
    }),
  };
}

export function sessionsByHand(events: readonly TestEvent[], startMs: number, endMs: number, gapMs: number) {
  const sessions: TestEvent[][] = [];
  for (const own of byPerson(events.filter(({ at }) => at < endMs))) {
    let current: TestEvent[] = [];
    for (const event of own) {
      if (current.length > 0 && event.at - current.at(-1)!.at > gapMs) {
        sessions.push(current);
        current = [];
      }
      current.push(event);
    }
    sessions.push(current);
  }
  return sessions.filter((session) => session[0]!.at >= startMs);
}

export function nearestRank(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

export function activeByHand(events: readonly TestEvent[], startMs: number, endMs: number) {
  const people = byPerson(events.filter(({ at }) => at < endMs)).map((own) => new Set(own.map(({ at }) => dayOf(at))));
  const within = (day: number, days: number) =>
    people.filter((active) => Array.from({ length: days }, (_, ago) => day - ago).some((each) => active.has(each)))
      .length;
  const days = [];
  for (let day = dayOf(startMs); day <= dayOf(endMs - 1); day++) {
    const [dau, wau, mau] = [within(day, 1), within(day, 7), within(day, 30)];
    days.push({ at: new Date(day * DAY_MS).toISOString(), dau, wau, mau, stickiness: mau === 0 ? null : dau / mau });
  }
  return days;
}

export function lifecycleByHand(events: readonly TestEvent[], startMs: number, endMs: number, historyStartMs: number) {
  const known = events.filter(({ at }) => at >= historyStartMs && at < endMs);
  const people = byPerson(known).map((own) => new Set(own.map(({ at }) => dayOf(at))));
  const points = [];
  for (let day = dayOf(startMs); day <= dayOf(endMs - 1); day++) {
    const point = { at: new Date(day * DAY_MS).toISOString(), new: 0, returning: 0, resurrected: 0, dormant: 0 };
    for (const active of people) {
      const was = active.has(day - 1);
      const hasEarlier = [...active].some((each) => each < day - 1);
      if (!active.has(day)) point.dormant += Number(was);
      else if (was) point.returning++;
      else if (hasEarlier) point.resurrected++;
      else point.new++;
    }
    points.push(point);
  }
  return points;
}

export function pathsByHand(
  events: readonly TestEvent[],
  rules: { anchor: string; isBackward: boolean; stepCount: number; collapses: boolean; windowMs: number },
): string[][] {
  const { anchor, isBackward, stepCount, collapses, windowMs } = rules;
  const paths: string[][] = [];
  for (const own of byPerson(events)) {
    const named = own.map(({ at, event }) => ({ at, name: event! }));
    named.sort((a, b) => a.at - b.at || compareCodePoints(a.name, b.name));
    if (isBackward) named.reverse();
    const from = named.findIndex(({ name }) => name === anchor);
    if (from === -1) continue;
    const path = [anchor];
    for (const { at, name } of named.slice(from + 1)) {
      if (path.length > stepCount || Math.abs(at - named[from]!.at) > windowMs) break;
      if (!collapses || name !== path.at(-1)) path.push(name);
    }
    paths.push(path);
  }
  return paths;
}
