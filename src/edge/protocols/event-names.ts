/**
 * Event names: the names of an event's fields that Segment's calls use beside ours. `/v1/events` and `/v1/import` take them
 * as aliases, because many senders come from there.
 *
 *   messageId   our `id`           read when `id` is absent
 *   traits      our `properties`   read when `properties` is absent
 */
import type { Wire } from '../../core/event/event-fields.ts';
import { isObject } from '../../core/std/object.ts';
import { wireEventSchema } from '../../wire/ingest.ts';
import type { EventMapping } from './protocol.ts';

const { id, properties } = wireEventSchema.shape;

/** An event with the aliases: the body of a native and of a Segment call. */
export const aliasedEventSchema = wireEventSchema
  .extend({
    messageId: id.describe("Segment's name of `id`; read when `id` is absent"),
    traits: properties.describe("Segment's name of `properties`; read when `properties` is absent"),
  })
  .meta({ id: 'Event' });

export const aliasMapping: EventMapping = {
  toWireEvent(sent) {
    if (!isObject(sent)) return sent;
    const hasMessageId = usesMessageId(sent);
    const hasTraits = usesTraits(sent);
    if (!hasMessageId && !hasTraits) return sent;
    return {
      ...sent,
      id: hasMessageId ? sent.messageId : sent.id,
      properties: hasTraits ? sent.traits : sent.properties,
    };
  },

  pathOf(pointer, sent) {
    if (!isObject(sent)) return pointer;
    // An empty `messageId` counts as a missing id, and is reported as one.
    if (pointer === '/id') return usesMessageId(sent) && sent.messageId !== '' ? '/messageId' : pointer;
    return usesTraits(sent) ? pointer.replace(/^\/properties(?=\/|$)/, '/traits') : pointer;
  },
};

function usesMessageId(sent: Wire): boolean {
  return sent.id == null && sent.messageId != null;
}

function usesTraits(sent: Wire): boolean {
  return sent.properties == null && sent.traits != null;
}
