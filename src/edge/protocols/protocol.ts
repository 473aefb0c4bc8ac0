/**
 * Protocol: one way of sending events over HTTP: a `source`, and the calls that an SDK makes. The contract of this folder.
 *
 * A new protocol is one file here with this contract, and one line in edge/routes.ts. Everything after `decode` (quota, steps,
 * routing, append) and everything before it (reading, unpacking, authentication, CORS) is the same for all.
 *
 * A call is pure and synchronous: it knows nothing of tenants, shards or time, throws nothing, and may be used by many
 * requests at once. For one request its functions are called in this order, each at most once:
 *
 *   keyOf(head) → [body is read] → decode(request) → answer(taken)            or, of a call without events,
 *   keyOf(head) → [body is read] → reply(request)
 *   refuse(problem, head)   instead of an answer, at any point
 *
 * - The body is read, bounded and unpacked (gzip) by the edge, if its type is one of `body.types`. `decode` unpacks the
 *   forms, base64 or protobuf that a vendor packs inside; it never yields more than the body's own size.
 * - `decode` refuses the whole request only when it cannot tell its events apart. An event that cannot be read by itself is
 *   an UnreadableEvent among its neighbours.
 * - A retried request must decode to events of the same ids: an SDK's own id of an event becomes our `id`.
 * - `answer` is called when everything accepted is durable. It tells the rejected events where the vendor's form can.
 * - `refuse` gives the vendor's form and a status that makes its SDK do the right thing: try again after 429 and 503, give
 *   up after 4xx. The status is 400 or above, so that the rest of the body is read away. `Retry-After`,
 *   `WWW-Authenticate` and CORS headers are added by the edge. Default: our problem document (RFC 9457).
 *
 * test/edge/protocols/contract.ts is the suite that every protocol runs.
 */
import type { z } from 'zod';
import type { EventType } from '../../core/event/event.ts';
import type { EventRejection } from '../../core/event/rejection.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/std/result.ts';
import type { Problem } from '../../http/problem.ts';
import type { VerdictDocument } from '../../wire/ingest.ts';
import type { BodySpec } from '../request/body.ts';
import type { CorsSpec } from '../request/cors.ts';
import type { ProtocolRequest, RequestHead } from '../request/head.ts';
import type { Refusal } from '../request/refusal.ts';
import type { Visitor } from '../request/visitor.ts';

export interface Protocol {
  /** The value of the `source` column of the protocol's events. */
  readonly source: string;
  readonly calls: readonly Call[];
}

export type Call = EventCall | ReplyCall;

/** The place of a call, and its part of the API's description. */
interface CallRoute {
  readonly methods: readonly ('GET' | 'POST' | 'PUT')[];
  /** Paths in Hono's form, such as `/v1/projects/:key/settings`. A trailing slash makes another path. */
  readonly paths: readonly string[];
  readonly summary: string;
  /** The bodies that the call takes. Absent when no body is read. */
  readonly body?: BodySpec;
  /** The schema of a JSON body. */
  readonly bodySchema?: z.ZodType;
  /** The schema of the answer, or the content type of one that is no JSON. */
  readonly answerSchema: z.ZodType | string;
  readonly cors?: CorsSpec;
  /** A body for the API's document. Default: the one of src/openapi/body-examples.ts, if there is one. */
  readonly example?: { readonly body: unknown };
  /**
   * The key where the vendor puts it outside of the body: query, path, a header; null when it is not there. Replaces the look
   * into `Authorization` and `x-write-key` (`keyOf` of http/authenticate.ts). Default: those headers.
   */
  keyOf?(head: RequestHead): string | null;
  /** The keys that the call takes: any that may send, or a server's alone, as for history. Default: `write`, any. */
  readonly scope?: 'write' | 'server';
  /**
   * Whether the key stands in the URL of a request, which logs and referrers keep. Such a key is the public one of pages: a
   * server's is refused. Asked after `decode`, for a call whose key may stand elsewhere too. Default: it never does.
   */
  keyIsInUrl?(head: RequestHead): boolean;
  refuse?(problem: Problem, head: RequestHead): ProtocolAnswer;
}

/** A call that brings events. */
export interface EventCall extends CallRoute {
  decode(request: ProtocolRequest): Result<WireBatch, Refusal>;
  answer(taken: Taken): ProtocolAnswer;
}

/** A call without events, which an SDK makes before or beside them: settings, flags, configuration. */
export interface ReplyCall extends CallRoute {
  /** Whether the call is answered only with a valid write key, from `keyOf` or from the reply. */
  readonly needsKey: boolean;
  reply(request: ProtocolRequest): Result<Reply, Refusal>;
}

export interface Reply {
  readonly answer: ProtocolAnswer;
  /** A key that travelled in the body. */
  readonly key?: string | undefined;
}

/** The events in the order in which they were sent. */
export interface EventList {
  /** Values of JSON.parse in the sender's names, WrappedEvents around them, or UnreadableEvents. */
  readonly events: Iterable<unknown>;
  /** The translation of the events. Absent when they use our names. */
  readonly mapping?: EventMapping | undefined;
  /**
   * Reads the event at an index again, in the sender's names, with numbers beyond 2^53 as the texts that were sent. Called
   * only for an event that holds such a number. Absent: the event is refused, because its digits are lost.
   */
  readonly exactEvent?: ((index: number) => unknown) | undefined;
}

/** The content of a request: its events, and the fields that hold for all of them. */
export interface WireBatch extends EventList {
  readonly events: readonly unknown[];
  /** The type of all events, where the call fixes it. */
  readonly type?: EventType | undefined;
  readonly sentAt?: unknown;
  readonly context?: unknown;
  /** Reads `context` again, like `exactEvent`. */
  readonly exactContext?: (() => unknown) | undefined;
  /** The key that travelled in the body. A body is parsed once, so `decode` reads its key too. */
  readonly key?: string | undefined;
  /**
   * The person behind the request, for an event that asks for a pseudonym (`cookieless` in its context). Default: the sender
   * of the request.
   */
  readonly visitor?: Visitor | undefined;
  /** The SDK that the request tells, for a call that serves several SDKs. Default: the protocol's. */
  readonly source?: string | undefined;
}

/** The translation between a vendor's event and ours. One object serves all events and is called for each in turn. */
export interface EventMapping {
  /** The event in our names (wireEventSchema), or an UnreadableEvent. `sent` itself when it needs no translation. */
  toWireEvent(sent: unknown): unknown;
  /** The JSON pointer into `sent` of the value at `pointer` in our event. */
  pathOf(pointer: string, sent: unknown): string;
}

/** The mapping of events in our own names. */
export const SAME_NAMES: EventMapping = { toWireEvent: (sent) => sent, pathOf: (pointer) => pointer };

/** An event whose own bytes cannot be read, beside others that can. */
export class UnreadableEvent {
  readonly rejection: EventRejection;

  constructor(rejection: EventRejection) {
    this.rejection = rejection;
  }
}

/** An event with what its request says or implies beside it, for a mapping that needs both. */
export class WrappedEvent {
  /** The event as it was sent: the paths of its rejections point into it. */
  readonly sent: unknown;

  constructor(sent: unknown) {
    this.sent = sent;
  }
}

/** A request that was taken: its verdict, and all other data for the answer. */
export interface Taken {
  readonly verdict: VerdictDocument;
  readonly request: ProtocolRequest;
  readonly batch: WireBatch;
  readonly receivedAtMs: number;
}

export interface ProtocolAnswer {
  readonly status: number;
  /** A constant where possible: the headers of one object are finished once. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

export function jsonAnswer(document: object): ProtocolAnswer {
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(document) };
}

export function limitEvents(batch: WireBatch): Result<WireBatch, Refusal> {
  const refusal = refusalOfCount(batch.events.length);
  return refusal === null ? ok(batch) : err(refusal);
}

/** The refusal of a request with so many events; null when it may have them. For a call that makes an object of each. */
export function refusalOfCount(count: number): Refusal | null {
  return count <= LIMITS.requestEventsMax ? null : tooManyEvents('A request', LIMITS.requestEventsMax, count);
}

/** The refusal of a `container` ("A request") that holds too many events. */
export function tooManyEvents(container: string, limit: number, count: number): Refusal {
  const detail = `${container} may have ${limit} events, this one has ${count}.`;
  return { code: 'too-many-events', detail, extra: { limit, met: count } };
}
