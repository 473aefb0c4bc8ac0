/**
 * Report: what a request with refusals tells the hub of its tenant.
 *
 * in: the request, its tenant and key, and the refusals · out: a RefusalReport of bounded size
 *
 * The names of a refused event are read as they were sent, under the keys that SDKs use: it may have no reading in our names.
 */

import { LIMITS } from '../../core/limits.ts';
import { excerptOfJson, excerptOfText } from '../../core/live/excerpt.ts';
import type { RefusalReport, RefusedItem } from '../../core/live/refusal.ts';
import { DEFAULT_PRIVACY, type Privacy } from '../../core/privacy/privacy.ts';
import { shortened } from '../../core/std/text.ts';
import { KEY_ID_LENGTH, senderOf, type Tenant } from '../../core/tenant/tenant.ts';
import type { Authenticated } from '../../http/authenticate.ts';
import { UnreadableEvent, WrappedEvent } from '../protocols/protocol.ts';
import type { Body } from '../request/body.ts';
import type { RejectedEvent } from '../request/verdict.ts';

/** The request whose refusals are told. */
export interface Refused {
  readonly source: string;
  /** The route called, as a pattern. */
  readonly path: string;
  readonly userAgent: string | null;
  readonly receivedAtMs: number;
  readonly caller: Authenticated;
}

/** The reason why a whole request was refused. */
export interface WholeRefusal {
  readonly code: string;
  readonly detail: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

const KEY_HINT_LENGTH = KEY_ID_LENGTH / 2;
const NAME_KEYS = ['event', 'event_type', 'event_name', 'eventName', 'name', 'en', 'se_ac', 'e_a', 'n'] as const;
/** Types whose bodies are text that may be shown. A form holds its events packed, where nothing in them can be masked. */
const TEXT_TYPE = /json|^text\/plain$/;

/** `sent`: the events of the request, as they were sent. */
export function reportOfEvents(
  refused: Refused,
  sent: readonly unknown[],
  rejected: readonly RejectedEvent[],
): RefusalReport {
  const privacy = privacyOf(refused.caller.tenant);
  const told = rejected.slice(0, LIMITS.refusalsPerRequestMax);
  return {
    ...commonOf(refused),
    items: told.map((rejection) => itemOf(rejection, asSent(sent[rejection.index]), privacy)),
    more: rejected.length - told.length,
  };
}

/** `body`: null when it was not read, or could not be. */
export function reportOfRequest(
  refused: Refused,
  { code, detail, extra }: WholeRefusal,
  body: Body | null,
): RefusalReport {
  const pointer = typeof extra?.path === 'string' ? extra.path : null;
  const item = { code, ...placeOf(detail, pointer), index: null, id: null, event: null, type: null };
  return {
    ...commonOf(refused),
    items: [{ ...item, ...excerptOfBody(body, privacyOf(refused.caller.tenant)) }],
    more: 0,
  };
}

function commonOf({ source, path, userAgent, receivedAtMs, caller }: Refused) {
  return {
    receivedAtMs,
    source,
    path,
    keyClass: senderOf(caller.scope),
    keyHint: caller.keyHash.slice(0, KEY_HINT_LENGTH),
    userAgent,
  };
}

function privacyOf({ privacy }: Tenant): Privacy {
  return privacy ?? DEFAULT_PRIVACY;
}

function itemOf({ index, id, code, path, message }: RejectedEvent, sent: unknown, privacy: Privacy): RefusedItem {
  const names = { event: textAt(sent, NAME_KEYS), type: textAt(sent, ['type']) };
  const item = { code, ...placeOf(message, path), index, id, ...names };
  if (sent instanceof UnreadableEvent) return { ...item, body: null, bodyTruncated: false };
  const { text, isTruncated } = excerptOfJson(sent, privacy);
  return { ...item, body: text, bodyTruncated: isTruncated };
}

function asSent(event: unknown): unknown {
  return event instanceof WrappedEvent ? event.sent : event;
}

/** A pointer names keys as they were sent, and a reason may too: both are as long as the sender likes. */
function placeOf(reason: string, pointer: string | null): Pick<RefusedItem, 'reason' | 'pointer'> {
  const lengthMax = LIMITS.refusalTextLengthMax;
  return { reason: shortened(reason, lengthMax), pointer: pointer && shortened(pointer, lengthMax) };
}

function textAt(sent: unknown, keys: readonly string[]): string | null {
  if (typeof sent !== 'object' || sent === null || sent instanceof UnreadableEvent) return null;
  const values = keys.map((key) => (sent as Readonly<Record<string, unknown>>)[key]);
  const text = values.find((value) => typeof value === 'string');
  return text === undefined ? null : (text as string).slice(0, LIMITS.nameLengthMax);
}

function excerptOfBody(body: Body | null, privacy: Privacy): Pick<RefusedItem, 'body' | 'bodyTruncated'> {
  const text = body !== null && TEXT_TYPE.test(body.contentType) ? beginningOf(body.bytes) : null;
  if (text === null) return { body: null, bodyTruncated: false };
  const excerpt = excerptOfText(text, privacy);
  return { body: excerpt.text, bodyTruncated: excerpt.isTruncated };
}

/** More bytes than an excerpt looks at, so that a character cut in two at their end is not in it. */
const BEGINNING_SIZE_BYTES = 8 * LIMITS.refusalBodyLengthMax;
const decoder = new TextDecoder();

function beginningOf(bytes: Uint8Array): string {
  return decoder.decode(bytes.subarray(0, BEGINNING_SIZE_BYTES));
}
