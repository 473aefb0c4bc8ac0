import { describe, expect, it } from 'vitest';
import { openBlock } from '../../../src/core/block/block.ts';
import { ACCEPTED, DUPLICATE } from '../../../src/core/block/disposition.ts';
import { LATE_CORRECTION } from '../../../src/core/event/columns.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { type RecentEvent, RecentGathering } from '../../../src/core/shard/recent.ts';
import { block, record } from '../../support/events.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const NEXT = { incarnation: 'i', seq: 9 };

/** A row with one block of events with these ids and dispositions. */
function row(receivedAtMs: number, ...events: readonly (readonly [id: string, disposition: number])[]) {
  const records = events.map(([id]) => record({ id, user_id: `user ${id}`, atMs: receivedAtMs - 5, receivedAtMs }));
  return {
    blocks: [openBlock(block(records, { receivedAtMs }))],
    dispositions: [Uint8Array.from(events, ([, disposition]) => disposition)],
  };
}

describe('what a shard tells of the latest events', () => {
  it('counts by the second of receipt, with duplicates apart', () => {
    const gathering = new RecentGathering({ eventsMax: 10 });
    gathering.add(row(NOW_MS + 1_500, ['c', ACCEPTED], ['a', DUPLICATE]));
    gathering.add(row(NOW_MS + 999, ['b', ACCEPTED]));
    gathering.add(row(NOW_MS, ['a', ACCEPTED]));
    const { seconds } = gathering.reply(NEXT, false);
    const at = NOW_MS / 1_000;
    expect(seconds).toEqual([
      { at, accepted: 2, duplicate: 0 },
      { at: at + 1, accepted: 1, duplicate: 1 },
    ]);
  });

  it('gives accounts of the newest accepted events, and says how many have none', () => {
    const gathering = new RecentGathering({ eventsMax: 2 });
    gathering.add(row(NOW_MS + 1, ['d', ACCEPTED], ['x', DUPLICATE]));
    gathering.add(row(NOW_MS, ['a', ACCEPTED], ['b', ACCEPTED], ['c', ACCEPTED | LATE_CORRECTION]));
    const { events, omitted } = gathering.reply(NEXT, false);
    expect(events.map(({ id, isLate }) => [id, isLate])).toEqual([
      ['d', false],
      ['c', true],
    ]);
    expect(omitted).toBe(2);
    expect(events[0]).toMatchObject({ receivedAtMs: NOW_MS + 1, atMs: NOW_MS - 4 });
  });

  it('gives accounts of duplicates too when they are asked for', () => {
    const gathering = new RecentGathering({ eventsMax: 9, verdicts: 'all' });
    gathering.add(row(NOW_MS, ['a', ACCEPTED], ['a', DUPLICATE]));
    const { events, omitted } = gathering.reply(NEXT, false);
    expect(events.map(({ isAccepted }) => isAccepted)).toEqual([false, true]);
    expect(omitted).toBe(0);
  });

  it('shortens texts that a sender may make as long as an event', () => {
    const gathering = new RecentGathering({ eventsMax: 9 });
    const [long, id] = ['/😀'.repeat(10_000), 'i'.repeat(LIMITS.idLengthMax)];
    const parts = { path: long, title: long, country: long, device: long, referrer_domain: long };
    const records = [record({ id, atMs: NOW_MS, receivedAtMs: NOW_MS, ...parts })];
    const blocks = [openBlock(block(records, { receivedAtMs: NOW_MS }))];
    gathering.add({ blocks, dispositions: [Uint8Array.of(ACCEPTED)] });
    const [{ path, title, country, device, referrer, id: told } = {} as RecentEvent] = gathering.reply(
      NEXT,
      false,
    ).events;
    for (const text of [path, title, country, device, referrer]) {
      expect(text).toHaveLength(LIMITS.nameLengthMax);
      expect([text?.endsWith('…'), text?.isWellFormed()]).toEqual([true, true]);
    }
    expect(told).toBe(id);
  });

  it('gives one person one name, and none to an event without a person', () => {
    const gathering = new RecentGathering({ eventsMax: 9 });
    const receivedAtMs = NOW_MS;
    const records = [
      record({ id: 'a', user_id: 'ann', atMs: NOW_MS, receivedAtMs }),
      record({ id: 'b', user_id: 'ann', atMs: NOW_MS, receivedAtMs }),
      record({ id: 'c', user_id: null, anonymous_id: null, atMs: NOW_MS, receivedAtMs }),
    ];
    gathering.add({
      blocks: [openBlock(block(records, { receivedAtMs }))],
      dispositions: [new Uint8Array(3).fill(ACCEPTED)],
    });
    const [c, b, a] = gathering.reply(NEXT, false).events;
    expect(a?.person).toMatch(/^[0-9a-f]{12}$/);
    expect(b?.person).toBe(a?.person);
    expect(c?.person).toBeNull();
  });
});
