/**
 * Planes: typed arrays one after the other in one byte string, each on a multiple of eight bytes. The reader asks for them in the
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

/** The planes are views of the bytes, or of one copy of them where these do not begin on a multiple of eight. */
export class PlaneReader {
  readonly #buffer: ArrayBuffer;
  #at: number;

  constructor(bytes: Uint8Array) {
    const own = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
    this.#buffer = own.buffer as ArrayBuffer;
    this.#at = own.byteOffset;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#take(length), length);
  }

  shorts(length: number): Uint16Array {
    return new Uint16Array(this.#buffer, this.#take(2 * length), length);
  }

  words(length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer, this.#take(4 * length), length);
  }

  #take(sizeBytes: number): number {
    const from = this.#at;
    this.#at += padded(sizeBytes);
    return from;
  }
}

function padded(sizeBytes: number): number {
  return (sizeBytes + 7) & ~7;
}
