/**
 * Event id: 128 random bits as a UUID (version 4, RFC 9562), made for an event that came without one.
 */
const ID_SIZE_BYTES = 16;
/** Random bytes are drawn for this many ids at once: each draw is a call into the platform. */
const DRAWN_IDS = 16;

export function eventIdMaker(random: (sizeBytes: number) => Uint8Array): () => string {
  let drawn = new Uint8Array(0);
  return () => {
    if (drawn.byteLength === 0) drawn = Uint8Array.from(random(ID_SIZE_BYTES * DRAWN_IDS));
    const bytes = drawn.subarray(0, ID_SIZE_BYTES);
    drawn = drawn.subarray(ID_SIZE_BYTES);
    return uuidOf(bytes);
  };
}

function uuidOf(bytes: Uint8Array): string {
  let hex = '';
  bytes.forEach((byte, i) => {
    const marked = i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte;
    hex += HEX[marked];
    if (i === 3 || i === 5 || i === 7 || i === 9) hex += '-';
  });
  return hex;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
