/**
 * Ticket: lets one connection into the live stream of a tenant, because a page cannot set headers of a WebSocket and a key
 * has no place in a URL.
 *
 *   tm _ live _ 4xk2…(16: the tenant's uid) _ 1a2b3c…(8 hex digits: the second it ends) _ 01ab…(16: the key's id) _ random _ signature
 *
 * It is signed like a key, so a made-up one reaches no hub, and no hub has to know of a ticket before it is used. The hub
 * notes the random part of each that is used until it has ended: a ticket works once.
 */
import { SECOND_MS } from '../core/limits.ts';
import { base32, type KeyRing, type RandomBytes } from '../http/keys.ts';

export interface Ticket {
  readonly uid: string;
  readonly keyId: string;
  readonly expiresAtMs: number;
  /** The random part, by which the hub knows it again. */
  readonly name: string;
}

const RANDOM_SIZE_BYTES = 16;
const TICKET_PATTERN = /^tm_live_([a-z2-7]{16})_([0-9a-f]{8})_([0-9a-f]{16})_([a-z2-7]{26})_[a-z2-7]{26}$/;

/** Makes a ticket. It ends with a whole second. */
export function makeTicket(
  keys: KeyRing,
  random: RandomBytes,
  { uid, keyId, expiresAtMs }: Omit<Ticket, 'name'>,
): Promise<string> {
  const end = Math.floor(expiresAtMs / SECOND_MS)
    .toString(16)
    .padStart(8, '0');
  return keys.sign(`tm_live_${uid}_${end}_${keyId}_${base32(random(RANDOM_SIZE_BYTES))}`);
}

/** The claims of a ticket; null when this platform did not sign it, or when it has ended. */
export async function verifyTicket(keys: KeyRing, text: string, nowMs: number): Promise<Ticket | null> {
  const [, uid = '', end = '', keyId = '', name = ''] = TICKET_PATTERN.exec(text) ?? [];
  if (uid === '' || !(await keys.isSigned(text))) return null;
  const expiresAtMs = Number.parseInt(end, 16) * SECOND_MS;
  return expiresAtMs < nowMs ? null : { uid, keyId, expiresAtMs, name };
}
