/**
 * Frames: byte strings one after the other, as a section of a spread file holds them.
 *
 *   u32 bytes as they are · u32 bytes that were compressed · u32 their size in the file | the first | zstd      of each, little-endian
 *
 * Hashes and instants do not shrink, and texts beside them shrink less: zstd gives both the same codes.
 */
import { compress, decompress } from '../encoding/zstd.ts';

const HEAD_SIZE_BYTES = 12;

export interface Frame {
  /** Bytes that are kept as they are. */
  readonly raw: Uint8Array;
  readonly dense: Uint8Array;
}

export function encodeFrame({ raw, dense }: Frame): Uint8Array {
  const packed = compress(dense);
  const frame = new Uint8Array(HEAD_SIZE_BYTES + raw.length + packed.length);
  const head = new DataView(frame.buffer);
  for (const [at, { length }] of [raw, dense, packed].entries()) head.setUint32(4 * at, length, true);
  frame.set(raw, HEAD_SIZE_BYTES);
  frame.set(packed, HEAD_SIZE_BYTES + raw.length);
  return frame;
}

/** Unpacks one frame after the other, so that one is held at a time. */
export function* decodeFrames(section: Uint8Array): Generator<Frame> {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  for (let at = 0; at < section.length; ) {
    const rawFrom = at + HEAD_SIZE_BYTES;
    const rawTo = rawFrom + view.getUint32(at, true);
    const to = rawTo + view.getUint32(at + 8, true);
    const dense = decompress(section.subarray(rawTo, to), view.getUint32(at + 4, true));
    yield { raw: section.subarray(rawFrom, rawTo), dense };
    at = to;
  }
}
