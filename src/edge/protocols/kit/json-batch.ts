/**
 * JSON batch: a JSON body whose events a vendor keeps in a place of its own.
 */
import type { Result } from '../../../core/std/result.ts';
import type { Refusal } from '../../request/refusal.ts';
import { decodeText, parseJsonBody } from '../json.ts';
import { limitEvents, type WireBatch } from '../protocol.ts';
import { exactReader } from './packed.ts';

/** Finds the events in the value of a body. It is called again for exact numbers, so it must be pure. */
export type Pick = (json: unknown) => Result<WireBatch, Refusal>;

export function parseJsonBatch(bytes: Uint8Array, pick: Pick): Result<WireBatch, Refusal> {
  const json = parseJsonBody(bytes);
  if (!json.ok) return json;
  const batch = pick(json.value);
  if (!batch.ok) return batch;
  const exactEvent = exactReader(
    () => decodeText(bytes) ?? '',
    (exact) => {
      const again = pick(exact);
      return again.ok ? again.value.events : null;
    },
  );
  return limitEvents({ exactEvent, ...batch.value });
}
