/**
 * Segment protocol: the HTTP tracking API, `POST /v1/{track,page,screen,identify,group,alias,batch}`, as the vendor's
 * SDKs speak it (read from @segment/analytics-node 3.1): Basic authentication with the write key as user name, or
 * `writeKey` in the body; `/v1/batch` with `{batch: [{type, messageId, …}], sentAt, context?, writeKey}`.
 *
 * Its SDKs look at the status only: 2xx is delivered, 429 and 5xx are tried again, 400 and 413 are given up. So refusals
 * need no form of their own. The answer has the vendor's `success: true` and our verdict beside it.
 * Reference: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../../core/event/event.ts';
import { ok } from '../../core/std/result.ts';
import { verdictSchema } from '../../wire/ingest.ts';
import { JSON_TYPES } from '../request/body.ts';
import { batchSchema, parseEnvelope } from './envelope.ts';
import { aliasedEventSchema } from './event-names.ts';
import { type EventCall, jsonAnswer, type Protocol } from './protocol.ts';

const answerSchema = z
  .object({ success: z.literal(true) })
  .extend(verdictSchema.shape)
  .meta({ id: 'SegmentVerdict' });

export const segmentProtocol: Protocol = {
  source: 'segment',
  calls: [...EVENT_TYPES.map((type) => segmentCall(type)), segmentCall('batch')],
};

/** The call of one type of event, or `batch`, whose events carry their own types. */
function segmentCall(name: EventType | 'batch'): EventCall {
  return {
    methods: ['POST'],
    paths: [`/v1/${name}`],
    summary: `Segment's ${name} call`,
    body: { types: JSON_TYPES },
    bodySchema: name === 'batch' ? batchSchema : aliasedEventSchema,
    answerSchema,
    decode({ bytes }) {
      const batch = parseEnvelope(bytes);
      return name === 'batch' || !batch.ok ? batch : ok({ ...batch.value, type: name });
    },
    answer: ({ verdict }) => jsonAnswer({ success: true, ...verdict }),
  };
}
