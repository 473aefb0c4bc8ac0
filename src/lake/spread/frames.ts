/**
 * Frames: compressed byte strings one after the other, as a section of a spread file holds them.
 *
 *   u32 size · u32 size in the file · zstd        of each, little-endian
 */
import { compress, decompress } from '../encoding/zstd.ts';

const HEAD_SIZE_BYTES = 8;

export function encodeFrame(bytes: Uint8Array): Uint8Array {
  const packed = compress(bytes);
  const frame = new Uint8Array(HEAD_SIZE_BYTES + packed.length);
  const head = new DataView(frame.buffer);
  head.setUint32(0, bytes.length, true);
  head.setUint32(4, packed.length, true);
  frame.set(packed, HEAD_SIZE_BYTES);
  return frame;
}

/** Unpacks one frame after the other, so that one is held at a time. */
export function* decodeFrames(section: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  for (let at = 0; at < section.length; ) {
    const from = at + HEAD_SIZE_BYTES;
    const to = from + view.getUint32(at + 4, true);
    yield decompress(section.subarray(from, to), view.getUint32(at, true));
    at = to;
  }
}
