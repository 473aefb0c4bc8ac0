/**
 * Live feed: the rounds of a hub in their order, and what a watcher who comes gets of them.
 *
 * - A round is stored together with the positions behind it, before any watcher gets it. So a hub that is killed goes on where
 *   the last stored round ends: every event and every refusal is in one round, and a number never names two rounds.
 * - Numbers begin with the clock, so that those of an erased hub are never used again.
 * - A hub that nobody has watched for longer than its window begins anew: what came meanwhile is in no round, and a watcher
 *   who comes back after it is told so.
 */
import { LIMITS } from '../src/core/limits.ts';
import { beatOf, helloOf, type LiveMessage, tickOf } from '../src/core/live/message.ts';
import { PeopleWindow } from '../src/core/live/people-window.ts';
import { keptRound, type Round, roundOf } from '../src/core/live/round.ts';
import type { LiveFilter } from '../src/core/live/watch.ts';
import type { Look } from './live-look.ts';
import type { LivePositions, LiveStore, StoredRound } from './live-store.ts';

/** Reports that one round takes: a flood is spread over rounds. */
const REPORTS_PER_ROUND_MAX = 100;

export class LiveFeed {
  readonly #store: LiveStore;
  /** The rounds that are kept, the oldest first; null until they are read. */
  #rounds: StoredRound[] | null = null;
  /** Characters of these rounds. */
  #length = 0;
  #positions: LivePositions = { shards: {}, report: 0 };
  #people = new PeopleWindow();
  #seq = 0;
  #shards = { asked: 0, answered: 0 };

  constructor(store: LiveStore) {
    this.#store = store;
  }

  /** Sequence number of the last round. */
  get seq(): number {
    return this.#seq;
  }

  get positions(): LivePositions {
    return this.#positions;
  }

  /** Makes the feed ready: it goes on where it stood, or begins anew. */
  open(uid: string, nowMs: number): void {
    if (this.#rounds === null) this.#read(nowMs);
    const lastMs = Math.max(this.#store.watchedUntilMs, this.#rounds?.at(-1)?.round.atMs ?? 0);
    if (this.#store.uid === null || nowMs - lastMs > LIMITS.liveWindowMs) this.#begin(uid, nowMs);
  }

  /** Makes a round of what a look brought; null when nothing has happened. */
  add({ replies, asked }: Look, nowMs: number): Round | null {
    const reports = this.#store.reportsAfter(this.#positions.report, REPORTS_PER_ROUND_MAX);
    this.#shards = { asked, answered: replies.size };
    const shards = { ...this.#positions.shards };
    for (const [name, { next }] of replies) shards[name] = next;
    const positions = { shards, report: reports.at(-1)?.id ?? this.#positions.report };
    const round = roundOf({ seq: this.#seq + 1, atMs: nowMs, replies: [...replies.values()], reports });
    if (round !== null) {
      this.#keep(this.#store.saveRound(keptRound(round), positions));
      this.#seq = round.seq;
      this.#people.add(round.events);
    }
    this.#positions = positions;
    return round;
  }

  /** The first messages of a watcher: a hello, and the rounds that one who comes back has missed. */
  welcome(after: number | null, filter: LiveFilter, nowMs: number): LiveMessage[] {
    const missed = after === null ? null : this.#missedSince(after);
    const common = { seq: this.#seq, atMs: nowMs, people: this.#people.count(nowMs) };
    if (missed === null) {
      const kept = (this.#rounds ?? []).map(({ round }) => round);
      const rounds = kept.filter(({ atMs }) => atMs > nowMs - LIMITS.liveWindowMs);
      return [helloOf({ ...common, rounds, resumed: false, gap: after !== null }, filter)];
    }
    const hello = helloOf({ ...common, seq: after!, rounds: [], resumed: true, gap: false }, filter);
    return [hello, ...missed.map((round) => tickOf(round, common.people, filter))];
  }

  tick(round: Round, filter: LiveFilter, nowMs: number): LiveMessage {
    return tickOf(round, this.#people.count(nowMs), filter);
  }

  beat(nowMs: number): LiveMessage {
    return beatOf(this.#seq, nowMs, this.#people.count(nowMs), this.#shards);
  }

  /** Forgets what was read of an erased store. */
  close(): void {
    this.#rounds = null;
  }

  /** The rounds after a number; null when one of them is no longer kept, when they are too many, or when there was no such. */
  #missedSince(after: number): Round[] | null {
    const rounds = this.#rounds ?? [];
    const oldest = rounds[0]?.round.seq ?? this.#seq + 1;
    if (after > this.#seq || after < oldest - 1) return null;
    const missed = rounds.filter(({ round }) => round.seq > after);
    const length = lengthOf(missed);
    return length > LIMITS.liveResumeSizeBytesMax ? null : missed.map(({ round }) => round);
  }

  #read(nowMs: number): void {
    this.#rounds = this.#store.rounds();
    this.#length = lengthOf(this.#rounds);
    this.#seq = this.#rounds.at(-1)?.round.seq ?? this.#store.firstSeq - 1;
    this.#positions = this.#store.positions() ?? this.#firstPositions(nowMs);
    this.#people = new PeopleWindow();
    for (const { round } of this.#rounds) this.#people.add(round.events);
  }

  #begin(uid: string, nowMs: number): void {
    const firstSeq = Math.max(nowMs, this.#seq + 1);
    this.#store.saveBeginning(uid, firstSeq, nowMs);
    this.#rounds = [];
    this.#length = 0;
    this.#seq = firstSeq - 1;
    this.#positions = this.#firstPositions(nowMs);
    this.#people = new PeopleWindow();
  }

  /** Positions that take in the window. */
  #firstPositions(nowMs: number): LivePositions {
    return { shards: {}, report: this.#store.reportBefore(nowMs - LIMITS.liveWindowMs) };
  }

  #keep(stored: StoredRound): void {
    const rounds = this.#rounds ?? [];
    rounds.push(stored);
    this.#length += stored.length;
    while (rounds.length > LIMITS.liveRoundsMax || this.#length > LIMITS.liveRoundsLengthMax)
      this.#length -= rounds.shift()!.length;
    this.#rounds = rounds;
  }
}

function lengthOf(rounds: readonly StoredRound[]): number {
  return rounds.reduce((sum, { length }) => sum + length, 0);
}
