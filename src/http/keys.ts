/**
 * Key: the secret with which a caller authenticates, `tm_<scope>_<tenant uid>_<random>_<signature>`.
 *
 * Scope, uid and random part are signed with HMAC-SHA-256 under a key derived from the root key, so a random or altered
 * key is refused without a look-up. The store has the SHA-256 of the whole key; the key itself is shown once. All parts
 * are lower-case base32 without padding (RFC 4648 alphabet), so that `_` separates and a double click selects
 * everything.
 *
 *   tm _ server _ 4xk2…(16: 80 bits) _ q7z…(26: 128 bits) _ m3d…(26: the first 128 bits of the signature)
 *
 * The signature only admits a key to a look-up: the tenant's record tells whether the key is still valid. Verified keys
 * are remembered, so that the hot path does no cryptography. Only signed keys enter that memory, so guesses push none
 * out. Keys are signed by the signing key, or by the root key when there is none; a change of the key that signs ends
 * every key at once. A root key that is being replaced is accepted beside the new one.
 */
import { toHex } from '../core/std/hex.ts';
import { assert } from '../core/std/result.ts';
import { SIGNED_SCOPES, type SignedScope } from '../core/tenant/tenant.ts';
import { isShortRootKey, rootKeyProblem } from './root-key.ts';

export interface ParsedKey {
  readonly scope: SignedScope;
  readonly uid: string;
}
export interface VerifiedKey extends ParsedKey {
  /** SHA-256 of the key in hex: its name in the store. */
  readonly hash: string;
}
export interface NewKey<Scope extends SignedScope = SignedScope> extends VerifiedKey {
  readonly scope: Scope;
  /** The secret itself, which is shown once. */
  readonly key: string;
  /** `hintOf` the key. */
  readonly hint: string;
}

/** Keys remembered in an isolate, some 300 bytes each. */
const REMEMBERED_KEYS_MAX = 4_096;
const UID_SIZE_BYTES = 10;
const RANDOM_SIZE_BYTES = 16;
/** Signatures are cut to 128 bits; RFC 2104 asks for half of the hash and at least 80 bits. */
const SIGNATURE_SIZE_BYTES = 16;
const KEY_PATTERN = new RegExp(`^tm_(${SIGNED_SCOPES.join('|')})_([a-z2-7]{16})_([a-z2-7]{26})_([a-z2-7]{26})$`);

export type RandomBytes = (sizeBytes: number) => Uint8Array;

export interface RootKeys {
  readonly rootKey: string;
  /** The root key that a rotation is replacing; absent when none is under way. */
  readonly previousRootKey?: string | undefined;
  /** Default: the root key. */
  readonly signingKey?: string | undefined;
}

export type KeyWarning = 'root-key-weak';

/** The platform's CryptoKey, by a name that Node's types know too. */
type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Makes and verifies keys under one signing key. */
export class KeyRing {
  /**
   * Conditions for the operator to end. A weak root key is accepted, because an older release took it. A weak signing key is
   * none of them: who guesses it can sign a key, and the key is refused all the same, because no tenant lists it.
   */
  readonly warnings: readonly KeyWarning[];
  readonly #rootKeys: readonly string[];
  readonly #signingSecret: string;
  readonly #random: RandomBytes;
  readonly #remembered = new Map<string, VerifiedKey>();
  /** The key itself and not its promise: on Workers a promise belongs to the request that made it. */
  #signingKey: SigningKey | undefined;

  constructor({ rootKey, previousRootKey, signingKey = rootKey }: RootKeys, random: RandomBytes) {
    this.#rootKeys = previousRootKey === undefined ? [rootKey] : [rootKey, previousRootKey];
    this.#signingSecret = signingKey;
    for (const key of [...this.#rootKeys, signingKey])
      assert(!isShortRootKey(key), rootKeyProblem(key) ?? 'the root key is too short');
    this.warnings = this.#rootKeys.some((key) => rootKeyProblem(key) !== null) ? ['root-key-weak'] : [];
    this.#random = random;
  }

  newUid(): string {
    return base32(this.#random(UID_SIZE_BYTES));
  }

  async make<Scope extends SignedScope>(scope: Scope, uid: string): Promise<NewKey<Scope>> {
    const key = await this.sign(`tm_${scope}_${uid}_${base32(this.#random(RANDOM_SIZE_BYTES))}`);
    return { key, scope, uid, hash: await sha256Hex(key), hint: hintOf(key) };
  }

  /** The claims of a well-formed key; null when this root key did not sign it. */
  async verify(key: string): Promise<VerifiedKey | null> {
    const remembered = this.#remembered.get(key);
    if (remembered) {
      this.#remember(key, remembered);
      return remembered;
    }
    const parsed = parseKey(key);
    if (!parsed) return null;
    if (!(await this.isSigned(key))) return null;
    const verified = { ...parsed, hash: await sha256Hex(key) };
    this.#remember(key, verified);
    return verified;
  }

  /** The text, and its signature behind it. */
  async sign(text: string): Promise<string> {
    return `${text}_${await this.#signatureOf(text)}`;
  }

  /** Whether the end of the text is the signature of what stands before it. */
  async isSigned(text: string): Promise<boolean> {
    const cut = text.lastIndexOf('_');
    return cut > 0 && equalConstantTime(await this.#signatureOf(text.slice(0, cut)), text.slice(cut + 1));
  }

  /** Whether the text is a root key; compares in constant time, with every one. */
  async isRootKey(text: string): Promise<boolean> {
    const hash = await sha256Hex(text);
    const hashes = await Promise.all(this.#rootKeys.map(sha256Hex));
    return hashes.map((known) => equalConstantTime(hash, known)).includes(true);
  }

  #remember(key: string, verified: VerifiedKey): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, verified);
    if (this.#remembered.size <= REMEMBERED_KEYS_MAX) return;
    const { value: oldest } = this.#remembered.keys().next();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  async #signatureOf(text: string): Promise<string> {
    this.#signingKey ??= await importSigningKey(this.#signingSecret);
    const signature = await crypto.subtle.sign('HMAC', this.#signingKey, new TextEncoder().encode(text));
    return base32(new Uint8Array(signature, 0, SIGNATURE_SIZE_BYTES));
  }
}

/** The last four characters of a key, by which people recognise it. */
export function hintOf(key: string): string {
  return key.slice(-4);
}

/** The unverified claims of a key; null when the text does not have the form of a key. */
export function parseKey(key: string): ParsedKey | null {
  const match = KEY_PATTERN.exec(key);
  const scope = SIGNED_SCOPES.find((known) => known === match?.[1]);
  const uid = match?.[2];
  return scope && uid ? { scope, uid } : null;
}

export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return toHex(digest);
}

/** Compares ASCII texts in a time that depends only on their lengths. */
export function equalConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ (b.charCodeAt(index) | 0);
  return difference === 0;
}

/** The secret signs through a derived key of a single purpose, so that no other use of it can sign keys. */
async function importSigningKey(secret: string): Promise<SigningKey> {
  const seed = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`tidemark/api-keys/1\0${secret}`));
  return crypto.subtle.importKey('raw', seed, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    bitCount += 8;
    while (bitCount >= 5) {
      bitCount -= 5;
      text += BASE32[(bits >>> bitCount) & 31];
    }
    bits &= (1 << bitCount) - 1;
  }
  return bitCount === 0 ? text : text + BASE32[(bits << (5 - bitCount)) & 31];
}
