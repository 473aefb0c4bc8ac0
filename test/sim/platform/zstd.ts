// Zstd: replaces the runtime's zstd in the simulated product. Frames are valid (RFC 8878) and made of raw blocks: real
// compression of columns of thirty values would take much of a run's time. Two encoders cut blocks of different sizes.

const MAGIC = 0xfd2fb528;
/** Frame header descriptor: a single segment, whose size takes four bytes. */
const DESCRIPTOR = 0xa0;
const HEADER_BYTES = 9;
const BLOCK_HEADER_BYTES = 3;
const BLOCK_BYTES_MAX = 100_000;

export function storingZstd(encoder: number) {
  const blockBytesMax = Math.floor(BLOCK_BYTES_MAX / 40 ** (encoder - 1));
  return {
    zstdCompressSync: (bytes: Uint8Array) => frameOf(bytes, blockBytesMax),
    zstdDecompressSync: contentOf,
  };
}

function frameOf(bytes: Uint8Array, blockBytesMax: number): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / blockBytesMax));
  const frame = new Uint8Array(HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  frame[4] = DESCRIPTOR;
  view.setUint32(5, bytes.length, true);
  let at = HEADER_BYTES;
  for (let block = 0; block < blocks; block++) {
    const piece = bytes.subarray(block * blockBytesMax, (block + 1) * blockBytesMax);
    const header = (piece.length << 3) | (block === blocks - 1 ? 1 : 0);
    frame[at] = header;
    frame[at + 1] = header >>> 8;
    frame[at + 2] = header >>> 16;
    frame.set(piece, at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + piece.length;
  }
  return frame;
}

/** The content of one frame of raw blocks. */
function contentOf(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const bytes = new Uint8Array(view.getUint32(5, true));
  let length = 0;
  for (let at = HEADER_BYTES, isLast = false; !isLast; ) {
    const header = view.getUint16(at, true) | ((frame[at + 2] as number) << 16);
    isLast = (header & 1) === 1;
    bytes.set(frame.subarray(at + BLOCK_HEADER_BYTES, at + BLOCK_HEADER_BYTES + (header >>> 3)), length);
    length += header >>> 3;
    at += BLOCK_HEADER_BYTES + (header >>> 3);
  }
  return bytes;
}
