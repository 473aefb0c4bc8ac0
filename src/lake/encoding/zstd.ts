/**
 * Zstd: the codec of the lake, from the runtime (`node:zlib`). A Wasm codec would have to be compiled, which the
 * platform forbids, and one in JavaScript is ten times slower.
 *
 * Level 1 is the default: measured on event columns, level 3 takes 2 to 6 times as long for 2 % fewer bytes. JSON is
 * another matter: level 6 saves 30 % of it, which pays where a file is written once and kept for years.
 *
 * The runtime refuses to compress input whose output is longer than 40,950 bytes ("Unexpected end of file", workerd
 * issue 6769). So long input is compressed piece by piece into several frames, which is as good: a zstd stream is any
 * number of frames one after the other, and readers of Parquet take it so. The runtime's decompressor stops behind the
 * first frame, so frames are found here: their block headers say where each ends (RFC 8878, section 3.1).
 *
 * Another effect of the same bug: the runtime takes a frame of exactly 163,840 bytes for one cut short, though all of
 * it came out. So decompression does not ask whether the frame ended, and checks its length against the page header's
 * instead.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { assert } from '../../core/std/result.ts';

export const LEVEL_FAST = 1;
export const LEVEL_DENSE = 6;
/** Maximum number of bytes that a frame adds to incompressible input, besides a 256th of its size. */
const FRAME_SIZE_BYTES_MAX = 128;
const CHUNK_SIZE_BYTES_MIN = 64;
/** The least window of the format, and the greatest that is below the ones of the levels. */
const WINDOW_LOG_MIN = 10;
const WINDOW_LOG_MAX = 17;

/** Maximum output of one call, with a margin below the runtime's limit. */
const OUTPUT_SIZE_BYTES_MAX = 40_000;
/** Size of a piece whose output fits even if it does not shrink. */
const PIECE_SIZE_BYTES_MIN = 32 * 1_024;
/** Share of the ratio seen so far that the next piece counts on. */
const RATIO_TRUST = 0.7;

export function compress(bytes: Uint8Array, level = LEVEL_FAST): Uint8Array {
  if (bytes.length <= PIECE_SIZE_BYTES_MIN) return compressPiece(bytes, level);
  const frames: Uint8Array[] = [];
  // The first piece is sure to fit; its ratio says how much the next may hold.
  let pieceSizeBytes = PIECE_SIZE_BYTES_MIN;
  for (let from = 0; from < bytes.length; ) {
    const piece = bytes.subarray(from, from + pieceSizeBytes);
    const frame = tryCompress(piece, level);
    if (frame === null) {
      pieceSizeBytes = PIECE_SIZE_BYTES_MIN;
      continue;
    }
    frames.push(frame);
    from += piece.length;
    const promised = Math.floor((OUTPUT_SIZE_BYTES_MAX * RATIO_TRUST * piece.length) / frame.length);
    pieceSizeBytes = Math.max(PIECE_SIZE_BYTES_MIN, promised);
  }
  return concatFrames(frames);
}

function compressPiece(bytes: Uint8Array, level: number): Uint8Array {
  return zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: level, ...windowOf(bytes.length) },
    chunkSize: bytes.length + (bytes.length >>> 8) + FRAME_SIZE_BYTES_MAX,
  });
}

/** A window of a few kilobytes takes a fourth off the time of a short piece, and gives the same frame. */
function windowOf(sizeBytes: number): Record<number, number> {
  const windowLog = Math.max(WINDOW_LOG_MIN, 32 - Math.clz32(sizeBytes));
  return windowLog > WINDOW_LOG_MAX ? {} : { [constants.ZSTD_c_windowLog]: windowLog };
}

/**
 * Returns the frame, or null when the piece is longer than is sure to fit, and did not. The outcome is the same in
 * every runtime, so that bytes are.
 */
function tryCompress(piece: Uint8Array, level: number): Uint8Array | null {
  if (piece.length <= PIECE_SIZE_BYTES_MIN) return compressPiece(piece, level);
  try {
    const frame = compressPiece(piece, level);
    return frame.length <= OUTPUT_SIZE_BYTES_MAX ? frame : null;
  } catch {
    return null;
  }
}

function concatFrames(frames: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let offset = 0;
  for (const frame of frames) {
    whole.set(frame, offset);
    offset += frame.length;
  }
  return whole;
}

export function decompress(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const firstEnd = frameEnd(bytes, 0);
  if (firstEnd === bytes.length) return decompressFrame(bytes, sizeBytes, sizeBytes);
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (let from = 0, to = firstEnd; from < bytes.length; from = to) {
    to = frameEnd(bytes, from);
    const piece = decompressFrame(bytes.subarray(from, to), sizeBytes - offset, null);
    whole.set(piece, offset);
    offset += piece.length;
  }
  assert(offset === sizeBytes, `zstd: ${offset} bytes where the page header says ${sizeBytes}`);
  return whole;
}

/** `expectedSizeBytes` is null when the frame is one of several. */
function decompressFrame(frame: Uint8Array, sizeBytesMax: number, expectedSizeBytes: number | null): Uint8Array {
  const output = zstdDecompressSync(frame, {
    chunkSize: Math.max(sizeBytesMax, CHUNK_SIZE_BYTES_MIN),
    finishFlush: constants.ZSTD_e_continue,
  });
  const isExpected = expectedSizeBytes === null || output.length === expectedSizeBytes;
  assert(isExpected, `zstd: ${output.length} bytes where the page header says ${expectedSizeBytes}`);
  // The runtime gives a Buffer, whose `slice` does not copy.
  return new Uint8Array(output.buffer, output.byteOffset, output.length);
}

const MAGIC = 0xfd2fb528;
const DICTIONARY_ID_SIZES = [0, 1, 2, 4];
const CONTENT_SIZE_SIZES = [0, 2, 4, 8];
const BLOCK_HEADER_SIZE_BYTES = 3;
const CHECKSUM_SIZE_BYTES = 4;
const RLE_BLOCK = 1;

/** Returns the end of the frame that begins at `from`. */
function frameEnd(bytes: Uint8Array, from: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  assert(bytes.length - from > 5 && view.getUint32(from, true) === MAGIC, `zstd: no frame at ${from}`);
  const descriptor = view.getUint8(from + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const contentSizeFlag = descriptor >> 6;
  const contentSizeSize = contentSizeFlag === 0 && isSingleSegment ? 1 : CONTENT_SIZE_SIZES[contentSizeFlag]!;
  let at = from + 5 + (isSingleSegment ? 0 : 1) + DICTIONARY_ID_SIZES[descriptor & 3]! + contentSizeSize;
  for (let isLast = false; !isLast; ) {
    assert(at + BLOCK_HEADER_SIZE_BYTES <= bytes.length, 'zstd: a frame without its last block');
    const header = view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getUint8(at + 2) << 16);
    isLast = (header & 1) === 1;
    at += BLOCK_HEADER_SIZE_BYTES + (((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3);
  }
  return at + (hasChecksum ? CHECKSUM_SIZE_BYTES : 0);
}
