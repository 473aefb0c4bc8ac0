// The shop of the demo: the same from the same seed, with an outage and a broken step that a chart shows.

import { describe, expect, it } from 'vitest';
import { historyOf, lateDeliveries, type Stretch } from '../../../src/cli/simulate/shop/history.ts';
import { liveVisits } from '../../../src/cli/simulate/shop/live.ts';
import { type Story, storyOf } from '../../../src/cli/simulate/shop/story.ts';
import type { ShopEvent } from '../../../src/cli/simulate/shop/visit.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/limits.ts';

const ANCHOR_MS = Date.UTC(2026, 5, 17, 14, 30);
const story = storyOf({ seed: 'test', anchorMs: ANCHOR_MS, visitsPerDay: 400 });
const daysBefore = (days: number): Stretch => ({ startMs: ANCHOR_MS - days * DAY_MS, endMs: ANCHOR_MS });

function count(events: Iterable<ShopEvent>, name: string, { startMs, endMs }: Stretch): number {
  let found = 0;
  for (const { atMs, event } of events) if (event.event === name && atMs >= startMs && atMs < endMs) found++;
  return found;
}

function orderRate(of: Story, stretch: Stretch): number {
  const events = [...historyOf(of, stretch)];
  return count(events, 'Order Completed', stretch) / count(events, 'Payment Info Entered', stretch);
}

describe('the history of the shop', () => {
  const history = [...historyOf(story, daysBefore(30))];

  it('is the same from the same seed, and another from another one', () => {
    expect([...historyOf(story, daysBefore(3))]).toEqual([...historyOf(story, daysBefore(3))]);
    const other = storyOf({ seed: 'other', anchorMs: ANCHOR_MS, visitsPerDay: 400 });
    expect([...historyOf(other, daysBefore(3))]).not.toEqual([...historyOf(story, daysBefore(3))]);
  });

  it('is the same in two stretches as in one, but for visits that the cut ends', () => {
    const cutMs = ANCHOR_MS - 2 * DAY_MS;
    const whole = [...historyOf(story, daysBefore(4))].map(({ event }) => event.id);
    const halves = [
      ...historyOf(story, { startMs: ANCHOR_MS - 4 * DAY_MS, endMs: cutMs }),
      ...historyOf(story, { startMs: cutMs, endMs: ANCHOR_MS }),
    ].map(({ event }) => event.id);
    expect(whole).toEqual(expect.arrayContaining(halves));
    expect(halves.length).toBeGreaterThan(whole.length * 0.99);
  });

  it('gives each event an id of its own and a time in the stretch', () => {
    expect(new Set(history.map(({ event }) => event.id)).size).toBe(history.length);
    const { startMs, endMs } = daysBefore(30);
    for (const { atMs, event } of history) {
      expect(atMs >= startMs && atMs < endMs).toBe(true);
      expect(Date.parse(String(event.timestamp))).toBe(atMs);
    }
  });

  it('has people who come back, log in and buy, from campaigns and with countries', () => {
    const names = new Set(history.map(({ event }) => event.event ?? event.type));
    expect([...names].sort()).toEqual(
      [
        'page',
        'identify',
        'Signed Up',
        'Products Searched',
        'Product Viewed',
        'Product Added',
        'Checkout Started',
        'Payment Info Entered',
        'Payment Failed',
        'Order Completed',
      ].sort(),
    );
    const daysOf = new Map<unknown, Set<number>>();
    for (const { atMs, event } of history) {
      const days = daysOf.get(event.anonymousId) ?? new Set();
      daysOf.set(event.anonymousId, days.add(Math.floor(atMs / DAY_MS)));
    }
    const back = [...daysOf.values()].filter((days) => days.size > 1).length / daysOf.size;
    expect(back).toBeGreaterThan(0.15);
    expect(back).toBeLessThan(0.6);
    expect(history.some(({ event }) => JSON.stringify(event.context).includes('"morning-ritual"'))).toBe(true);
    const countries = history.map(({ event }) => (event.context as { location: { country: string } }).location.country);
    expect(new Set(countries).size).toBeGreaterThan(8);
  });

  it('breaks the payment with a release for a day and a half', () => {
    const { startMs, endMs } = story.broken;
    expect((endMs - startMs) / HOUR_MS).toBeCloseTo(36.7, 0);
    expect(orderRate(story, story.broken)).toBeLessThan(0.25);
    expect(orderRate(story, { startMs: startMs - 4 * DAY_MS, endMs: startMs })).toBeGreaterThan(0.65);
    expect(orderRate(story, { startMs: endMs, endMs: endMs + 4 * DAY_MS })).toBeGreaterThan(0.65);
    expect(new Set(story.releases.map(({ version }) => version))).toContain('2.3.0');
  });

  it('loses the events of the outage but those that the app delivers later', () => {
    const { startMs, endMs } = story.outage;
    const within = ({ atMs }: ShopEvent) => atMs >= startMs && atMs < endMs;
    expect(history.filter(within)).toEqual([]);
    const before = history.filter(({ atMs }) => atMs >= startMs - DAY_MS && atMs < endMs - DAY_MS).length;
    const late = [...lateDeliveries(story)];
    expect(late.every(within)).toBe(true);
    expect(late.length).toBeGreaterThan(before * 0.02);
    expect(late.length).toBeLessThan(before * 0.4);
    const ids = new Set(history.map(({ event }) => event.id));
    expect(late.filter(({ event }) => ids.has(event.id))).toEqual([]);
  });

  it('grows, rests at night, and is busiest in the evening', () => {
    const by = (startMs: number, lengthMs: number) =>
      [...historyOf(story, { startMs, endMs: startMs + lengthMs })].filter(({ event }) => event.type === 'page').length;
    const week = (days: number) => by(ANCHOR_MS - days * DAY_MS, 7 * DAY_MS);
    expect(week(8)).toBeGreaterThan(1.2 * week(8 + 7 * 8));
    const hours = (hour: number) => history.filter(({ atMs }) => Math.floor((atMs % DAY_MS) / HOUR_MS) === hour).length;
    expect(hours(19)).toBeGreaterThan(5 * hours(3));
  });
});

describe('the live visits of the shop', () => {
  const rush = { startMs: ANCHOR_MS, peakRate: 2.5, calmRate: 0.7 };
  const minute = ANCHOR_MS / MINUTE_MS;
  const rateOf = (from: number, minutes = 10) => {
    const events = Array.from({ length: minutes }, (_, i) => liveVisits(story, rush, from + i)).flat();
    return events.length / (minutes * 60);
  };

  it('are the same each time, with ids that no history has', () => {
    expect(liveVisits(story, rush, minute)).toEqual(liveVisits(story, rush, minute));
    for (const { event } of liveVisits(story, rush, minute)) expect(event.id).toMatch(/^l/);
  });

  it('are a rush that ebbs away', () => {
    expect(rateOf(minute)).toBeGreaterThan(1.5);
    expect(rateOf(minute)).toBeLessThan(3.5);
    expect(rateOf(minute + 300)).toBeLessThan(1.2);
    expect(rateOf(minute + 300)).toBeGreaterThan(0.3);
  });

  it('arrive after they happen, some much later', () => {
    const events = Array.from({ length: 30 }, (_, i) => liveVisits(story, rush, minute + i)).flat();
    const delays = events.map(({ atMs, arriveAtMs }) => arriveAtMs - atMs);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(delays.some((delay) => delay > MINUTE_MS)).toBe(true);
    expect(delays.filter((delay) => delay < 3_000).length).toBeGreaterThan(delays.length * 0.9);
  });
});
