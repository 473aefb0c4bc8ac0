/**
 * Packed: forms and base64 within a body or a URL, as vendors pack their JSON.
 */
import { err, ok, type Result } from '../../../core/std/result.ts';
import type { ProtocolRequest, RequestHead } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { parseExactJson } from '../exact-json.ts';
import { decodeText, parseJson, parseJsonBody } from '../json.ts';

export const FORM_TYPE = 'application/x-www-form-urlencoded';

/** The fields of a form body. A broken escape stays as it is, as in every browser. */
export function parseForm(bytes: Uint8Array): Result<URLSearchParams, Refusal> {
  const text = decodeText(bytes);
  return text === null
    ? err({ code: 'utf8-invalid', detail: 'The form is not valid UTF-8.' })
    : ok(new URLSearchParams(text));
}

/** The text of base64, plain or URL-safe, padded or not. Null when it is no base64, or no UTF-8 inside. */
export function unpackBase64(packed: string): string | null {
  // A form reads "+" as a space.
  const plain = packed.trim().replaceAll(' ', '+').replaceAll('-', '+').replaceAll('_', '/');
  try {
    return decodeText(Uint8Array.from(atob(plain), (char) => char.charCodeAt(0)));
  } catch {
    return null;
  }
}

/** JSON that was packed, with its text, from which an exact reader can read it again. */
export interface PackedJson {
  readonly value: unknown;
  readonly json: () => string;
}

/** The JSON of a text that is JSON, or base64 of it. `field` names the text for people. */
export function parsePacked(text: string, field: string): Result<PackedJson, Refusal> {
  const plain = parseJson(text);
  if (plain !== undefined) return ok({ value: plain, json: () => text });
  const json = unpackBase64(text);
  const value = json === null ? undefined : parseJson(json);
  if (json === null || value === undefined) {
    return err({ code: 'json-invalid', detail: `${field} is neither JSON nor base64 of JSON.` });
  }
  return ok({ value, json: () => json });
}

/** The characters with which a form begins: `sendBeacon` calls it plain text. */
const FORM_START = [...'data='].map((char) => char.charCodeAt(0));

/** The content of a URL without `data`: no events, and no key. */
const NOTHING: PackedJson = { value: [], json: () => '[]' };

/** The JSON of a request: its body, a field `data` of its form, or of its query where there is no body. */
export function readPacked({ head, contentType, bytes }: ProtocolRequest): Result<PackedJson, Refusal> {
  if (head.method === 'GET') {
    const data = head.query.get('data');
    return data === null ? ok(NOTHING) : parsePacked(data, 'The parameter `data`');
  }
  if (contentType !== FORM_TYPE && !FORM_START.every((char, i) => bytes[i] === char)) {
    const json = parseJsonBody(bytes);
    return json.ok ? ok({ value: json.value, json: () => decodeText(bytes) ?? '' }) : json;
  }
  const form = parseForm(bytes);
  return form.ok ? parsePacked(form.value.get('data') ?? '', 'The field `data`') : form;
}

/**
 * The reader of a batch's `exactEvent`: parses the JSON again when a first event asks, with numbers beyond 2^53 as texts,
 * and finds the events in it.
 */
export function exactReader(json: () => string, eventsOf: (value: unknown) => unknown): (index: number) => unknown {
  let events: unknown;
  return (index) => {
    events ??= eventsOf(parseExactJson(json()));
    return Array.isArray(events) ? events[index] : undefined;
  };
}

/** The `_` of a query: the client's clock when it sent. */
export function queryTime({ query }: RequestHead): number | undefined {
  const sentAt = Number(query.get('_'));
  return sentAt > 0 ? sentAt : undefined;
}
