// Sent: the books of the outside world: every event that any client or import sent, and what it was told of it. The
// product's answers are held against these; nothing here comes from the product.

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
  /** The earliest and the latest event time that any of its copies may have got. */
  atMsMin: number;
  atMsMax: number;
  /** Places that may hold a copy that others do not know of: regions, imports. */
  readonly regions: Set<string>;
  imports: number;
  /** When somebody was first told that it is durable; null: never. */
  ackedAtMs: number | null;
  /** The same, as rows of an import. */
  importAckedAtMs: number | null;
}

export class Ledger {
  readonly uid: string;
  readonly events = new Map<string, SentEvent>();
  /** Of requests that were answered, and of every attempt. */
  readonly answered = { received: 0, accepted: 0, duplicate: 0, rejected: 0 };
  readonly attempted = { received: 0, rejected: 0 };

  constructor(uid: string) {
    this.uid = uid;
  }

  /** A copy leaves the client. `atMs` bounds what its event time may become. */
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

  /** All that must be in an answer asked now: acknowledged, and surely within the range. */
  owed(startMs: number, endMs: number): SentEvent[] {
    const owed: SentEvent[] = [];
    for (const event of this.events.values()) {
      if (event.ackedAtMs !== null && event.atMsMin >= startMs && event.atMsMax < endMs) owed.push(event);
    }
    return owed;
  }

  /** All that may be in an answer given now: sent, and possibly within the range. */
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
