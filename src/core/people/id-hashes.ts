/**
 * Id hashes: the pseudonyms of the ids of events.
 *
 * User ids and anonymous ids are ids of two kinds: `alice` as an anonymous id is not the user `alice`. Anybody has a browser's key
 * and may name any text as the id of a device; no such name is ever a user. The hash of an anonymous id is that of its
 * text with the two words swapped. Senders do not know the hash key, so that no two texts can be chosen to meet.
 */

import type { EventStrings } from '../event/event.ts';
import type { Hasher } from '../std/hash.ts';

/** A hash as two unsigned words. */
export interface IdHash {
  readonly high: number;
  readonly low: number;
}

/** Where the hashes of rows go, as (low, high) pairs. */
export interface HashColumns {
  readonly person: Uint32Array;
  readonly key: Uint32Array;
}

export function userHash(hasher: Hasher, id: string): IdHash {
  hasher.hash(id);
  return { high: hasher.high, low: hasher.low };
}

export function deviceHash(hasher: Hasher, id: string): IdHash {
  hasher.hash(id);
  return { high: hasher.low, low: hasher.high };
}

/** Returns the hashes that an id may have, when it is not known of which kind it is: as a user id, as an anonymous id. */
export function hashesOf(hasher: Hasher, id: string): readonly [user: IdHash, device: IdHash] {
  const user = userHash(hasher, id);
  return [user, { high: user.low, low: user.high }];
}

/**
 * Writes the hashes of the row's person (see `personOf`) and partition key (see `partitionKeyOf`). An event without a person
 * leaves the former as it is.
 */
export function writeIdHashes(strings: EventStrings, hasher: Hasher, row: number, { person, key }: HashColumns): void {
  const user = strings.user_id ?? null;
  const device = strings.anonymous_id ?? null;
  if (user !== null) write(person, row, userHash(hasher, user));
  if (device !== null) write(key, row, deviceHash(hasher, device));
  else if (user === null) write(key, row, userHash(hasher, strings.id));
  else copy(person, key, row);
  if (user === null && device !== null) copy(key, person, row);
}

function write(words: Uint32Array, row: number, { high, low }: IdHash): void {
  words[2 * row] = low;
  words[2 * row + 1] = high;
}

function copy(from: Uint32Array, to: Uint32Array, row: number): void {
  to[2 * row] = from[2 * row]!;
  to[2 * row + 1] = from[2 * row + 1]!;
}
