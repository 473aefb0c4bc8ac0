/**
 * Dialect: what RudderStack's SDKs say otherwise than Segment's, whose paths and events they share.
 *
 * | RudderStack | ours |
 * |---|---|
 * | `originalTimestamp`, where there is no `timestamp` | `timestamp` |
 * | `context.traits` of an identify event without `traits` (its browser SDK) | `properties` |
 *
 * The first event tells the dialect: only RudderStack's have an `originalTimestamp` when they leave the SDK.
 */
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { aliasMapping } from '../event-names.ts';
import type { EventMapping, WireBatch } from '../protocol.ts';

/** Request headers of the browser SDK; those of retries begin with `rsa`. */
export const RUDDERSTACK_HEADERS = [
  'anonymousid',
  'sentat',
  'rsa-retry-attempt',
  'rsa-retry-reason',
  'rsa-since-first-attempt',
  'rsa-since-last-attempt',
];

export const RUDDERSTACK = 'rudderstack';

const mapping: EventMapping = {
  toWireEvent(sent) {
    if (!isObject(sent)) return sent;
    const timestamp = usesOriginalTime(sent) ? sent.originalTimestamp : sent.timestamp;
    return aliasMapping.toWireEvent(
      usesContextTraits(sent) ? { ...sent, timestamp, traits: (sent.context as Wire).traits } : { ...sent, timestamp },
    );
  },

  pathOf(pointer, sent) {
    if (!isObject(sent)) return pointer;
    if (pointer === '/timestamp' && usesOriginalTime(sent)) return '/originalTimestamp';
    if (usesContextTraits(sent)) return pointer.replace(/^\/properties(?=\/|$)/, '/context/traits');
    return aliasMapping.pathOf(pointer, sent);
  },
};

const DIALECT = { mapping, source: RUDDERSTACK } as const;
const SEGMENT = {};

/** The mapping and the source of a request's events, where they are RudderStack's. */
export function dialectOf(events: readonly unknown[]): Pick<WireBatch, 'mapping' | 'source'> {
  const [first] = events;
  return isObject(first) && first.originalTimestamp !== undefined ? DIALECT : SEGMENT;
}

function usesOriginalTime(sent: Wire): boolean {
  return sent.timestamp == null && sent.originalTimestamp != null;
}

function usesContextTraits(sent: Wire): boolean {
  if (sent.type !== 'identify' || sent.traits != null || sent.properties != null) return false;
  return isObject(sent.context) && sent.context.traits != null;
}
