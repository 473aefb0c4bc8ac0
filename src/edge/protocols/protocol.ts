/**
 * Protocol: one way of sending events over HTTP: how a body becomes wire events, and how the verdict is told.
 *
 * A protocol is pure and knows nothing of tenants, shards or time; it does not look into the events. Everything after it
 * is the same for all of them. A new vendor's protocol is a new file with this contract and a line in routes.ts.
 */
import type { z } from 'zod';
import type { EventType } from '../../core/event/event.ts';
import type { EventRejection } from '../../core/event/rejection.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Body } from '../request/body.ts';
import type { Refusal } from '../request/refusal.ts';
import type { VerdictDocument } from '../request/verdict.ts';

/** What a body says: its events, and what it says of all of them. */
export interface WireBatch {
  /** In the order sent: values of JSON.parse, or an UnreadableEvent. */
  readonly events: readonly unknown[];
  readonly type?: EventType | undefined;
  readonly sentAt?: unknown;
  readonly context?: unknown;
  /** A key that travelled in the body. */
  readonly writeKey?: string | undefined;
}

/** An event whose own bytes cannot be read, beside others that can. */
export class UnreadableEvent {
  readonly rejection: EventRejection;

  constructor(rejection: EventRejection) {
    this.rejection = rejection;
  }
}

export interface Protocol {
  /** The `source` column of its events. */
  readonly source: string;
  /** What a JSON body looks like, for the API's description. */
  readonly bodySchema: z.ZodType;
  decode(body: Body): Result<WireBatch, Refusal>;
  answer(verdict: VerdictDocument): object;
}

export function limitEvents(batch: WireBatch): Result<WireBatch, Refusal> {
  const met = batch.events.length;
  return met <= LIMITS.requestEventsMax ? ok(batch) : err(tooManyEvents('A request', LIMITS.requestEventsMax, met));
}

/** `what` may not have so many. */
export function tooManyEvents(what: string, limit: number, met: number): Refusal {
  const detail = `${what} may have ${limit} events, this one has ${met}.`;
  return { code: 'too-many-events', detail, extra: { limit, met } };
}
