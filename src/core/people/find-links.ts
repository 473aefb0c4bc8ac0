/**
 * FindLinks: finds the links that events make (see links.ts). It reads them from the columns, because `user_id` and
 * `anonymous_id` of stored events may not be readable any more (`pii` in docs/lake.md).
 *
 * Whose a device is goes by the receipt of a live event, and by the time of an imported one, which a trusted sender gives
 * (CORRECTNESS I4): a clock that anybody sets takes no device.
 *
 * Anybody has a browser key, so its alias tells only whose its own device is, as an identify does: the first user of the device
 * holds. An alias of another id, by which a stranger would join two users, makes no link. Nor does the name of a device: an
 * anonymous id is no user's (id-hashes.ts), whatever its text.
 *
 * An identify event's partition key is its anonymous id, its person the user: where the two hashes differ, both were
 * sent. The previous id of an alias may be a user's or a device's, and both become the person's.
 */
import { type EventColumns, LATE_IMPORT } from '../event/columns.ts';
import type { StringColumn } from '../event/event.ts';
import type { Hasher } from '../std/hash.ts';
import { wordsOf } from '../std/words.ts';
import { userHash } from './id-hashes.ts';
import { hashText, type Link, swapped } from './links.ts';

/** Text columns that the batches must have, beside `at`, `received_at`, `late`, `person` and `key_hash`. */
export const LINK_COLUMNS: readonly StringColumn[] = ['type', 'sender', 'properties'];

export function isLinkEvent(type: string | null): boolean {
  return type === 'identify' || type === 'alias';
}

/**
 * Tells whether the batch has an alias. Only then is the tenant's hasher needed: an alias's previous id was never
 * hashed before.
 */
export function hasAliases({ strings, rowCount }: EventColumns): boolean {
  const types = strings.type!;
  for (let row = 0; row < rowCount; row++) if (types[row] === 'alias') return true;
  return false;
}

/** Returns each link once, at its earliest time. `hasher` may be null when the batch has no alias. */
export function findLinks(columns: EventColumns, hasher: Hasher | null): Link[] {
  const { rowCount, at, receivedAt, late, person, keyHash, strings } = columns;
  const people = wordsOf(person);
  const keys = wordsOf(keyHash);
  const types = strings.type!;
  const found = new Map<string, Link>();
  for (let row = 0; row < rowCount; row++) {
    const type = types[row]!;
    if (!isLinkEvent(type)) continue;
    const low = people[2 * row]!;
    const high = people[2 * row + 1]!;
    if ((low | high) === 0) continue;
    const to = hashText(high, low);
    const device = hashText(keys[2 * row + 1]!, keys[2 * row]!);
    const previous = type === 'identify' ? null : previousHash(strings.properties![row] ?? null, hasher);
    if (type !== 'identify' && previous === null) continue;
    const isBrowser = strings.sender?.[row] === 'browser';
    if (isBrowser && previous !== null && swapped(previous) !== device) continue;
    const kind = type === 'identify' || isBrowser ? 'device' : 'alias';
    const from = kind === 'device' ? device : previous!;
    if (from === to) continue;
    const key = `${kind} ${from} ${to}`;
    const known = found.get(key);
    const atMs = (late[row]! & LATE_IMPORT) === 0 ? receivedAt[row]! : at[row]!;
    if (known === undefined || atMs < known.atMs) found.set(key, { kind, from, to, atMs });
  }
  return [...found.values()];
}

/** The hash of the previous id as that of a user. A link of it leads away from the device of this name too (links.ts). */
function previousHash(properties: string | null, hasher: Hasher | null): string | null {
  if (properties === null || hasher === null) return null;
  const { previousId } = JSON.parse(properties) as { previousId?: unknown };
  if (typeof previousId !== 'string' || previousId === '') return null;
  const { high, low } = userHash(hasher, previousId);
  return hashText(high, low);
}
