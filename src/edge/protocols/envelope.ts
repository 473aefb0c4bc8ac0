/**
 * Envelope: the JSON bodies that native and Segment calls share.
 *
 *   {event…}                                               one event
 *   [{event…}, …]                                          several
 *   {batch: [{event…}, …], sentAt?, context?, writeKey?}   several, with what holds for all of them
 *
 * `writeKey` in the body serves `sendBeacon`, which cannot set headers. An empty list is a valid request of no events.
 *
 * Refused: counting a JSON body's events before it is parsed. Only the nesting tells an event from an object inside of one,
 * so counting takes a scan as long as the parsing; and a few events may hold as many objects as a long list. The size of
 * the body bounds its objects.
 */
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Refusal } from '../request/refusal.ts';
import { aliasedEventSchema, aliasMapping } from './event-names.ts';
import { parseExactBody, parseJsonBody } from './json.ts';
import { limitEvents, type WireBatch } from './protocol.ts';

export const batchSchema = z
  .object({
    batch: z.array(aliasedEventSchema).max(LIMITS.requestEventsMax),
    sentAt: aliasedEventSchema.shape.sentAt,
    context: aliasedEventSchema.shape.context.describe("The default of every event's context, key by key"),
    writeKey: z.string().optional().describe('The key, where no header can be set'),
  })
  .meta({ id: 'EventBatch' });

/** The events of a JSON body. Refuses a body that is no JSON, holds no events, or holds too many. */
export function parseEnvelope(bytes: Uint8Array): Result<WireBatch, Refusal> {
  const json = parseJsonBody(bytes);
  if (!json.ok) return json;
  const batch = batchOf(json.value);
  return batch.ok ? limitEvents({ ...batch.value, ...exactReaders(bytes) }) : batch;
}

/** Parses the body again when a first value is asked for: it is one that JSON.parse could not keep. */
function exactReaders(bytes: Uint8Array): Pick<WireBatch, 'exactEvent' | 'exactContext'> {
  let parsed: Result<WireBatch, Refusal> | null = null;
  const read = () => {
    parsed ??= batchOf(parseExactBody(bytes));
    return parsed.ok ? parsed.value : null;
  };
  return { exactEvent: (index) => read()?.events[index], exactContext: () => read()?.context };
}

function batchOf(json: unknown): Result<WireBatch, Refusal> {
  if (Array.isArray(json)) return ok({ events: json, mapping: aliasMapping });
  if (typeof json !== 'object' || json === null) {
    return err({ code: 'batch-invalid', detail: 'The body must be a JSON object or an array of objects.' });
  }
  const { batch, sentAt, context, writeKey } = json as { readonly [field: string]: unknown };
  const key = typeof writeKey === 'string' ? writeKey : undefined;
  if (batch === undefined) return ok({ events: [json], mapping: aliasMapping, key });
  if (!Array.isArray(batch)) return err({ code: 'batch-invalid', detail: '`batch` is an array of events.' });
  return ok({ events: batch, mapping: aliasMapping, sentAt, context, key });
}
