/**
 * Content id: the ids of events whose vendor gives them none, made of the bytes of their request and their positions in it. A
 * retry sends the same bytes, so it is told from a new request, whose events have other times.
 *
 * Only for requests that say when their events happened: two people who send the same words at different times are two.
 */
import { createHash } from 'node:crypto';

const HEX_DIGITS = 32;

/** The beginning of the ids of a request: 128 bits of SHA-256, in hexadecimal. */
export function contentIdOf(bytes: Uint8Array, more = ''): string {
  return createHash('sha256').update(bytes).update(more).digest('hex').slice(0, HEX_DIGITS);
}
