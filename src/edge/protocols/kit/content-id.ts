/**
 * Content id: the ids of events whose vendor gives them none, made of the bytes of their request and their positions in it. A
 * retry sends the same bytes, so it is told from a new request, whose events have other times.
 *
 * Only for requests that say when their events happened: two people who send the same words at different times are two.
 */
import { Hasher } from '../../../core/std/hash.ts';

/** Nothing secret is hashed, so the key is a constant. Two hashes of 64 bits are one of 128. */
const hashers = [new Hasher([1, 2, 3, 4]), new Hasher([5, 6, 7, 8])];
const decoder = new TextDecoder('latin1');

/** The beginning of the ids of a request. */
export function contentIdOf(bytes: Uint8Array, more = ''): string {
  const text = decoder.decode(bytes) + more;
  return hashers
    .map((hasher) => {
      hasher.hash(text);
      return hasher.high.toString(16).padStart(8, '0') + hasher.low.toString(16).padStart(8, '0');
    })
    .join('');
}
