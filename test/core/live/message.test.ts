import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { helloOf, tickOf } from '../../../src/core/live/message.ts';
import { PeopleWindow } from '../../../src/core/live/people-window.ts';
import type { RefusalReport } from '../../../src/core/live/refusal.ts';
import { keptRound, type Round, roundOf } from '../../../src/core/live/round.ts';
import type { RecentEvent, RecentReply } from '../../../src/core/shard/recent.ts';
import { liveMessageSchema } from '../../../src/wire/live.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const AT = NOW_MS / 1_000;

function event(name: string, parts: Partial<RecentEvent> = {}): RecentEvent {
  const place = { path: '/a', title: null, country: 'DE', device: null, referrer: null, source: 'native' };
  const times = { receivedAtMs: NOW_MS, atMs: NOW_MS };
  const person = 'ann' as string | null;
  return {
    isAccepted: true,
    isLate: false,
    id: name,
    type: 'track',
    event: name,
    sender: 'server',
    person,
    ...place,
    ...times,
    ...parts,
  };
}

function reply(events: readonly RecentEvent[], parts: Partial<RecentReply> = {}): RecentReply {
  const next = { incarnation: 'i', seq: 1 };
  return {
    next,
    gap: false,
    seconds: [{ at: AT, accepted: events.length, duplicate: 0 }],
    events,
    omitted: 0,
    ...parts,
  };
}

function report(count: number, more = 0): RefusalReport {
  const items = Array.from({ length: count }, (_, index) => ({
    ...{ code: 'name-missing', reason: 'No name.', pointer: '/event', index, id: `${index}` },
    ...{ event: null, type: null, body: 'secret', bodyTruncated: false },
  }));
  const sender = { keyClass: 'server', keyHint: '0123abcd', userAgent: null } as const;
  return { receivedAtMs: NOW_MS, source: 'native', path: '/v1/events', ...sender, items, more };
}

function round(seq: number, replies: readonly RecentReply[], reports: readonly RefusalReport[] = []): Round {
  const numbered = reports.map((each, i) => ({ id: i + 1, report: each }));
  return roundOf({ seq, atMs: NOW_MS, replies, reports: numbered })!;
}

const COMMON = { seq: 2, atMs: NOW_MS, resumed: false, gap: false, people: 7 };

describe('a round', () => {
  it('is none when nothing has happened', () => {
    const nothing = reply([], { seconds: [] });
    expect(roundOf({ seq: 1, atMs: NOW_MS, replies: [nothing], reports: [] })).toBeNull();
    expect(roundOf({ seq: 1, atMs: NOW_MS, replies: [{ ...nothing, gap: true }], reports: [] })).toMatchObject({
      hasGap: true,
    });
  });

  it('sums the seconds of all shards and of refusals, and ranks the values of each field', () => {
    const { seconds, tops } = round(
      1,
      [
        reply([event('a'), event('b', { country: 'FR' })]),
        reply([event('b'), event('c', { country: null })], { seconds: [{ at: AT, accepted: 2, duplicate: 3 }] }),
      ],
      [report(2, 5)],
    );
    expect(seconds).toEqual([{ at: AT, accepted: 4, duplicate: 3, refused: 7 }]);
    expect(tops.event).toEqual([
      ['b', 2],
      ['a', 1],
      ['c', 1],
    ]);
    expect(tops.country).toEqual([
      ['DE', 2],
      ['FR', 1],
    ]);
    expect(tops.device).toEqual([]);
  });

  it('is kept with its newest events and refusals alone, and without bodies', () => {
    const many = Array.from({ length: 120 }, (_, i) => event(`e${i}`, { receivedAtMs: NOW_MS + i }));
    const kept = keptRound(round(1, [reply(many)], [report(15), report(15)]));
    expect(kept.events.map(({ event: name }) => name).slice(0, 2)).toEqual(['e119', 'e118']);
    expect(kept.events).toHaveLength(LIMITS.liveEventsPerMessage);
    expect(kept.refusals.flatMap(({ report: { items } }) => items)).toHaveLength(LIMITS.liveRefusalsPerMessage);
    expect(JSON.stringify(kept)).not.toContain('secret');
    expect(kept.seconds).toEqual([{ at: AT, accepted: 120, duplicate: 0, refused: 30 }]);
  });
});

describe('a message', () => {
  it('has the shape that the wire describes', () => {
    const one = round(1, [reply([event('a')])], [report(1)]);
    for (const message of [helloOf({ ...COMMON, rounds: [one] }, {}), tickOf(one, 7, { event: ['a'] })])
      expect(liveMessageSchema.parse(message)).toEqual(message);
  });

  it('begins with the fold of the rounds, equal to the sum of their ticks', () => {
    const rounds = [round(1, [reply([event('a'), event('b')])]), round(2, [reply([event('b')])], [report(1)])];
    const hello = helloOf({ ...COMMON, rounds }, {});
    expect(hello.seconds).toEqual([{ at: AT, accepted: 3, duplicate: 0, refused: 1 }]);
    expect(hello.top.event).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
    const ticks = rounds.map((each) => tickOf(each, 7, {}));
    expect(hello.events).toEqual(ticks.toReversed().flatMap(({ events }) => events));
    expect([hello.omitted, hello.sampled, hello.people]).toEqual([0, false, 7]);
  });

  it('is of its filter alone, and says when it had only a sample to filter', () => {
    const filter = { event: ['a'], country: ['FR', 'DE'] };
    const whole = round(1, [reply([event('a'), event('a', { country: 'US' }), event('b')])], [report(1)]);
    const tick = tickOf(whole, 7, filter);
    expect(tick).toMatchObject({
      seconds: [{ at: AT, accepted: 1, duplicate: 0, refused: 1 }],
      omitted: 0,
      sampled: false,
      people: null,
    });
    expect([tick.events.length, tick.refused.length]).toEqual([1, 1]);
    const cut = round(1, [reply([event('a')], { seconds: [{ at: AT, accepted: 9, duplicate: 0 }], omitted: 8 })]);
    expect(tickOf(cut, 7, filter)).toMatchObject({ sampled: true, omitted: 0 });
    expect(tickOf(cut, 7, {})).toMatchObject({ sampled: true, omitted: 8 });
  });
});

describe('the people of the last minutes', () => {
  it('are each counted once, until they were not seen for the window', () => {
    const people = new PeopleWindow();
    const seen = (person: string | null, receivedAtMs: number) => people.add([{ person, receivedAtMs }]);
    seen('ann', 0);
    seen('bob', 1_000);
    seen('ann', 2_000);
    seen(null, 2_000);
    expect(people.count(3_000)).toBe(2);
    expect(people.count(LIMITS.liveWindowMs + 1_500)).toBe(1);
    expect(people.count(LIMITS.liveWindowMs + 2_000)).toBe(0);
  });

  it('are bounded: those who were seen longest ago leave', () => {
    const people = new PeopleWindow();
    for (let i = 0; i < LIMITS.livePeopleMax + 10; i++) people.add([{ person: `p${i}`, receivedAtMs: i }]);
    expect(people.count(LIMITS.livePeopleMax)).toBe(LIMITS.livePeopleMax);
  });
});
