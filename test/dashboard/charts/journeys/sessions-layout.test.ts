import { describe, expect, it } from 'vitest';
import {
  SESSION_GAP_MS,
  sessionsByPerson,
  sessionsOf,
} from '../../../../src/dashboard/charts/journeys/sessions-layout.ts';

const startMs = Date.parse('2026-11-20T10:00:00.000Z');
let count = 0;

function event(minutes: number, further: Record<string, unknown> = {}, path?: string) {
  const timestamp = new Date(startMs + minutes * 60_000).toISOString();
  const id = `event-${++count}`;
  const columns: Record<string, string> = path === undefined ? {} : { path };
  return {
    id,
    type: 'track',
    event: 'Viewed',
    timestamp,
    receivedAt: timestamp,
    properties: {},
    context: {},
    columns,
    ...further,
  };
}

describe('sessions of events', () => {
  it('end where a pause is longer than the gap, strictly', () => {
    const gap = SESSION_GAP_MS / 60_000;
    const found = sessionsOf([event(3 * gap + 1), event(gap + 10), event(10), event(0)]);
    expect(found.map(({ count: events }) => events)).toEqual([1, 3]);
    expect(found[1]).toMatchObject({ startMs, endMs: startMs + (gap + 10) * 60_000 });
  });

  it('have the first and the last page', () => {
    const [session] = sessionsOf([event(3), event(2, {}, '/buy'), event(1, {}, '/cart'), event(0, {}, '/')]);
    expect(session).toMatchObject({ entry: '/', exit: '/buy', count: 4 });
  });

  it('are not made longer by events that say who somebody is', () => {
    const [session] = sessionsOf([event(9, { type: 'identify' }), event(5), event(0)]);
    expect(session).toMatchObject({ count: 2, endMs: startMs + 5 * 60_000, entry: null, exit: null });
    expect(session!.events).toHaveLength(3);
  });

  it('belong to one person each', () => {
    const events = [event(5, { userId: 'ann' }), event(4, { anonymousId: 'x' }), event(0, { userId: 'ann' }), event(0)];
    const found = sessionsByPerson(events);
    expect(found.map(({ id, session }) => [id, session.count])).toEqual([
      ['x', 1],
      ['ann', 2],
    ]);
  });
});
