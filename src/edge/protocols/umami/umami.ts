/**
 * Umami protocol: `POST /api/send` and `POST /api/batch`, as the vendor's script and @umami/node speak it:
 * `{type: "event" | "identify" | "performance", payload: {website, url, title, referrer, name, data, id, …}}`.
 *
 * The key is the `website`, stands in the path (`/k/<browser key>/api/send`), or in a header. Without an `id` a visitor is the
 * pseudonym of the day (edge/enrich/pseudonym.ts). An event has no id of its own, so a retry
 * cannot be told.
 *
 * | `type` | event |
 * |---|---|
 * | `event` | called `name`, with `data`; a page view without a name |
 * | `identify` | identify, with `data` as traits |
 * | `performance` | `performance`, with the web vitals |
 *
 * Reference: https://umami.is/docs/api/sending-stats
 */
import { z } from 'zod';
import type { Wire } from '../../../core/event/event-fields.ts';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import { verdictSchema } from '../../../wire/ingest.ts';
import { JSON_TYPES } from '../../request/body.ts';
import type { RequestHead } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { visitOf } from '../../request/visitor.ts';
import { verdictAnswer } from '../kit/answers.ts';
import { COLLECTOR_KEY, collectorPaths, siteKey } from '../kit/collector-path.ts';
import { type Draft, draftMapping } from '../kit/draft.ts';
import { parseJsonBatch } from '../kit/json-batch.ts';
import { objectOf, textOf } from '../kit/loose.ts';
import { type EventCall, jsonAnswer, type Protocol, UnreadableEvent, type WireBatch } from '../protocol.ts';

const mapping = draftMapping(translate);

const sentSchema = z.object({
  type: z.enum(['event', 'identify', 'performance']).optional(),
  payload: z.record(z.string(), z.unknown()).describe('website (here the browser key), url, title, name, data, id, …'),
});

/** The script asks for `cache` and goes on without it. */
const shared = { methods: ['POST'], body: { types: JSON_TYPES }, ...COLLECTOR_KEY } as const;
const CORS = { requestHeaders: ['x-umami-cache', 'x-umami-website-id', 'x-umami-hostname'] };

const send: EventCall = {
  ...shared,
  cors: CORS,
  paths: collectorPaths('/api/send'),
  summary: "Umami's event",
  bodySchema: sentSchema,
  answerSchema: verdictSchema,
  decode: ({ bytes, head }) => parseJsonBatch(bytes, (json) => pickOne(json, head)),
  answer: verdictAnswer,
};

const batch: EventCall = {
  ...shared,
  cors: CORS,
  paths: collectorPaths('/api/batch'),
  summary: "Umami's events",
  bodySchema: z.array(sentSchema),
  answerSchema: z.object({
    size: z.int(),
    processed: z.int(),
    errors: z.int(),
    details: z.array(z.object({ index: z.int(), response: z.unknown() })),
  }),
  decode: ({ bytes, head }) => parseJsonBatch(bytes, (json) => pickList(json, head)),
  answer({ verdict: { received, rejected, errors } }) {
    const details = errors.map(({ index, code, path, message }) => ({ index, response: { code, path, message } }));
    return jsonAnswer({ size: received, processed: received - rejected, errors: rejected, details });
  },
};

export const umamiProtocol: Protocol = { source: 'umami', calls: [send, batch] };

function pickOne(json: unknown, head: RequestHead): Result<WireBatch, Refusal> {
  if (!isObject(json)) return err({ code: 'batch-invalid', detail: 'The body is one event, a JSON object.' });
  return ok(batchOf([json], head));
}

function pickList(json: unknown, head: RequestHead): Result<WireBatch, Refusal> {
  if (Array.isArray(json)) return ok(batchOf(json, head));
  return isObject(json)
    ? pickOne(json, head)
    : err({ code: 'batch-invalid', detail: 'The body is an array of events.' });
}

/** The first event names the key, the address and the user agent of all: they come from one visitor, or from one server. */
function batchOf(events: readonly unknown[], head: RequestHead): WireBatch {
  const payload = objectOf(objectOf(events[0]).payload);
  const visit = visitOf(head, { address: textOf(payload.ip), userAgent: textOf(payload.userAgent) });
  return { events, mapping, ...visit, key: siteKey(payload.website) };
}

const VITALS = ['lcp', 'inp', 'cls', 'fcp', 'ttfb'] as const;

function translate(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  const { type = 'event', payload } = sent;
  if (!isObject(payload)) return unreadable('event-not-object', '/payload', '`payload` is a JSON object.');
  translateVisit(payload, draft);
  switch (type) {
    case 'identify':
      draft.put('type', 'identify', '/type');
      return;
    case 'performance':
      draft.put('event', 'performance', '/type');
      for (const vital of VITALS) draft.property(vital, payload[vital], `/payload/${vital}`);
      return;
    case 'event':
      if (payload.name == null || payload.name === '') draft.put('type', 'page', '/type');
      else draft.put('event', payload.name, '/payload/name');
      return;
    default:
      return unreadable('type-unknown', '/type', 'The type is event, identify or performance.');
  }
}

function translateVisit(payload: Wire, draft: Draft): void {
  draft.put('userId', payload.id, '/payload/id');
  draft.put('timestamp', payload.timestamp, '/payload/timestamp');
  draft.inContext('page', 'url', absolute(payload.url, payload.hostname), '/payload/url');
  draft.inContext('page', 'title', payload.title, '/payload/title');
  draft.inContext('page', 'referrer', payload.referrer, '/payload/referrer');
  draft.context('locale', payload.language, '/payload/language');
  draft.context('userAgent', payload.userAgent, '/payload/userAgent');
  draft.context('ip', payload.ip, '/payload/ip');
  draft.screen(payload.screen, '/payload/screen');
  if (payload.tag != null && payload.tag !== '') draft.property('tag', payload.tag, '/payload/tag');
  draft.properties(payload.data, '/payload/data');
}

/** The URL of a path on its host; the script sends both apart. */
function absolute(url: unknown, hostname: unknown): unknown {
  const host = textOf(hostname);
  return typeof url === 'string' && url.startsWith('/') && host !== null ? `https://${host}${url}` : url;
}

function unreadable(code: 'event-not-object' | 'type-unknown', path: string, message: string): UnreadableEvent {
  return new UnreadableEvent({ code, path, message });
}
