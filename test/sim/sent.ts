// Sent: the ledger of the outside world: every event that a client or import sent, and the answers about it. The checks
// compare the product's answers with the ledger; nothing in the ledger comes from the product.

import { DAY_MS } from '../../src/core/limits.ts';

export interface WireEvent {
  readonly id: string;
  readonly type: 'track' | 'page';
  readonly event?: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly timestamp?: string;
  readonly properties: { readonly slot: string; readonly amount: number };
}

/** One event of one tenant, by its id. */
export interface SentEvent {
  readonly wire: WireEvent;
  /** The earliest and the latest event time that a copy of the event may have got. */
  atMsMin: number;
  atMsMax: number;
  /** The regions and the number of imports that may each hold a copy unknown to the others. */
  readonly regions: Set<string>;
  imports: number;
  /** The time at which a client first learned that the event is durable; null when none did. */
  ackedAtMs: number | null;
  /** The time at which an import first learned that for the event as a row; null when none did. */
  importAckedAtMs: number | null;
}

export class Ledger {
  readonly uid: string;
  readonly events = new Map<string, SentEvent>();
  /** Sums of the answered requests, and of all attempts. */
  readonly answered = { received: 0, accepted: 0, duplicate: 0, rejected: 0 };
  readonly attempted = { received: 0, rejected: 0 };

  constructor(uid: string) {
    this.uid = uid;
  }

  /** Notes that a copy leaves the client. `atMs` bounds the event time that the copy may get. */
  sent(wire: WireEvent, atMs: { readonly min: number; readonly max: number }): SentEvent {
    let event = this.events.get(wire.id);
    if (event === undefined) {
      event = {
        wire,
        atMsMin: atMs.min,
        atMsMax: atMs.max,
        regions: new Set(),
        imports: 0,
        ackedAtMs: null,
        importAckedAtMs: null,
      };
      this.events.set(wire.id, event);
    }
    event.atMsMin = Math.min(event.atMsMin, atMs.min);
    event.atMsMax = Math.max(event.atMsMax, atMs.max);
    return event;
  }

  acked(ids: Iterable<string>, nowMs: number): void {
    for (const id of ids) {
      const event = this.events.get(id) as SentEvent;
      event.ackedAtMs ??= nowMs;
    }
  }

  /** The events that an answer to a question of now must count: acknowledged, and surely within the range. */
  owed(startMs: number, endMs: number): SentEvent[] {
    const owed: SentEvent[] = [];
    for (const event of this.events.values()) {
      if (event.ackedAtMs !== null && event.atMsMin >= startMs && event.atMsMax < endMs) owed.push(event);
    }
    return owed;
  }

  /** The events that an answer given now may count: sent, and possibly within the range. */
  possible(startMs: number, endMs: number): SentEvent[] {
    const possible: SentEvent[] = [];
    for (const event of this.events.values()) {
      if (event.atMsMax >= startMs && event.atMsMin < endMs) possible.push(event);
    }
    return possible;
  }
}

export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}
