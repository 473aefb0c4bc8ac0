/**
 * GA4 protocol: Google Analytics 4.
 *
 *   POST /mp/collect        the Measurement Protocol of servers and apps: JSON (measurement.ts)
 *   GET, POST /g/collect    the hits of gtag.js: parameters in the query, and of a batch one event a line (hit.ts)
 *
 * The key stands in the path (`/k/<browser key>/g/collect`), in a header, or is the `api_secret` of the Measurement Protocol: in a
 * URL a browser key. User properties become an `identify` behind the events.
 *
 * Both are answered with 204, whatever became of the events: neither client reads an answer. A request that is refused whole
 * has our status.
 */
import { z } from 'zod';
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import { keyOf } from '../../../http/authenticate.ts';
import type { ProtocolRequest } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { decodeText } from '../json.ts';
import { COLLECTOR_KEY, collectorPaths } from '../kit/collector-path.ts';
import { mappingWithCompanions } from '../kit/companions.ts';
import { contentIdOf } from '../kit/content-id.ts';
import { draftMapping } from '../kit/draft.ts';
import { parseJsonBatch } from '../kit/json-batch.ts';
import { type Identity, withLinks } from '../kit/links.ts';
import { looseId, objectOf, textOf } from '../kit/loose.ts';
import { isTooLargeToShare, SHARES_TOO_MUCH } from '../kit/shared.ts';
import { type EventCall, type Protocol, type ProtocolAnswer, refusalOfCount, type WireBatch } from '../protocol.ts';
import { hitIdOf, traitsOf, translateHit } from './hit.ts';
import { microseconds, SentMeasurement, translateMeasurement } from './measurement.ts';

const measurements = mappingWithCompanions(draftMapping(translateMeasurement));
const hits = mappingWithCompanions(draftMapping(translateHit));

const TAKEN: ProtocolAnswer = { status: 204, headers: {}, body: null };

const measurementCall: EventCall = {
  methods: ['POST'],
  paths: collectorPaths('/mp/collect'),
  summary: "GA4's Measurement Protocol",
  body: { types: ['application/json', 'text/plain'], typesWithKey: [] },
  bodySchema: z.object({
    client_id: z.string().optional(),
    app_instance_id: z.string().optional(),
    user_id: z.string().optional(),
    timestamp_micros: z.union([z.number(), z.string()]).optional(),
    user_properties: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
    events: z.array(z.object({ name: z.string(), params: z.record(z.string(), z.unknown()).optional() })),
  }),
  answerSchema: 'text/plain',
  keyOf: ({ params, query, headers }) => params.key ?? query.get('api_secret') ?? keyOf(headers),
  keyIsInUrl: ({ params, query }) => params.key !== undefined || query.has('api_secret'),
  decode: decodeMeasurements,
  answer: () => TAKEN,
};

const hitCall: EventCall = {
  methods: ['GET', 'POST'],
  paths: collectorPaths('/g/collect'),
  summary: "GA4's hits of gtag.js",
  body: { types: ['text/plain', 'application/x-www-form-urlencoded'], typesWithKey: [], isOptional: true },
  answerSchema: 'text/plain',
  cors: { credentials: true },
  ...COLLECTOR_KEY,
  decode: decodeHits,
  answer: () => TAKEN,
};

export const ga4Protocol: Protocol = { source: 'ga4', calls: [measurementCall, hitCall] };

function decodeMeasurements({ bytes, head }: ProtocolRequest): Result<WireBatch, Refusal> {
  return parseJsonBatch(bytes, (json) => {
    if (!isObject(json) || !Array.isArray(json.events)) {
      return err({ code: 'batch-invalid', detail: '`events` is an array of events.' });
    }
    const { events: list, ...shared } = json;
    const refusal = refusalOfCount(list.length);
    if (refusal !== null) return err(refusal);
    const { user_agent, ip_override, user_location, device } = shared;
    if (isTooLargeToShare([user_agent, ip_override, user_location, device])) {
      return ok({ events: list.map(() => SHARES_TOO_MUCH) });
    }
    const isTimed = (event: unknown) => (objectOf(event).timestamp_micros ?? shared.timestamp_micros) != null;
    // Without a time a second request may be a second event of the same words.
    const id = list.some(isTimed) ? contentIdOf(bytes, head.query.toString()) : null;
    const events = list.map((event, i) => {
      return new SentMeasurement(event, shared, id !== null && isTimed(event) ? `${id}-${i}` : null);
    });
    return ok({ events: withLinks(events, identityOfMeasurement(id)), mapping: measurements });
  });
}

/** The first event of a request tells the traits and the link of all. `id`: the beginning of the request's ids. */
function identityOfMeasurement(id: string | null): (sent: unknown) => Identity | null {
  let isFirst = true;
  return (sent) => {
    if (!isFirst) return null;
    isFirst = false;
    const { shared } = sent as SentMeasurement;
    const userId = looseId(shared.user_id);
    const anonymousId = looseId(shared.client_id) ?? looseId(shared.app_instance_id);
    const traits = userTraits(shared.user_properties);
    return { userId, anonymousId, timestamp: microseconds(shared.timestamp_micros), traits, id: id && `${id}-traits` };
  };
}

/** `{plan: {value: "pro"}}` as `{plan: "pro"}`; undefined when there is none. */
function userTraits(properties: unknown): object | undefined {
  if (!isObject(properties)) return undefined;
  const traits = Object.entries(properties).map(([name, property]) => [name, objectOf(property).value ?? null]);
  return traits.length === 0 ? undefined : Object.fromEntries(traits);
}

/** The query holds for all lines of the body, each of which is an event; without a body it is the event. */
function decodeHits({ bytes, head }: ProtocolRequest): Result<WireBatch, Refusal> {
  const text = decodeText(bytes);
  if (text === null) return err({ code: 'utf8-invalid', detail: 'The body is not valid UTF-8.' });
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const refusal = refusalOfCount(lines.length);
  if (refusal !== null) return err(refusal);
  const shared = Object.fromEntries(head.query);
  if (lines.length > 1 && isTooLargeToShare(shared)) return ok({ events: lines.map(() => SHARES_TOO_MUCH) });
  const events: Wire[] = lines.map((line, i) => {
    return { ...shared, ...Object.fromEntries(new URLSearchParams(line)), _line: String(i) };
  });
  return ok({ events: withLinks(events.length === 0 ? [shared] : events, identityOfHit), mapping: hits });
}

function identityOfHit(sent: unknown): Identity | null {
  const hit = sent as Wire;
  const id = hitIdOf(hit);
  return { userId: textOf(hit.uid), anonymousId: textOf(hit.cid), traits: traitsOf(hit), id: id && `${id}.traits` };
}
