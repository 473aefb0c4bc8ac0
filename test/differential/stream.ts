// Stream: the requests and questions of one tenant, drawn from a seed: duplicates, late and clamped events, fast
// clocks and bad events.

import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS } from '../../src/core/limits.ts';
import { Sequence } from '../sim/world/random.ts';

const SECOND_MS = 1_000;

export interface WireRequest {
  readonly batch: readonly object[];
  readonly sentAt: string;
}

export class Stream {
  readonly #random: Sequence;
  readonly #sent: object[] = [];
  #made = 0;

  constructor(seed: number) {
    this.#random = new Sequence(seed, 'differential');
  }

  /** A request of a device at `nowMs`; with `ageMs`, all its events are that old. */
  request(nowMs: number, ageMs: number | null = null): WireRequest {
    const random = this.#random;
    // One clock in eight is fast; `sentAt` corrects it.
    const skewMs = random.chance(0.125) ? random.below(2 * HOUR_MS) : 0;
    const batch: object[] = [];
    for (let left = 1 + random.below(24); left > 0; left--) {
      const isRepeated = this.#sent.length > 0 && random.chance(0.08);
      const event = isRepeated ? random.pick(this.#sent) : this.#event(nowMs, skewMs, ageMs);
      batch.push(event);
      if (random.chance(0.03)) batch.push(event);
      if (random.chance(0.02)) batch.push({ id: `bad-${this.#made}`, type: 'no such type' });
    }
    return { batch, sentAt: new Date(nowMs + skewMs).toISOString() };
  }

  /** Repeats some of the events that were sent. */
  resend(nowMs: number, size: number): WireRequest {
    const batch = Array.from({ length: size }, () => this.#random.pick(this.#sent));
    return { batch, sentAt: new Date(nowMs).toISOString() };
  }

  #event(nowMs: number, skewMs: number, ageMs: number | null): object {
    const random = this.#random;
    const person = random.below(25);
    const kind = random.next();
    const atMs = nowMs + skewMs - (ageMs ?? this.#ageMs());
    const event = {
      id: `e${++this.#made}`,
      type: random.chance(0.25) ? 'page' : 'track',
      event: random.pick(['Viewed', 'Added', 'Bought', 'Left']),
      ...(kind < 0.7 && { anonymousId: `device-${person}` }),
      ...(kind > 0.5 && kind < 0.9 && { userId: `user-${person}` }),
      ...(ageMs === null && random.chance(0.06) ? {} : { timestamp: new Date(atMs).toISOString() }),
      properties: {
        slot: `slot-${random.below(12)}`,
        amount: random.below(20_000) / 100,
        ...(random.chance(0.3) && { plan: random.pick(['free', 'pro', 'team']) }),
      },
    };
    this.#sent.push(event);
    return event;
  }

  /**
   * The age of an event: mostly seconds, sometimes late, of yesterday, beyond the allowed lateness, or in the future.
   */
  #ageMs(): number {
    const kind = this.#random.next();
    if (kind < 0.7) return this.#random.below(20 * SECOND_MS);
    if (kind < 0.85) return this.#random.below(40 * MINUTE_MS);
    if (kind < 0.93) return this.#random.below(DAY_MS);
    if (kind < 0.97) return -this.#random.below(20 * MINUTE_MS);
    return LIMITS.allowedLatenessMs + this.#random.below(DAY_MS);
  }
}

/** Questions about the last ten days, some answered from cells and some from events. */
export function questionsAt(nowMs: number): object[] {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const range = { from: new Date(today - 10 * DAY_MS).toISOString(), to: new Date(today + 2 * DAY_MS).toISOString() };
  const recent = { from: new Date(today - DAY_MS).toISOString(), to: new Date(today + DAY_MS).toISOString() };
  const questions: object[] = [
    { measure: 'count' },
    { measure: 'count', groupBy: ['event'] },
    { measure: 'count', groupBy: ['slot', 'event'], top: 30 },
    { measure: 'count', groupBy: ['country', 'browser'] },
    { measure: 'count', interval: 'day', timezone: 'America/New_York' },
    { measure: 'users' },
    { measure: 'users', groupBy: ['event'], interval: 'day' },
    { measure: { sum: 'amount' } },
    { measure: { avg: 'amount' }, groupBy: ['event'], where: { property: 'plan', op: 'exists', value: true } },
    { measure: { max: 'amount' }, groupBy: ['plan'] },
    { measure: { p50: 'amount' }, groupBy: ['event'] },
    { measure: { p99: 'amount' } },
  ];
  const closed = { from: recent.from, to: new Date(today).toISOString() };
  return [
    { measure: 'count', groupBy: ['event'], ...closed },
    { measure: 'users', ...closed },
    ...questions.map((question) => ({ ...question, ...range })),
    { measure: 'count', interval: 'hour', groupBy: ['event'], ...recent },
    { measure: 'users', interval: 'hour', ...recent },
  ];
}
