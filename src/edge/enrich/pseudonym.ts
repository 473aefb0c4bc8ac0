/**
 * Pseudonym: the id that an event gets whose sender keeps nothing on the device: a keyed hash of the visitor's address and
 * user agent under the salt of the event's UTC day.
 *
 * The address itself is stored nowhere. Once the salt is deleted (control/cookieless/daily-salts.ts) nobody can tell whose a
 * pseudonym was, and no pseudonym of two days can be seen to be of one person.
 */
import { toHex } from '../../core/std/hex.ts';
import type { Visitor } from '../request/visitor.ts';

/** The pseudonyms of the sender of a request, by UTC day of the event. */
export type Pseudonyms = ReadonlyMap<number, string>;

const PREFIX = 'day-';
const LENGTH = 32;

/** Whether an event, or a context that holds for several, asks for a pseudonym. */
export function asksForPseudonym(context: unknown): boolean {
  return typeof context === 'object' && context !== null && (context as { cookieless?: unknown }).cookieless === true;
}

export async function pseudonymsOf(
  { address, userAgent }: Visitor,
  uid: string,
  salts: ReadonlyMap<number, string>,
): Promise<Pseudonyms> {
  const sender = JSON.stringify([uid, address, userAgent]);
  const entries = [...salts].map(async ([day, salt]) => [day, PREFIX + (await keyedHash(salt, sender))] as const);
  return new Map(await Promise.all(entries));
}

async function keyedHash(salt: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(salt), algorithm, false, ['sign']);
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))).slice(0, LENGTH);
}
