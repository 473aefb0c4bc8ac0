/**
 * Companion: an event of ours that a vendor's event implies beside itself, such as the identify event of one that sets
 * traits along the way (docs/decisions/ingest/0074-companions.md), or of one that names a device and a person (links.ts).
 *
 * Companions stand behind all events of a request, so that the positions of the vendor's events stay what they were. Their ids
 * are made of their event's (`companionId`) or of what they say, so that a retry is recognised for both.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import type { VerdictDocument } from '../../../wire/ingest.ts';
import { type EventMapping, type Taken, type WireBatch, WrappedEvent } from '../protocol.ts';

export class Companion extends WrappedEvent {
  readonly #mapping: EventMapping;

  /** `sent`: the vendor's event that implies it, or the companion itself. `mapping` makes our event of it. */
  constructor(sent: unknown, mapping: EventMapping) {
    super(sent);
    this.#mapping = mapping;
  }

  toWireEvent(): unknown {
    return this.#mapping.toWireEvent(this.sent);
  }

  pathOf(pointer: string): string {
    return this.#mapping.pathOf(pointer, this.sent);
  }
}

type Reader = ((index: number) => unknown) | undefined;

/** The events and those that they imply. `mapping` is that of the companions alone. */
export function withCompanions(
  events: readonly unknown[],
  {
    implies,
    mapping,
    exactEvent,
  }: {
    readonly implies: (sent: Wire) => boolean;
    readonly mapping: EventMapping;
    readonly exactEvent?: Reader;
  },
): Pick<WireBatch, 'events' | 'exactEvent'> {
  const implying = events.flatMap((event, index) => (isObject(event) && implies(event) ? [index] : []));
  if (implying.length === 0) return { events, exactEvent };
  const { length } = events;
  const exact = (index: number, read: (index: number) => unknown) =>
    index < length ? read(index) : new Companion(read(implying[index - length]!), mapping);
  return {
    events: [...events, ...implying.map((index) => new Companion(events[index], mapping))],
    exactEvent: exactEvent && ((index) => exact(index, exactEvent)),
  };
}

/** The mapping of a vendor's events with companions among them. */
export function mappingWithCompanions(own: EventMapping): EventMapping {
  return {
    toWireEvent: (sent) => (sent instanceof Companion ? sent.toWireEvent() : own.toWireEvent(sent)),
    pathOf: (pointer, sent) => (sent instanceof Companion ? sent.pathOf(pointer) : own.pathOf(pointer, sent)),
  };
}

/** The id of a companion; absent when its event has none. */
export function companionId(id: unknown, role: string): unknown {
  return typeof id === 'string' || typeof id === 'number' ? `${id}.${role}` : id;
}

/** What became of the events that the client has sent: its companions are none of its own. */
export interface SentOutcome {
  readonly sent: number;
  readonly errors: VerdictDocument['errors'];
  /** Whether there were events, and all were refused: the client must not take them for delivered. */
  readonly isAllRefused: boolean;
}

export function outcomeOf({ verdict, batch }: Taken): SentOutcome {
  const sent = batch.events.filter((event) => !(event instanceof Companion)).length;
  const errors = verdict.errors.filter(({ index }) => index < sent);
  return { sent, errors, isAllRefused: sent > 0 && errors.length === sent };
}
