/**
 * Segment protocol: the HTTP tracking API as the vendor's SDKs speak it (read from @segment/analytics-node 3.1 and
 * @segment/analytics-next 1.84).
 *
 *   POST /v1/{track,page,screen,identify,group,alias}   one event of the path's type
 *   POST /v1/{t,p,s,i,g,a}                              the same from browsers, as text/plain
 *   POST /v1/batch, /v1/b                               {batch: [{type, messageId, …}], sentAt, context?, writeKey}
 *   GET  /v1/projects/<key>/settings                    the question of analytics.js before it sends anything
 *
 * Basic authentication with the write key as user name, or `writeKey` in the body. RudderStack's SDKs share the paths: the
 * events tell whose they are (rudderstack/dialect.ts).
 *
 * The SDKs look at the status only: 2xx is delivered, 429 and 5xx are tried again, every other 4xx is given up and told to
 * the page or the process. So refusals need no form of their own; the answer has the vendor's `success` and our verdict
 * beside it, and is a 400 when every event was rejected.
 * Reference: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../../../core/event/event.ts';
import { ok } from '../../../core/std/result.ts';
import { verdictSchema } from '../../../wire/ingest.ts';
import { JSON_TYPES } from '../../request/body.ts';
import { batchSchema, parseEnvelope } from '../envelope.ts';
import { aliasedEventSchema } from '../event-names.ts';
import { statusAnswer } from '../kit/answers.ts';
import { outcomeOf } from '../kit/companions.ts';
import { FORM_TYPE } from '../kit/packed.ts';
import { type EventCall, jsonAnswer, type Protocol, type ProtocolAnswer, type Taken } from '../protocol.ts';
import { dialectOf, RUDDERSTACK_HEADERS } from '../rudderstack/dialect.ts';
import { settingsCall } from './settings.ts';

const answerSchema = z
  .object({ success: z.boolean().describe('False when every event was rejected; the status is 400 then') })
  .extend(verdictSchema.shape);

type CallName = EventType | 'batch';

/** Request headers of the browser SDKs: `x-retry-count` comes with the second try. */
const CORS = { requestHeaders: ['x-retry-count', ...RUDDERSTACK_HEADERS] };

export const segmentProtocol: Protocol = {
  source: 'segment',
  calls: [...EVENT_TYPES.map((type) => segmentCall(type)), segmentCall('batch'), settingsCall],
};

/** The call of one type of event, or `batch`, whose events carry their own types. */
function segmentCall(name: CallName): EventCall {
  return {
    methods: ['POST'],
    paths: [`/v1/${name}`, `/v1/${name.charAt(0)}`],
    summary: `Segment's ${name} call`,
    body: { types: [...JSON_TYPES, FORM_TYPE] },
    bodySchema: name === 'batch' ? batchSchema : aliasedEventSchema,
    answerSchema,
    cors: CORS,
    decode({ bytes }) {
      const batch = parseEnvelope(bytes);
      if (!batch.ok) return batch;
      const ofType = name === 'batch' ? {} : { type: name };
      return ok({ ...batch.value, ...ofType, ...dialectOf(batch.value.events) });
    },
    answer: answerVerdict,
  };
}

/** The answer of every call with events in Segment's form, RudderStack's too. */
function answerVerdict(taken: Taken): ProtocolAnswer {
  const { verdict } = taken;
  return outcomeOf(taken).isAllRefused
    ? statusAnswer(400, { success: false, ...verdict })
    : jsonAnswer({ success: true, ...verdict });
}
