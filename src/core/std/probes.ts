/**
 * Probes: how an open-addressed table chooses a slot, and when it gives up.
 *
 * Senders choose the texts whose hashes such a table holds. Three rules keep a chosen set of texts as cheap as any other: the
 * hash is keyed with a secret of the tenant, its bits are mixed before the mask, and a walk over taken slots is bounded.
 */
import { LIMITS } from '../limits.ts';
import { InvariantError } from './result.ts';

/** Mixes all bits of a word into each of them: the last step of MurmurHash3. */
export function mixWord(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * The start of the walk for a pair of hashes. It takes the low word of one and the high word of the other: where both are
 * hashes of one text (an event's id that equals its user), the low words cancel each other.
 */
export function pairSlot(idLow: number, keyHigh: number): number {
  return mixWord(idLow ^ Math.imul(keyHigh, 0x9e3779b1));
}

/** Refuses a walk that is longer than a table of well-spread hashes ever has. */
export function mustProbe(probes: number, table: string): void {
  if (probes > LIMITS.tableProbesMax) throw new InvariantError(longWalk(table));
}

function longWalk(table: string): string {
  return `the table of ${table} has more than ${LIMITS.tableProbesMax} hashes in a row`;
}
