import { describe, expect, it } from 'vitest';
import { LiveFeed } from '../../durable-objects/live-feed.ts';
import type { LiveStore, StoredRound } from '../../durable-objects/live-store.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { Hello } from '../../src/core/live/message.ts';
import type { Round } from '../../src/core/live/round.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
/** Rounds that are kept when each has this part of the limit. */
const KEPT = 6;

/** A feed over a store that says of each round that it is long. */
function newFeed(): LiveFeed {
  const store = {
    uid: 'u',
    firstSeq: 1,
    watchedUntilMs: NOW_MS,
    rounds: () => [],
    positions: () => null,
    reportBefore: () => 0,
    reportsAfter: () => [],
    saveRound: (round: Round): StoredRound => ({ round, length: LIMITS.liveRoundsLengthMax / KEPT }),
  };
  const feed = new LiveFeed(store as unknown as LiveStore);
  feed.open('u', NOW_MS);
  return feed;
}

function add(feed: LiveFeed, at: number): void {
  const seconds = [{ at, accepted: 1, duplicate: 0 }];
  const reply = { next: { incarnation: 'i', seq: at }, gap: false, seconds, events: [], omitted: 1 };
  feed.add({ replies: new Map([['shard', reply]]), asked: 1 }, NOW_MS);
}

describe('the rounds of a feed', () => {
  it('are fewer when they are long, and a watcher who has missed one of the others is told so', () => {
    const feed = newFeed();
    for (let at = 1; at <= KEPT + 4; at++) add(feed, at);
    const hello = (after: number | null) => feed.welcome(after, {}, NOW_MS)[0] as Hello;
    expect(hello(null).seconds.map(({ at }) => at)).toEqual([5, 6, 7, 8, 9, 10]);
    expect([hello(3).gap, hello(3).resumed]).toEqual([true, false]);
  });
});
