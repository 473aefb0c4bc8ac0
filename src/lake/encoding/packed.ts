/**
 * Packed bytes: bytes that are kept compressed where that makes them fewer.
 *
 *   u8 80 | varint length | zstd        or the bytes themselves, which never begin with 80
 *
 * Cells of a seal repeat the same people and names hour by hour: packed they are a third to a half.
 */
import { ByteReader, ByteWriter } from '../../core/std/bytes.ts';
import { assert } from '../../core/std/result.ts';
import { compress, decompress } from './zstd.ts';

const PACKED = 80;
const HEAD_SIZE_BYTES_MAX = 10;

export function pack(bytes: Uint8Array): Uint8Array {
  assert(bytes[0] !== PACKED, `bytes that begin with ${PACKED} cannot be told from packed ones`);
  const frames = compress(bytes);
  if (frames.length + HEAD_SIZE_BYTES_MAX >= bytes.length) return bytes;
  const writer = new ByteWriter(frames.length + HEAD_SIZE_BYTES_MAX);
  writer.u8(PACKED);
  writer.varint(bytes.length);
  writer.raw(frames);
  return writer.finish();
}

/** Takes bytes that were stored before packing, too. */
export function unpack(stored: Uint8Array): Uint8Array {
  if (stored[0] !== PACKED) return stored;
  const reader = new ByteReader(stored);
  reader.u8();
  const sizeBytes = reader.varint();
  return decompress(reader.raw(reader.left), sizeBytes);
}
