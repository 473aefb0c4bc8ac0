/**
 * Zigpoll protocol: the events of surveys in Segment's form, `POST /v1/zigpoll`: `identify`, and `track` of `Survey Completed` with
 * `poll_id`, `participant_id`, `email` and `metadata`. One event, an array, or `{batch: […]}`.
 *
 * Zigpoll writes the participant as `userId`, and an e-mail address as `anonymousId` when there is none. A sender that gives no
 * id is given one of the poll and the participant, who completes a survey once.
 * Reference: https://segment.com/docs/connections/sources/catalog/cloud-apps/zigpoll/
 */
import { z } from 'zod';
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { verdictSchema } from '../../../wire/ingest.ts';
import { JSON_TYPES } from '../../request/body.ts';
import { batchSchema, parseEnvelope } from '../envelope.ts';
import { aliasedEventSchema, aliasMapping } from '../event-names.ts';
import { verdictAnswer } from '../kit/answers.ts';
import { COLLECTOR_KEY, collectorPaths } from '../kit/collector-path.ts';
import { looseId } from '../kit/loose.ts';
import type { EventCall, EventMapping, Protocol } from '../protocol.ts';

const mapping: EventMapping = {
  toWireEvent: (sent) => aliasMapping.toWireEvent(isObject(sent) ? withId(sent) : sent),
  pathOf: (pointer, sent) => aliasMapping.pathOf(pointer, sent),
};

const events: EventCall = {
  methods: ['POST'],
  paths: collectorPaths('/v1/zigpoll'),
  summary: "Zigpoll's events of surveys",
  body: { types: JSON_TYPES },
  bodySchema: z.union([aliasedEventSchema, batchSchema.shape.batch, batchSchema]),
  answerSchema: verdictSchema,
  ...COLLECTOR_KEY,
  decode({ bytes }) {
    const batch = parseEnvelope(bytes);
    return batch.ok ? { ok: true, value: { ...batch.value, mapping } } : batch;
  },
  answer: verdictAnswer,
};

export const zigpollProtocol: Protocol = { source: 'zigpoll', calls: [events] };

function withId(sent: Wire): Wire {
  if (sent.id != null || sent.messageId != null || sent.event !== 'Survey Completed' || !isObject(sent.properties)) {
    return sent;
  }
  const poll = looseId(sent.properties.poll_id);
  const participant = looseId(sent.properties.participant_id);
  return poll === null || participant === null ? sent : { ...sent, id: `zigpoll ${poll} ${participant}` };
}
