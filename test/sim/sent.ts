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
  /** A program's; absent from the events of people. */
  readonly context?: { readonly userAgent: string };
  /** The key that sends it, where that is no server's. The product knows nothing of this field. */
  readonly sentAs?: 'browser';
}

/** The name of an event in the ledger: a browser's id is its device's, any other the tenant's. */
export function eventKey({
  id,
  sentAs,
  anonymousId,
  userId,
}: Pick<WireEvent, 'id' | 'sentAs' | 'anonymousId' | 'userId'>): string {
  return sentAs === 'browser' ? `${id} of ${anonymousId ?? userId}` : id;
}

/** Whether the event is a bot's, which questions may leave out. */
export function isBot({ context }: Pick<WireEvent, 'context'>): boolean {
  return context !== undefined;
}

/** One event of one tenant. */
export interface SentEvent {
  readonly wire: WireEvent;
  /** The earliest and the latest event time that a copy of the event may have got. */
  atMsMin: number;
  atMsMax: number;
  /** The regions that may each hold a live copy unknown to the others. */
  readonly regions: Set<string>;
  /** The time at which a client first learned that the event is durable; null when none did. */
  ackedAtMs: number | null;
}

/** A version of an import, as its sender knows it. An undo has no rows. */
export interface SentVersion {
  readonly importId: string;
  readonly version: number;
  /** The rows by id: of a repeated id the first. */
  readonly rows: Map<string, WireEvent>;
  /** The time at which the finish or the undo was first sent; null before. */
  finishSentAtMs: number | null;
  /** The time at which the sender learned that it is done; null before. */
  finishedAtMs: number | null;
}

export class Ledger {
  readonly uid: string;
  readonly events = new Map<string, SentEvent>();
  readonly versions: SentVersion[] = [];
  /** Sums of the answered requests, and of all attempts. */
  readonly answered = { received: 0, accepted: 0, duplicate: 0, rejected: 0 };
  readonly attempted = { received: 0, rejected: 0 };

  constructor(uid: string) {
    this.uid = uid;
  }

  /** Notes that a copy leaves the client. `atMs` bounds the event time that the copy may get. */
  sent(wire: WireEvent, atMs: { readonly min: number; readonly max: number }): SentEvent {
    let event = this.events.get(eventKey(wire));
    if (event === undefined) {
      event = {
        wire,
        atMsMin: atMs.min,
        atMsMax: atMs.max,
        regions: new Set(),
        ackedAtMs: null,
      };
      this.events.set(eventKey(wire), event);
    }
    event.atMsMin = Math.min(event.atMsMin, atMs.min);
    event.atMsMax = Math.max(event.atMsMax, atMs.max);
    return event;
  }

  acked(wires: Iterable<WireEvent>, nowMs: number): void {
    for (const wire of wires) {
      const event = this.events.get(eventKey(wire)) as SentEvent;
      event.ackedAtMs ??= nowMs;
    }
  }

  /** The versions whose rows count for sure from now on, until a greater one is sent. */
  finishedVersions(): SentVersion[] {
    return this.versions.filter((each) => each.finishedAtMs !== null && !this.#isOvertaken(each, 'finishSentAtMs'));
  }

  /** The versions whose rows an answer that was asked for now may count: sent, and not taken back for sure. */
  openVersions(): SentVersion[] {
    return this.versions.filter((each) => !this.#isOvertaken(each, 'finishedAtMs'));
  }

  #isOvertaken({ importId, version }: SentVersion, by: 'finishSentAtMs' | 'finishedAtMs'): boolean {
    return this.versions.some((other) => other.importId === importId && other.version > version && other[by] !== null);
  }

  /** The events that an answer to a question of now must count: acknowledged, and surely within the range. */
  owed(startMs: number, endMs: number): SentEvent[] {
    const imported = new Set(this.finishedVersions().flatMap(({ rows }) => [...rows.keys()]));
    return [...this.events.values()].filter(
      ({ wire, ackedAtMs, atMsMin, atMsMax }) =>
        (ackedAtMs !== null || imported.has(wire.id)) && atMsMin >= startMs && atMsMax < endMs,
    );
  }

  /** The events that an answer given now may count: sent, and possibly within the range, with the number of their copies. */
  possible(startMs: number, endMs: number, openAtAsk: readonly SentVersion[]): { event: SentEvent; copies: number }[] {
    const open = new Set(
      [...openAtAsk, ...this.openVersions()].filter(({ finishSentAtMs }) => finishSentAtMs !== null),
    );
    const imports = new Map<string, number>();
    for (const { rows } of open) for (const id of rows.keys()) imports.set(id, (imports.get(id) ?? 0) + 1);
    return [...this.events.values()].flatMap((event) => {
      const copies = event.regions.size + (imports.get(event.wire.id) ?? 0);
      return copies > 0 && event.atMsMax >= startMs && event.atMsMin < endMs ? [{ event, copies }] : [];
    });
  }
}

export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}
