/**
 * Shared: what a request says once for several of its events, such as the resource of OpenTelemetry's logs. It is laid over each
 * of them, so it may be as large as one event; a larger one would cost its size for each.
 */
import { LIMITS } from '../../../core/limits.ts';
import { UnreadableEvent } from '../protocol.ts';

/** Stands for each event of a request that shares too much. */
export const SHARES_TOO_MUCH = new UnreadableEvent({
  code: 'event-too-large',
  path: '',
  message: `What several events share may have ${LIMITS.eventSizeBytesMax} bytes of JSON and ${LIMITS.propertyKeysMax} keys.`,
});

/** The least that a value takes in JSON, with what parts it from the next. */
const VALUE_SIZE = 2;

/** Whether a value is larger than one event may be. The walk ends once that is known, and is not deep for a deep value. */
export function isTooLargeToShare(shared: unknown): boolean {
  const waiting = [shared];
  let sizeLeft = LIMITS.eventSizeBytesMax;
  let keysLeft = LIMITS.propertyKeysMax;
  while (waiting.length > 0) {
    const value = waiting.pop();
    sizeLeft -= typeof value === 'string' ? value.length : VALUE_SIZE;
    if (sizeLeft < 0) return true;
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value) && value.length * VALUE_SIZE > sizeLeft) return true;
    for (const key in value) {
      if (!Array.isArray(value)) {
        sizeLeft -= key.length;
        if (--keysLeft < 0 || sizeLeft < 0) return true;
      }
      waiting.push((value as Readonly<Record<string, unknown>>)[key]);
    }
  }
  return false;
}
