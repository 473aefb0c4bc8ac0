/**
 * Body: the events of a request in the forms that PostHog's SDKs send.
 *
 *   {api_key, batch: [event, …], sent_at}        servers, and browsers since 2025
 *   {api_key, event, distinct_id, …}             one event
 *   [event, …]                                   events with the key in their properties
 *   data=<any of these as JSON, or base64 of it>   a form, or the query of a GET
 *
 * A gzip body needs no header. `sent_at`, else the `_` of the query, is the client's clock when it sent.
 */
import { isObject } from '../../../core/std/object.ts';
import { err, ok, type Result } from '../../../core/std/result.ts';
import { type BodySpec, JSON_TYPES } from '../../request/body.ts';
import type { ProtocolRequest } from '../../request/head.ts';
import type { Refusal } from '../../request/refusal.ts';
import { withCompanions } from '../kit/companions.ts';
import { withOneKey } from '../kit/one-key.ts';
import { exactReader, FORM_TYPE, type PackedJson, queryTime, readPacked } from '../kit/packed.ts';
import { limitEvents, type WireBatch } from '../protocol.ts';
import { posthogCompanions, posthogMapping, setsTraits } from './mapping.ts';

export const POSTHOG_BODY: BodySpec = {
  types: [...JSON_TYPES, FORM_TYPE, 'application/gzip', 'application/octet-stream'],
  sniffsGzip: true,
};

/** Decodes a request of PostHog's own paths. */
export function decodeCapture(request: ProtocolRequest): Result<WireBatch, Refusal> {
  const packed = readPacked(request);
  return packed.ok ? decodePosthog(request, packed.value) : packed;
}

export function decodePosthog(
  { head }: ProtocolRequest,
  { value: root, json }: PackedJson,
): Result<WireBatch, Refusal> {
  const events = eventsOf(root);
  if (!events.ok) return events;
  const limited = limitEvents({ events: events.value });
  if (!limited.ok) return limited;
  const keyed = withOneKey(events.value, { keyOf: keyOfEvent, place: '/properties/token' });
  const expanded = withCompanions(keyed.events, {
    implies: setsTraits,
    mapping: posthogCompanions,
    exactEvent: exactReader(json, (exact) => {
      const again = eventsOf(exact);
      return again.ok ? again.value : null;
    }),
  });
  const sentAt = (isObject(root) && root.sent_at) || queryTime(head);
  return ok({ ...expanded, mapping: posthogMapping, key: keyOfRoot(root) ?? keyed.key, sentAt });
}

function eventsOf(root: unknown): Result<readonly unknown[], Refusal> {
  if (Array.isArray(root)) return ok(root);
  if (!isObject(root)) return err({ code: 'batch-invalid', detail: 'The body must be a JSON object or an array.' });
  if (root.batch === undefined) return ok([root]);
  return Array.isArray(root.batch)
    ? ok(root.batch)
    : err({ code: 'batch-invalid', detail: '`batch` is an array of events.' });
}

/** The key beside the events: `api_key`, or `token`. */
export function keyOfRoot(root: unknown): string | undefined {
  const key = isObject(root) ? (root.api_key ?? root.token) : undefined;
  return typeof key === 'string' && key !== '' ? key : undefined;
}

function keyOfEvent(event: unknown): unknown {
  if (!isObject(event)) return undefined;
  return (isObject(event.properties) ? event.properties.token : undefined) ?? event.token ?? event.api_key;
}
