/** Wire list: a list of events as an answer. */
import type { JsonObject } from '../../core/event/event.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { EventListAnswer, ListedEvent } from '../../wire/events.ts';
import { isComplete } from '../view/coverage.ts';
import { liveSource } from '../view/meta.ts';
import { cursorOf } from './event-cursor.ts';
import type { EventList } from './list-events.ts';
import type { WholeEvent } from './read-whole.ts';

/** `identityAsOfMs`: present when the list has the events of one person, under all of their ids. */
export function wireList(
  { events, next, coverage, segments, scannedEvents, isCompared }: EventList,
  elapsedMs: number,
  identityAsOfMs?: number,
): EventListAnswer {
  return {
    events: events.map(wireEvent),
    cursor: next && cursorOf(next),
    meta: {
      asOf: isoTime(coverage.asOfMs),
      complete: isComplete(coverage),
      pending: 0,
      ...(!isCompared && { repeats: true as const }),
      sources: { live: liveSource(coverage), lake: { segments } },
      scannedEvents,
      elapsedMs,
      ...(identityAsOfMs !== undefined && { identityAsOf: isoTime(identityAsOfMs) }),
    },
  };
}

function wireEvent({ atMs, receivedAtMs, strings }: WholeEvent): ListedEvent {
  const { id = '', type, event, user_id, anonymous_id, pii: _, properties, context, ...columns } = strings;
  return {
    id: id ?? '',
    type: type ?? '',
    event: event ?? '',
    ...(user_id && { userId: user_id }),
    ...(anonymous_id && { anonymousId: anonymous_id }),
    timestamp: isoTime(atMs),
    receivedAt: isoTime(receivedAtMs),
    properties: parsedObject(properties),
    context: parsedObject(context),
    columns: columns as Record<string, string>,
  };
}

function parsedObject(text: string | null | undefined): JsonObject {
  return text ? (JSON.parse(text) as JsonObject) : {};
}
