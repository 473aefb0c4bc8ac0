/**
 * Planes: typed arrays one after the other in one byte string, each on a multiple of four bytes. The reader asks for them in the
 * order in which they were written, and knows their lengths. They are little-endian, as every machine of the product is.
 */
type Plane = Uint8Array | Uint16Array | Uint32Array;

export function joinPlanes(planes: readonly Plane[]): Uint8Array {
  const whole = new Uint8Array(planes.reduce((sum, { byteLength }) => sum + padded(byteLength), 0));
  let at = 0;
  for (const plane of planes) {
    whole.set(new Uint8Array(plane.buffer, plane.byteOffset, plane.byteLength), at);
    at += padded(plane.byteLength);
  }
  return whole;
}

export class PlaneReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const from = this.#at;
    this.#at += padded(length);
    // The copy begins on a multiple of eight bytes, as its views need.
    return this.#bytes.slice(from, from + length) as Uint8Array<ArrayBuffer>;
  }

  shorts(length: number): Uint16Array {
    return new Uint16Array(this.bytes(2 * length).buffer);
  }

  words(length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.bytes(4 * length).buffer);
  }
}

function padded(sizeBytes: number): number {
  return (sizeBytes + 3) & ~3;
}
