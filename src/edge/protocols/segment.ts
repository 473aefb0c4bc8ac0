/**
 * Segment protocol: the HTTP tracking API, `POST /v1/{track,page,screen,identify,group,alias,batch}`, as the vendor's
 * SDKs speak it (read from @segment/analytics-node 3.1): Basic authentication with the write key as user name, or
 * `writeKey` in the body; `/v1/batch` with `{batch: [{type, messageId, …}], sentAt, context?, writeKey}`.
 *
 * Its SDKs look at the status only: 2xx is delivered, 429 and 5xx are tried again, 400 and 413 are given up. The answer has
 * the vendor's `success: true` and our verdict beside it.
 * Reference: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
 */
import type { EventType } from '../../core/event/event.ts';
import { wireEventSchema } from '../../core/event/wire-event.ts';
import { err, type Result } from '../../core/std/result.ts';
import type { Body } from '../request/body.ts';
import type { Refusal } from '../request/refusal.ts';
import { parseJsonBody } from './json.ts';
import { batchOf, batchSchema } from './native.ts';
import { limitEvents, type Protocol, type WireBatch } from './protocol.ts';

/** `type`: the call's; absent for `/v1/batch`, whose events carry their own. */
export function segmentProtocol(type?: EventType): Protocol {
  return {
    source: 'segment',
    bodySchema: type === undefined ? batchSchema : wireEventSchema,
    decode(body: Body): Result<WireBatch, Refusal> {
      if (body.format !== 'json') {
        return err({
          code: 'content-type-unsupported',
          detail: "Segment's calls take JSON; send NDJSON to /v1/events.",
        });
      }
      const json = parseJsonBody(body.bytes);
      if (!json.ok) return json;
      const batch = batchOf(json.value);
      if (!batch.ok) return batch;
      return limitEvents(type === undefined ? batch.value : { ...batch.value, type });
    },
    answer: (verdict) => ({ success: true, ...verdict }),
  };
}
