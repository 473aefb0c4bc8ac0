/**
 * OTLP protocol: OpenTelemetry's logs over HTTP, `POST /v1/logs`, as JSON and as protocol buffers.
 *
 * Refused records are told in `partialSuccess`, and never sent again by an exporter. A refused request is answered with a
 * `Status` in the form of the request; exporters try again after 429 and 503 (and the gateway's 502 and 504).
 *
 * A record's id is its attribute `log.record.uid`. Others get one of the request's bytes and their position, so that an
 * exporter's retry, which sends the same bytes, is told.
 * Reference: https://opentelemetry.io/docs/specs/otlp/
 */
import { z } from 'zod';
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import type { Problem } from '../../../http/problem.ts';
import type { VerdictDocument } from '../../../wire/ingest.ts';
import type { ProtocolRequest, RequestHead } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { statusAnswer } from '../kit/answers.ts';
import { contentIdOf } from '../kit/content-id.ts';
import { draftMapping } from '../kit/draft.ts';
import { parseJsonBatch } from '../kit/json-batch.ts';
import { objectOf } from '../kit/loose.ts';
import { isTooLargeToShare, SHARES_TOO_MUCH } from '../kit/shared.ts';
import {
  type EventCall,
  jsonAnswer,
  type Protocol,
  type ProtocolAnswer,
  refusalOfCount,
  UnreadableEvent,
  type WireBatch,
} from '../protocol.ts';
import { readResource, SentRecord, translateRecord } from './log-record.ts';
import { exportLogsMessage, logRecordMessage } from './messages.ts';
import { chunkField, numberField, readMessage, textField } from './protobuf.ts';

const PROTOBUF = 'application/x-protobuf';
const PROTOBUF_HEADERS = { 'content-type': PROTOBUF };

const mapping = draftMapping(translateRecord);

const logs: EventCall = {
  methods: ['POST'],
  paths: ['/v1/logs'],
  summary: "OpenTelemetry's logs (OTLP/HTTP, JSON or protobuf)",
  body: { types: ['application/json', PROTOBUF], typesWithKey: [] },
  bodySchema: z.object({ resourceLogs: z.array(z.record(z.string(), z.unknown())).optional() }),
  answerSchema: z.object({
    partialSuccess: z.object({ rejectedLogRecords: z.string(), errorMessage: z.string() }).optional(),
  }),
  decode: (request) => (request.contentType === PROTOBUF ? decodeProtobuf(request) : decodeJson(request)),
  answer: ({ verdict, request }) => (request.contentType === PROTOBUF ? protobufAnswer(verdict) : answerJson(verdict)),
  refuse,
};

export const otlpProtocol: Protocol = { source: 'otlp', calls: [logs] };

function decodeJson({ bytes }: ProtocolRequest): Result<WireBatch, Refusal> {
  const id = contentIdOf(bytes);
  return parseJsonBatch(bytes, (json) => recordsOf(json, id, (record) => record));
}

function decodeProtobuf({ bytes }: ProtocolRequest): Result<WireBatch, Refusal> {
  let request: object;
  try {
    request = readMessage(bytes, exportLogsMessage);
  } catch (fault) {
    const detail = `The body is no ExportLogsServiceRequest: ${(fault as Error).message}.`;
    return err({ code: 'batch-invalid', detail });
  }
  return recordsOf(request, contentIdOf(bytes), readRecord);
}

function readRecord(bytes: unknown): unknown {
  try {
    return readMessage(bytes as Uint8Array, logRecordMessage);
  } catch (fault) {
    const message = `The record is no LogRecord: ${(fault as Error).message}.`;
    return new UnreadableEvent({ code: 'event-not-object', path: '', message });
  }
}

const NO_LIST: Result<never, Refusal> = err({
  code: 'batch-invalid',
  detail: '`resourceLogs`, their `scopeLogs` and their `logRecords` are lists.',
});

/**
 * The records of all resources and scopes, in their order. An absent list is an empty one. `id` begins the ids of records that
 * bring none.
 */
function recordsOf(request: unknown, id: string, read: (record: unknown) => unknown): Result<WireBatch, Refusal> {
  if (!isObject(request)) return NO_LIST;
  const events: unknown[] = [];
  for (const resourceLogs of listOf(request.resourceLogs) ?? [null]) {
    if (!isObject(resourceLogs)) return NO_LIST;
    const resource = readResource(objectOf(resourceLogs.resource).attributes);
    for (const scopeLogs of listOf(resourceLogs.scopeLogs) ?? [null]) {
      if (!isObject(scopeLogs)) return NO_LIST;
      const list = listOf(scopeLogs.logRecords);
      if (list === null) return NO_LIST;
      const scope = objectOf(scopeLogs.scope);
      const refusal = refusalOfCount(events.length + list.length);
      if (refusal !== null) return err(refusal);
      const isTooLarge = isTooLargeToShare([resource.whole, scope.name]);
      for (const record of list) {
        const recordId = `${id}-${events.length}`;
        events.push(isTooLarge ? SHARES_TOO_MUCH : new SentRecord(read(record), resource, scope, recordId));
      }
    }
  }
  return ok({ events, mapping });
}

/** The list, empty when it is absent; null for any other value. */
function listOf(value: unknown): readonly unknown[] | null {
  if (value == null) return [];
  return Array.isArray(value) ? value : null;
}

function partialOf({ rejected, errors }: VerdictDocument): string {
  const [first] = errors;
  return first === undefined ? '' : `${rejected} refused; ${first.code} at ${first.path}: ${first.message}`;
}

const COMPLETE = jsonAnswer({});
const PROTOBUF_COMPLETE: ProtocolAnswer = { status: 200, headers: PROTOBUF_HEADERS, body: new Uint8Array(0) };

function answerJson(verdict: VerdictDocument): ProtocolAnswer {
  if (verdict.rejected === 0) return COMPLETE;
  const partialSuccess = { rejectedLogRecords: String(verdict.rejected), errorMessage: partialOf(verdict) };
  return jsonAnswer({ partialSuccess });
}

function protobufAnswer(verdict: VerdictDocument): ProtocolAnswer {
  if (verdict.rejected === 0) return PROTOBUF_COMPLETE;
  const partialSuccess = [...numberField(1, verdict.rejected), ...textField(2, partialOf(verdict))];
  return { ...PROTOBUF_COMPLETE, body: Uint8Array.from(chunkField(1, partialSuccess)) };
}

/** Codes of google.rpc.Status. */
const RPC_CODES: Readonly<Record<number, number>> = { 401: 16, 403: 7, 429: 8, 503: 14 };
const INVALID_ARGUMENT = 3;

function refuse({ status, code, detail }: Problem, head: RequestHead): ProtocolAnswer {
  const rpcCode = RPC_CODES[status] ?? INVALID_ARGUMENT;
  const message = `${code}: ${detail}`;
  if (!head.headers.get('content-type')?.startsWith(PROTOBUF)) return statusAnswer(status, { code: rpcCode, message });
  const body = Uint8Array.from([...numberField(1, rpcCode), ...textField(2, message)]);
  return { status, headers: PROTOBUF_HEADERS, body };
}
