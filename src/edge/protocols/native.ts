/**
 * Native protocol: `POST /v1/events`.
 *
 * The body is JSON (envelope.ts) or newline-delimited JSON, an event a line (`application/x-ndjson`); a line carries no
 * key. Events use our own names (wire/ingest.ts), or the aliases of event-names.ts.
 */
import { z } from 'zod';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import { verdictSchema } from '../../wire/ingest.ts';
import { JSON_TYPES, NDJSON_TYPES } from '../request/body.ts';
import type { Refusal } from '../request/refusal.ts';
import { batchSchema, parseEnvelope } from './envelope.ts';
import { aliasedEventSchema, aliasMapping } from './event-names.ts';
import { Lines } from './json.ts';
import { type EventCall, jsonAnswer, type Protocol, tooManyEvents, type WireBatch } from './protocol.ts';

const LINE_TYPES: ReadonlySet<string> = new Set(NDJSON_TYPES);

export const nativeEvents: EventCall = {
  methods: ['POST'],
  paths: ['/v1/events'],
  summary: 'Takes events: an object, an array, {batch: […]}, or newline-delimited; gzip welcome',
  body: { types: [...JSON_TYPES, ...NDJSON_TYPES], typesWithKey: JSON_TYPES },
  bodySchema: z.union([aliasedEventSchema, batchSchema.shape.batch, batchSchema]).meta({ id: 'EventsBody' }),
  answerSchema: verdictSchema,
  decode: ({ contentType, bytes }) => (LINE_TYPES.has(contentType) ? parseLines(bytes) : parseEnvelope(bytes)),
  answer: ({ verdict }) => jsonAnswer(verdict),
};

export const nativeProtocol: Protocol = { source: 'native', calls: [nativeEvents] };

/** Parses no line beyond the limit; further lines are only counted. */
function parseLines(bytes: Uint8Array): Result<WireBatch, Refusal> {
  const limit = LIMITS.requestEventsMax;
  const lines = new Lines(bytes);
  const events: unknown[] = [];
  for (const event of lines) {
    if (events.length === limit) return err(tooManyEvents('A request', limit, lines.count()));
    events.push(event);
  }
  // The text of the lines is not kept for an event that seldom comes: the bytes are there anyway.
  let again: Lines | null = null;
  const exactEvent = (index: number) => {
    again ??= new Lines(bytes);
    return again.exactAt(index);
  };
  return ok({ events, mapping: aliasMapping, exactEvent });
}
