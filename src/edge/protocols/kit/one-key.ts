/**
 * One key: the key of a request whose events carry it each. The first event's is the request's; an event with another is
 * rejected by itself, for it may be another tenant's.
 */
import { UnreadableEvent } from '../protocol.ts';

export interface KeyedEvents {
  readonly events: readonly unknown[];
  readonly key: string | undefined;
}

/** `keyOf`: the key in an event; undefined when there is none. `place`: where it stands, as a pointer. */
export function withOneKey(
  events: readonly unknown[],
  { keyOf, place }: { readonly keyOf: (event: unknown) => unknown; readonly place: string },
): KeyedEvents {
  const keys = events.map(keyOf);
  const first = keys.find((key) => key != null);
  const key = typeof first === 'string' ? first : undefined;
  if (keys.every((other) => other == null || other === first)) return { events, key };
  const message = 'The event carries another key than the first event of its request.';
  const other = new UnreadableEvent({ code: 'key-differs', path: place, message });
  return { events: events.map((event, i) => (keys[i] == null || keys[i] === first ? event : other)), key };
}
