/**
 * CloudEvents protocol: CloudEvents 1.0 over HTTP, `POST /v1/cloudevents`.
 *
 * | mode | content type | event |
 * |---|---|---|
 * | structured | `application/cloudevents+json` | the body |
 * | batched | `application/cloudevents-batch+json` | each element of the body |
 * | binary | `application/json`, or none | the `ce-` headers; the body is its data |
 *
 * `type` is the name and the members of `data` are the properties. An event is unique by `source` and `id` together, so both make
 * our id. Extension attributes say what the standard has no word for: `userid`, `anonymousid`, `groupid`, `sessionid`,
 * `previousid`, and `tmtype` for an event that is no `track` (page, screen, identify, group, alias).
 * Reference: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
import { z } from 'zod';
import type { Wire } from '../../../core/event/event-fields.ts';
import { LIMITS } from '../../../core/limits.ts';
import { isObject } from '../../../core/std/object.ts';
import { pointerStep } from '../../../core/std/pointer.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import { verdictSchema } from '../../../wire/ingest.ts';
import type { ProtocolRequest } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { verdictAnswer } from '../kit/answers.ts';
import { type Draft, draftMapping } from '../kit/draft.ts';
import { parseJsonBatch } from '../kit/json-batch.ts';
import { parseJsonText } from '../kit/loose.ts';
import { unpackBase64 } from '../kit/packed.ts';
import { type EventCall, type Protocol, UnreadableEvent, type WireBatch } from '../protocol.ts';

const STRUCTURED = 'application/cloudevents+json';
const BATCHED = 'application/cloudevents-batch+json';
const PREFIX = 'ce-';

const mapping = draftMapping(translate);

const eventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  time: z.string().optional(),
  data: z.unknown().optional(),
});

const ATTRIBUTES = ['id', 'source', 'type', 'specversion', 'time', 'subject', 'datacontenttype', 'dataschema'] as const;
const EXTENSIONS = ['userid', 'anonymousid', 'groupid', 'sessionid', 'previousid', 'tmtype'] as const;
const KNOWN: ReadonlySet<string> = new Set([...ATTRIBUTES, ...EXTENSIONS, 'data', 'data_base64']);

const events: EventCall = {
  methods: ['POST'],
  paths: ['/v1/cloudevents'],
  summary: 'Takes CloudEvents 1.0: structured, batched or binary',
  body: { types: [STRUCTURED, BATCHED, 'application/json', 'text/plain'], typesWithKey: [], isOptional: true },
  bodySchema: z.union([eventSchema, z.array(eventSchema)]),
  answerSchema: verdictSchema,
  cors: { requestHeaders: [...ATTRIBUTES, ...EXTENSIONS].map((name) => `${PREFIX}${name}`) },
  decode: (request) => (isBinary(request) ? decodeBinary(request) : parseJsonBatch(request.bytes, pickEvents)),
  answer: verdictAnswer,
};

export const cloudEventsProtocol: Protocol = { source: 'cloudevents', calls: [events] };

function isBinary({ contentType, head }: ProtocolRequest): boolean {
  return contentType !== STRUCTURED && contentType !== BATCHED && head.headers.has(`${PREFIX}id`);
}

function pickEvents(json: unknown): Result<WireBatch, Refusal> {
  if (Array.isArray(json)) return ok({ events: json, mapping });
  if (isObject(json)) return ok({ events: [json], mapping });
  return err({ code: 'batch-invalid', detail: 'The body is a CloudEvent or an array of them.' });
}

/** The attributes are headers, and the data, which may be absent, is the body. */
function decodeBinary({ head, bytes }: ProtocolRequest): Result<WireBatch, Refusal> {
  const event: Record<string, unknown> = {};
  for (const [name, value] of head.headers) {
    if (name.startsWith(PREFIX)) event[name.slice(PREFIX.length)] = unescaped(value);
  }
  if (bytes.byteLength === 0) return ok({ events: [event], mapping });
  return parseJsonBatch(bytes, (data) => ok({ events: [{ ...event, data }], mapping }));
}

/** Headers write letters beyond ASCII as escapes. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function translate(sent: Wire, draft: Draft): UnreadableEvent | undefined {
  const fault = faultOf(sent);
  if (fault !== null) return fault;
  draft.put('id', idOf(sent), '/id');
  draft.put('type', sent.tmtype, '/tmtype');
  if (sent.tmtype === 'screen') draft.put('name', sent.type, '/type');
  else if (sent.tmtype !== 'page') draft.put('event', sent.type, '/type');
  draft.put('timestamp', sent.time, '/time');
  draft.put('userId', sent.userid, '/userid');
  draft.put('anonymousId', sent.anonymousid, '/anonymousid');
  draft.put('groupId', sent.groupid, '/groupid');
  draft.put('previousId', sent.previousid, '/previousid');
  draft.context('sessionId', sent.sessionid, '/sessionid');
  draft.context('schema', sent.dataschema, '/dataschema');
  draft.inContext('app', 'name', sent.source, '/source');
  putData(sent, draft);
  if (sent.subject != null) draft.property('subject', sent.subject, '/subject');
  for (const name of Object.keys(sent)) if (!KNOWN.has(name)) draft.property(name, sent[name], pointerStep(name));
}

function faultOf({ specversion, id, source }: Wire): UnreadableEvent | null {
  if (specversion !== '1.0') return unreadable('type-unknown', '/specversion', 'The `specversion` is 1.0.');
  if (typeof id !== 'string' || id === '') return unreadable('id-invalid', '/id', 'A CloudEvent has an `id`, a text.');
  if (typeof source === 'string' && source !== '') return null;
  return unreadable('id-invalid', '/source', 'A CloudEvent has a `source`, a text.');
}

function unreadable(code: 'type-unknown' | 'id-invalid', path: string, message: string): UnreadableEvent {
  return new UnreadableEvent({ code, path, message });
}

/** Source and id; of a long source the end. */
function idOf({ id, source }: Wire): string {
  const room = Math.max(0, LIMITS.idLengthMax - (id as string).length - 1);
  return `${room === 0 ? '' : (source as string).slice(-room)} ${id as string}`.trimStart();
}

/** An object is the properties; any other data is one of them. */
function putData(sent: Wire, draft: Draft): void {
  const { data, data_base64: packed } = sent;
  if (isObject(data)) draft.properties(data, '/data');
  else if (data != null) draft.property('data', data, '/data');
  if (typeof packed !== 'string') return;
  const json = unpackBase64(packed);
  const value = json === null ? undefined : parseJsonText(json);
  draft.opaque('/data_base64');
  if (isObject(value)) draft.properties(value, '/data_base64');
  else draft.property('data_base64', packed, '/data_base64');
}
