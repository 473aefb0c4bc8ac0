/** Hex: bytes as text, two lower-case hexadecimal digits a byte. */

/** @example toHex(Uint8Array.of(1, 255)) // '01ff' */
export function toHex(bytes: Uint8Array | ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
