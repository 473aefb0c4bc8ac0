// The part of the package `siphash`, which has no types of its own, that the tests use as a reference.

declare module 'siphash' {
  /** Key: four 32-bit words. The hash: 16 hexadecimal digits. */
  export function hash_hex(key: ArrayLike<number>, message: string | Uint8Array): string;
}
