/**
 * Person ids: the hashes that one person goes by, and the pseudonym among them.
 *
 * A text may be the id of a user and of a device, which are two people unless they are linked (id-hashes.ts). The user comes
 * first: anybody may name a device as a user is named.
 */
import { hashesOf, type IdHash } from '../../core/people/id-hashes.ts';
import type { LinkedPeople } from '../../core/people/linked-people.ts';
import { Hasher } from '../../core/std/hash.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';

/** The hashes of a person's ids; `high` and `low` are the words of the first, which stands for the person. */
export interface PersonIds {
  readonly hashes: readonly bigint[];
  readonly high: number;
  readonly low: number;
}

/** The people that a text may mean. */
export interface Named {
  readonly user: PersonIds;
  /** null when the device of this name is the user's. */
  readonly device: PersonIds | null;
}

/** `id`: any id of the person. `linked`: null when no ids are linked. */
export function peopleNamed(hashKey: Tenant['hashKey'], id: string, linked: LinkedPeople | null): Named {
  const [asUser, asDevice] = hashesOf(new Hasher(hashKey), id);
  const user = idsOf(asUser, linked);
  const device = idsOf(asDevice, linked);
  return { user, device: device.hashes[0] === user.hashes[0] ? null : device };
}

function idsOf({ high, low }: IdHash, linked: LinkedPeople | null): PersonIds {
  const words = linked?.idsOf(high, low) ?? Uint32Array.of(low, high);
  const hashes = [...new BigInt64Array(words.buffer, words.byteOffset, words.length / 2)];
  return { hashes, high: words[1]!, low: words[0]! };
}
