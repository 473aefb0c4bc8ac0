// Many people, each known to the test by what they did, and their events under two devices and the user's own id.

import { DAY_MS } from '../../../src/core/limits.ts';
import type { record } from '../../support/events.ts';

type Parts = Parameters<typeof record>[0];

export const PLANS = ['free', 'pro', 'team', 'old plan of some years ago'];
const SOURCES = ['news', 'search', null];

/** One person: what they did, not how it is stored. */
export interface Person {
  readonly user: string;
  readonly devices: readonly [string, string];
  readonly plan: string;
  readonly age: number;
  readonly source: string | null;
  readonly buys: number;
}

export function personOf(number: number): Person {
  return {
    user: `user-${number}`,
    devices: [`first-${number}`, `second-${number}`],
    plan: PLANS[(number * 7) % PLANS.length]!,
    age: number % 9,
    source: SOURCES[number % SOURCES.length]!,
    buys: number % 5 === 0 ? 2 : number % 2,
  };
}

export const eventCountOf = ({ buys }: Person) => 3 + buys;

/** The events of a person, on one of the last three days. */
export function eventsOf(number: number, nowMs: number): Parts[] {
  const { user, devices, plan, age, source, buys } = personOf(number);
  const [first, second] = devices;
  const startMs = nowMs - (number % 3) * DAY_MS - 3_600_000 + (number % 1_000);
  const identify = { type: 'identify', event: 'identify', user_id: user } as const;
  const touch = source === null ? {} : { utm_source: source };
  const events: Omit<Parts, 'id'>[] = [
    { atMs: startMs, event: 'View', anonymous_id: first, path: '/', ...touch },
    { ...identify, atMs: startMs + 10, anonymous_id: first, properties: { plan: 'trial', age } },
    { ...identify, atMs: startMs + 20, anonymous_id: second, properties: { plan } },
  ];
  for (let buy = 0; buy < buys; buy++) {
    const id = buy === 0 ? { anonymous_id: second } : { user_id: user };
    events.push({ atMs: startMs + 1_000 + buy, event: 'Buy', ...id, properties: { price: number % 4 } });
  }
  return events.map((event, index) => ({ ...event, id: `${number}-${index}` }));
}

/** Sums a number of the people by a text. */
export function sumBy(
  people: readonly Person[],
  textOf: (person: Person) => string | null,
  numberOf: (person: Person) => number,
): Map<string | null, number> {
  const sums = new Map<string | null, number>();
  for (const person of people) {
    const number = numberOf(person);
    if (number > 0) sums.set(textOf(person), (sums.get(textOf(person)) ?? 0) + number);
  }
  return sums;
}
