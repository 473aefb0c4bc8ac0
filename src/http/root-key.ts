/**
 * Root key: the secret of the operator. A write key is public and signed, so a weak root key could be guessed offline
 * from one of them, hundreds of thousands of guesses a second on one core.
 */
import { toHex } from '../core/std/hex.ts';

/** The bits that a root key has at least, by the estimate below: 24 hexadecimal digits at random have some 80. */
const ROOT_KEY_BITS_MIN = 64;
const ROOT_KEY_LENGTH_MIN = 24;
const FINGERPRINT_LENGTH = 16;

/**
 * Why the text must not be a new root key; null when it may be. A deployment that has a weak one runs on with a warning
 * (keys.ts), so that no upgrade locks its operator out.
 */
export function rootKeyProblem(text: string): string | null {
  if (isShortRootKey(text)) return `the root key needs at least ${ROOT_KEY_LENGTH_MIN} characters`;
  if (bitsOf(text) < ROOT_KEY_BITS_MIN)
    return 'the root key repeats itself or counts on: make one of 32 random bytes, for example by openssl rand -hex 32';
  return null;
}

/** Tells a text that no release has taken as a root key. */
export function isShortRootKey(text: string): boolean {
  return text.length < ROOT_KEY_LENGTH_MIN;
}

/** Names a root key without telling it: 64 bits tell any two keys apart. */
export async function rootKeyFingerprint(rootKey: string): Promise<string> {
  const text = new TextEncoder().encode(`tidemark/root-key-fingerprint/1\0${rootKey}`);
  return toHex(await crypto.subtle.digest('SHA-256', text)).slice(0, FINGERPRINT_LENGTH);
}

/**
 * An upper estimate of the text's entropy, of its shortest period alone: by how often each character appears, and by
 * how often each step from one character to the next does, which unmasks `abcdef…`.
 */
function bitsOf(text: string): number {
  const codes = [...text.slice(0, periodOf(text))].map((char) => char.codePointAt(0)!);
  const steps = codes.slice(1).map((code, index) => code - codes[index]!);
  return Math.min(shannonBits(codes), shannonBits(steps));
}

function shannonBits(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / values.length);
  return bits;
}

/** The length of the shortest part that the whole text repeats, the last time perhaps cut. */
function periodOf(text: string): number {
  let period = 1;
  while (!text.startsWith(text.slice(period))) period++;
  return period;
}
