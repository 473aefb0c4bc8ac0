/**
 * Snowplow protocol: the collector's calls of the tracker protocol.
 *
 *   POST /com.snowplowanalytics.snowplow/tp2   {schema, data: [event, …]}
 *   POST /<vendor>/<version>                   the same on a path of one's own, behind a key
 *   GET  /i?e=pv&…                             one event in the URL of a pixel
 *
 * Trackers send no key: it stands in the path (`/k/<browser key>` before it), or in a header that the tracker is told to send.
 *
 * A tracker takes 2xx for delivered. It gives up after 400, 401, 403, 410 and 422, and tries again after everything else; the
 * JavaScript tracker 2 tries again after every refusal, so a request of its events is taken whatever is in it.
 */
import { z } from 'zod';
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import type { Refusal } from '../../request/refusal.ts';
import { pixelAnswer, textAnswer } from '../kit/answers.ts';
import { COLLECTOR_KEY, collectorPaths } from '../kit/collector-path.ts';
import { mappingWithCompanions, outcomeOf } from '../kit/companions.ts';
import { draftMapping } from '../kit/draft.ts';
import { parseJsonBatch } from '../kit/json-batch.ts';
import { type Identity, withLinks } from '../kit/links.ts';
import { looseId, numeric } from '../kit/loose.ts';
import type { EventCall, Protocol, Taken, WireBatch } from '../protocol.ts';
import { translateTrackerEvent } from './tracker-event.ts';

const mapping = mappingWithCompanions(draftMapping(translateTrackerEvent));

const bodySchema = z.object({
  schema: z.string().optional(),
  data: z.array(z.record(z.string(), z.unknown())).describe('Events of the tracker protocol'),
});

const OK = textAnswer('ok');
const REFUSED = textAnswer('refused', 400);
/** The trackers send cookies along, and say so when they keep the visitor anonymous. */
const CORS = { credentials: true, requestHeaders: ['sp-anonymous'] };

const post: EventCall = {
  methods: ['POST'],
  paths: [
    ...collectorPaths('/com.snowplowanalytics.snowplow/tp2'),
    // Mounted last (edge/routes.ts), because paths of other protocols have this form too.
    '/k/:key/:vendor/:version',
  ],
  summary: "Snowplow's events of a tracker",
  body: { types: ['application/json', 'text/plain'], typesWithKey: [] },
  bodySchema,
  answerSchema: 'text/plain',
  cors: CORS,
  ...COLLECTOR_KEY,
  decode: ({ bytes }) => parseJsonBatch(bytes, pickEvents),
  answer: (taken) => (outcomeOf(taken).isAllRefused && givesUp(taken) ? REFUSED : OK),
};

const pixel: EventCall = {
  methods: ['GET'],
  paths: collectorPaths('/i'),
  summary: "Snowplow's pixel: one event in the URL",
  answerSchema: 'image/gif',
  cors: CORS,
  ...COLLECTOR_KEY,
  decode: ({ head }) => batchOf([Object.fromEntries(head.query)]),
  answer: (taken) => pixelAnswer(outcomeOf(taken).isAllRefused ? 400 : 200),
};

export const snowplowProtocol: Protocol = { source: 'snowplow', calls: [post, pixel] };

function pickEvents(json: unknown): Result<WireBatch, Refusal> {
  if (isObject(json) && Array.isArray(json.data)) return batchOf(json.data);
  return err({ code: 'batch-invalid', detail: '`data` is an array of events.' });
}

function batchOf(events: readonly unknown[]): Result<WireBatch, Refusal> {
  return ok({ events: withLinks(events, identityOf), mapping });
}

function identityOf(sent: unknown): Identity | null {
  if (!isObject(sent)) return null;
  const userId = looseId(sent.uid);
  const anonymousId = looseId(sent.duid);
  if (userId === null || anonymousId === null) return null;
  return { userId, anonymousId, timestamp: numeric(sent.ttm ?? sent.dtm), sentAt: numeric(sent.stm) };
}

/** Whether the tracker drops what is refused, instead of sending it for ever. */
function givesUp({ batch }: Taken): boolean {
  const [first] = batch.events as readonly Wire[];
  return !(typeof first?.tv === 'string' && first.tv.startsWith('js-2'));
}
