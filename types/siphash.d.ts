// The part of siphash that the tests use as a reference; the package has no types.

declare module 'siphash' {
  /** Returns the hash as 16 hexadecimal digits. `key` has four 32-bit words. */
  export function hash_hex(key: ArrayLike<number>, message: string | Uint8Array): string;
}
