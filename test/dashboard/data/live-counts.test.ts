import { describe, expect, it } from 'vitest';
import { LiveRate, minutesShown, rolledTo, type Told, withTold } from '../../../src/dashboard/data/live-counts.ts';

const MINUTE_MS = 60_000;
const NOW_MS = Date.parse('2026-03-01T12:00:30.000Z');

/** A message of the stream with one listed event at each instant, and some that it omits. */
function told(atMs: readonly number[], omitted = 0, secondMs = NOW_MS): Told {
  const second = { at: Math.floor(secondMs / 1_000), accepted: atMs.length + omitted, duplicate: 0, refused: 0 };
  const receivedAt = new Date(NOW_MS).toISOString();
  const events = atMs.map((ms) => ({ at: new Date(ms).toISOString(), receivedAt }));
  return { type: 'tick', seconds: [second], events, omitted } as unknown as Told;
}

const startsMs = minutesShown(NOW_MS);
const none = { startsMs, events: startsMs.map(() => 0), eventsTotal: 0 };

describe('the counts of the last minutes', () => {
  it('are of thirty minutes, the running one last', () => {
    expect(startsMs).toHaveLength(30);
    expect(startsMs.at(-1)).toBe(NOW_MS - 30_000);
    expect(startsMs[0]).toBe(NOW_MS - 30_000 - 29 * MINUTE_MS);
  });

  it('take an event into the minute of its own time', () => {
    const counts = withTold(none, told([NOW_MS, NOW_MS - 5 * MINUTE_MS, NOW_MS]), 0);
    expect(counts.eventsTotal).toBe(3);
    expect(counts.events.at(-1)).toBe(2);
    expect(counts.events.at(-6)).toBe(1);
  });

  it('leave out events that the answer before has, by their receipt', () => {
    expect(withTold(none, told([NOW_MS, NOW_MS]), NOW_MS - 1).eventsTotal).toBe(2);
    expect(withTold(none, told([NOW_MS, NOW_MS]), NOW_MS).eventsTotal).toBe(0);
    expect(withTold(none, told([], 7, NOW_MS), NOW_MS).eventsTotal).toBe(0);
    expect(withTold(none, told([], 7, NOW_MS), NOW_MS - 1).eventsTotal).toBe(7);
  });

  it('leave out an event of before these minutes, and count one whose clock runs ahead without a bar', () => {
    const counts = withTold(none, told([NOW_MS - 31 * MINUTE_MS, NOW_MS + 2 * MINUTE_MS]), 0);
    expect(counts.eventsTotal).toBe(1);
    expect(counts.events.every((count) => count === 0)).toBe(true);
  });

  it('count the events that a message omits in the minute of their receipt', () => {
    const counts = withTold(none, told([NOW_MS], 400, NOW_MS - MINUTE_MS), 0);
    expect(counts.eventsTotal).toBe(401);
    expect(counts.events.slice(-2)).toEqual([400, 1]);
  });

  it('lose the minutes that pass, with their events', () => {
    const full = { startsMs, events: startsMs.map((_, i) => i), eventsTotal: 435 };
    const later = rolledTo(full, NOW_MS + 2 * MINUTE_MS);
    expect(later.startsMs.at(-1)).toBe(startsMs.at(-1)! + 2 * MINUTE_MS);
    expect(later.events).toEqual([...full.events.slice(2), 0, 0]);
    expect(later.eventsTotal).toBe(434);
    expect(rolledTo(full, NOW_MS)).toBe(full);
  });
});

describe('the events a second', () => {
  it('are those of the last ten seconds', () => {
    const rate = new LiveRate();
    rate.add(told([], 40, NOW_MS - 11_000));
    rate.add(told([NOW_MS], 19, NOW_MS));
    expect(rate.at(NOW_MS)).toBe(2);
    expect(rate.at(NOW_MS + 20_000)).toBe(0);
  });
});
