/**
 * Native protocol: `POST /v1/events`.
 *
 *   {event…}                                          one event
 *   [{event…}, …]                                     several
 *   {batch: [{event…}, …], sentAt?, context?, writeKey?}   several, with what holds for all of them
 *   {event…}\n{event…}\n                              newline-delimited, `application/x-ndjson`
 *
 * `writeKey` in the body serves `sendBeacon`, which cannot set headers; a line is an event and has none. An empty list is a
 * valid request of no events.
 *
 * Refused: counting a JSON body's events before it is parsed. What tells an event from an object inside of one is the
 * nesting, which takes a scan as long as the parsing; and a few events may hold as many objects as a long list. What bounds
 * the objects of a body is its size.
 */
import { z } from 'zod';
import { wireEventSchema } from '../../core/event/wire-event.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Body } from '../request/body.ts';
import type { Refusal } from '../request/refusal.ts';
import { Lines, parseJsonBody } from './json.ts';
import { limitEvents, type Protocol, tooManyEvents, type WireBatch } from './protocol.ts';

export const batchSchema = z.object({
  batch: z.array(wireEventSchema).max(LIMITS.requestEventsMax),
  sentAt: wireEventSchema.shape.sentAt,
  context: wireEventSchema.shape.context.describe("Every event's default, key by key"),
  writeKey: z.string().optional().describe('Where no header can be set'),
});

export const nativeProtocol: Protocol = {
  source: 'native',
  bodySchema: z.union([wireEventSchema, batchSchema.shape.batch, batchSchema]),
  decode(body: Body): Result<WireBatch, Refusal> {
    if (body.format === 'ndjson') return linesOf(body.bytes);
    const json = parseJsonBody(body.bytes);
    if (!json.ok) return json;
    const batch = batchOf(json.value);
    return batch.ok ? limitEvents(batch.value) : batch;
  },
  answer: (verdict) => verdict,
};

/** What is beyond the limit is only counted. */
function linesOf(bytes: Uint8Array): Result<WireBatch, Refusal> {
  const limit = LIMITS.requestEventsMax;
  const lines = new Lines(bytes);
  const events: unknown[] = [];
  for (const event of lines) {
    if (events.length === limit) return err(tooManyEvents('A request', limit, lines.count()));
    events.push(event);
  }
  return ok({ events });
}

/** Events of a JSON body: an array, an envelope with `batch`, or one event. */
export function batchOf(json: unknown): Result<WireBatch, Refusal> {
  if (Array.isArray(json)) return ok({ events: json });
  if (typeof json !== 'object' || json === null) {
    return err({ code: 'batch-invalid', detail: 'The body is a JSON object or an array of objects.' });
  }
  const { batch, sentAt, context, writeKey } = json as { readonly [field: string]: unknown };
  const key = typeof writeKey === 'string' ? writeKey : undefined;
  if (batch === undefined) return ok({ events: [json], writeKey: key });
  if (!Array.isArray(batch)) return err({ code: 'batch-invalid', detail: '`batch` is an array of events.' });
  return ok({ events: batch, sentAt, context, writeKey: key });
}
