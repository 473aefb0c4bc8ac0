/** Person ids: the hashes that one person goes by, and the pseudonym among them. */
import type { LinkedPeople } from '../../core/people/linked-people.ts';
import { Hasher } from '../../core/std/hash.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';

/** The hashes of a person's ids; `high` and `low` are the words of the first, which stands for the person. */
export interface PersonIds {
  readonly hashes: readonly bigint[];
  readonly high: number;
  readonly low: number;
}

/** `id`: any id of the person. `linked`: null when no ids are linked. */
export function personIds(hashKey: Tenant['hashKey'], id: string, linked: LinkedPeople | null): PersonIds {
  const hasher = new Hasher(hashKey);
  hasher.hash(id);
  const words = linked?.idsOf(hasher.high, hasher.low) ?? Uint32Array.of(hasher.low, hasher.high);
  const hashes = [...new BigInt64Array(words.buffer, words.byteOffset, words.length / 2)];
  return { hashes, high: words[1]!, low: words[0]! };
}
