/** Hex: bytes as text, two lower-case hexadecimal digits a byte. */

/** @example toHex(Uint8Array.of(1, 255)) // '01ff' */
export function toHex(bytes: Uint8Array | ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The 64 bits of a number. @example toHex64(-1n) // 'ffffffffffffffff' */
export function toHex64(bits: bigint): string {
  return BigInt.asUintN(64, bits).toString(16).padStart(16, '0');
}
