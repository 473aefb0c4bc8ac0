/**
 * Companion: an event of ours that a vendor's event implies beside itself, such as the identify event of one that sets
 * traits along the way. With us only an identify event does that.
 *
 * Companions stand behind all events of a request, so that the positions of the vendor's events stay what they were. The id
 * of a companion is made of its event's (`companionId`), so that a retry is recognised for both.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import type { EventMapping, WireBatch } from '../protocol.ts';
import { draftMapping, type Translate } from './draft.ts';

export class Companion {
  /** The vendor's event that implies it. */
  readonly sent: Wire;

  constructor(sent: Wire) {
    this.sent = sent;
  }
}

type Reader = ((index: number) => unknown) | undefined;

/** The events and those that they imply, with their mapping. `translate` fills both, and is told which. */
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
): Pick<WireBatch, 'events' | 'mapping' | 'exactEvent'> {
  const implying = events.flatMap((event, index) => (isObject(event) && implies(event) ? [index] : []));
  if (implying.length === 0) return { events, mapping, exactEvent };
  const companions = implying.map((index) => new Companion(events[index] as Wire));
  return {
    events: [...events, ...companions],
    mapping,
    exactEvent: exactEvent && ((index) => exactOf(index, events.length, implying, exactEvent)),
  };
}

function exactOf(index: number, count: number, implying: readonly number[], read: (index: number) => unknown): unknown {
  if (index < count) return read(index);
  const event = read(implying[index - count]!);
  return isObject(event) ? new Companion(event) : undefined;
}

/** The mapping of events and of their companions. */
export function companionMapping(translate: Translate, translateCompanion: Translate): EventMapping {
  const own = draftMapping(translate);
  const beside = draftMapping(translateCompanion);
  return {
    toWireEvent: (sent) => (sent instanceof Companion ? beside.toWireEvent(sent.sent) : own.toWireEvent(sent)),
    pathOf: (pointer, sent) =>
      sent instanceof Companion ? beside.pathOf(pointer, sent.sent) : own.pathOf(pointer, sent),
  };
}

/** The id of a companion; absent when its event has none. */
export function companionId(id: unknown, role: string): unknown {
  return typeof id === 'string' || typeof id === 'number' ? `${id}.${role}` : id;
}
