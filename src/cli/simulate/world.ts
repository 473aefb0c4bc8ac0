/**
 * World: invented people who visit a web shop. The same seed and sizes give the same events with the same ids.
 *
 * A person has a device, a country and an entry; half of the people have an account and log in during a visit. A visit
 * is a walk through pages that may end in a sign-up or a purchase. Visits follow the time of day: few at night, many in
 * the evening. `arrivals` is the order in which the events reach the server: some late, some twice, as from real
 * clients.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/limits.ts';
import type { WireEvent } from '../kit/batches.ts';
import { fnv1a, newRandom, type Random } from './random.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly peopleCount: number;
  readonly days: number;
  readonly eventCount: number;
  /** The end of the world; all event times lie in the days before it. The ids do not depend on it. */
  readonly untilMs: number;
}

export interface Arrivals {
  /** The events in order of arrival, including copies. */
  readonly events: readonly WireEvent[];
  readonly duplicateCount: number;
  /** The number of events that arrive after an event with a later time. */
  readonly disorderedCount: number;
}

interface Person {
  readonly anonymousId: string;
  readonly userId: string | undefined;
  readonly country: string;
  readonly userAgent: string;
  readonly entry: (typeof ENTRIES)[number];
  /** How often the person visits, relative to the others. */
  readonly weight: number;
}

const COUNTRIES = ['DE', 'DE', 'US', 'US', 'US', 'GB', 'FR', 'NL', 'JP', 'BR', 'IN', 'AU'] as const;
const USER_AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
] as const;
const ENTRIES = [
  { referrer: undefined, campaign: undefined },
  { referrer: undefined, campaign: undefined },
  { referrer: 'https://www.google.com/', campaign: undefined },
  { referrer: 'https://news.ycombinator.com/', campaign: undefined },
  { referrer: 'https://t.co/abc', campaign: { source: 'twitter', medium: 'social', name: 'launch' } },
  { referrer: undefined, campaign: { source: 'newsletter', medium: 'email', name: 'weekly' } },
] as const;
const PAGES = ['/', '/pricing', '/products', '/products/kettle', '/products/teapot', '/blog', '/docs'] as const;
const PRODUCTS = [
  { sku: 'kettle', price: 39.9 },
  { sku: 'teapot', price: 24.5 },
  { sku: 'cup', price: 7.25 },
] as const;
const SITE = 'https://shop.example';

const SECONDS_BETWEEN_PAGES = 40;
const LATE_SHARE = 0.05;
/** The mean delay of a late event, as from a phone in a tunnel. */
const LATE_MEAN_MS = 20 * MINUTE_MS;
const NETWORK_MEAN_MS = 800;
const DUPLICATE_SHARE = 0.02;
const RETRY_MEAN_MS = 5_000;

export function arrivals(options: WorldOptions): Arrivals {
  const random = newRandom(`${options.seed}/network`);
  const sent: { readonly arriveAtMs: number; readonly event: WireEvent }[] = [];
  let duplicateCount = 0;
  for (const { atMs, event } of visitedEvents(options)) {
    const isLate = random.next() < LATE_SHARE;
    const arriveAtMs = atMs + random.exponential(isLate ? LATE_MEAN_MS : NETWORK_MEAN_MS);
    sent.push({ arriveAtMs, event });
    if (random.next() >= DUPLICATE_SHARE) continue;
    duplicateCount++;
    sent.push({ arriveAtMs: arriveAtMs + random.exponential(RETRY_MEAN_MS), event });
  }
  sent.sort((a, b) => a.arriveAtMs - b.arriveAtMs);
  const events = sent.map(({ event }) => event);
  return { events, duplicateCount, disorderedCount: countDisordered(events) };
}

function countDisordered(events: readonly WireEvent[]): number {
  let latest = '';
  let count = 0;
  for (const { timestamp } of events) {
    if (String(timestamp) < latest) count++;
    else latest = String(timestamp);
  }
  return count;
}

/** Yields exactly `eventCount` events, visit by visit. */
function* visitedEvents({
  seed,
  peopleCount,
  days,
  eventCount,
  untilMs,
}: WorldOptions): Generator<{ atMs: number; event: WireEvent }> {
  const random = newRandom(`${seed}/people`);
  const people = Array.from({ length: peopleCount }, (_, index) => newPerson(random, seed, index));
  const idPrefix = `sim-${fnv1a(`${seed}/${peopleCount}/${days}/${eventCount}`).toString(16).padStart(8, '0')}`;
  const fromMs = untilMs - days * DAY_MS;
  for (let index = 0; index < eventCount; ) {
    const person = pickPerson(random, people);
    let atMs = fromMs + visitStart(random, days);
    for (const step of visit(random, person)) {
      if (index === eventCount) return;
      // A visit that would outlast the world has its last clicks just before the end.
      atMs = Math.min(atMs + Math.round(random.exponential(SECONDS_BETWEEN_PAGES * 1_000)), untilMs - 1);
      const event = { id: `${idPrefix}-${index++}`, ...step, timestamp: new Date(atMs).toISOString() };
      yield { atMs, event };
    }
  }
}

function newPerson(random: Random, seed: string, index: number): Person {
  return {
    anonymousId: `device-${fnv1a(`${seed}/${index}`).toString(36)}-${index}`,
    userId: random.next() < 0.5 ? `user-${index}` : undefined,
    country: random.pick(COUNTRIES),
    userAgent: random.pick(USER_AGENTS),
    entry: random.pick(ENTRIES),
    weight: 0.05 + random.next() ** 3,
  };
}

function pickPerson(random: Random, people: readonly Person[]): Person {
  for (;;) {
    const person = people[random.below(people.length)];
    if (person && random.next() < person.weight) return person;
  }
}

/** Draws the start of a visit: few start at night, most in the evening (UTC). */
function visitStart(random: Random, days: number): number {
  for (;;) {
    const startMs = Math.floor(random.next() * days * DAY_MS);
    const hour = (startMs % DAY_MS) / HOUR_MS;
    if (random.next() < 0.55 - 0.45 * Math.cos(((hour - 4) / 24) * 2 * Math.PI)) return startMs;
  }
}

function* visit(random: Random, person: Person): Generator<Record<string, unknown>> {
  let isLoggedIn = false;
  const pageCount = 1 + Math.floor(random.exponential(3));
  const from = (path: string, isEntry: boolean) => ({
    anonymousId: person.anonymousId,
    ...(isLoggedIn && person.userId !== undefined && { userId: person.userId }),
    context: contextOf(person, path, isEntry),
  });
  let path = '/';
  for (let page = 0; page < pageCount; page++) {
    path = random.pick(PAGES);
    yield { type: 'page', ...from(path, page === 0), properties: { url: `${SITE}${path}`, path } };
    if (!isLoggedIn && person.userId !== undefined && random.next() < 0.3) {
      isLoggedIn = true;
      yield { type: 'identify', ...from(path, false), traits: { country: person.country } };
    }
  }
  if (random.next() < 0.15)
    yield { type: 'track', event: 'Sign Up', ...from(path, false), properties: { plan: random.pick(['free', 'pro']) } };
  if (random.next() < 0.2) {
    const product = random.pick(PRODUCTS);
    yield {
      type: 'track',
      event: 'Add to Cart',
      ...from(path, false),
      properties: { sku: product.sku, price: product.price },
    };
    if (random.next() < 0.4) {
      const quantity = 1 + random.below(3);
      const value = Math.round(product.price * quantity * 100) / 100;
      yield {
        type: 'track',
        event: 'Purchase',
        ...from(path, false),
        properties: { sku: product.sku, quantity, value },
      };
    }
  }
}

function contextOf({ userAgent, country, entry }: Person, path: string, isEntry: boolean): Record<string, unknown> {
  return {
    userAgent,
    location: { country },
    page: { url: `${SITE}${path}`, path, ...(isEntry && entry.referrer !== undefined && { referrer: entry.referrer }) },
    ...(isEntry && entry.campaign !== undefined && { campaign: entry.campaign }),
  };
}
