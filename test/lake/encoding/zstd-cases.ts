// Zstd cases: inputs on both sides of the output limit of the runtime's compressor. Each must survive a round trip.

import { zstdCompressSync } from 'node:zlib';
import { compress, decompress } from '../../../src/lake/encoding/zstd.ts';
import { randomFrom } from '../generate.ts';

const SIZES = [0, 1, 1_000, 32_768, 32_769, 40_950, 40_951, 131_073, 1_000_000];

/** Returns the cases that differ after a round trip. */
export function brokenRoundTrips(): string[] {
  const broken: string[] = [];
  for (const size of SIZES) {
    for (const [kind, bytes] of Object.entries(inputsOf(size))) {
      try {
        const back = decompress(compress(bytes), size);
        if (back.length !== size || back.some((byte, i) => byte !== bytes[i])) broken.push(`${size} ${kind}: differs`);
      } catch (cause) {
        broken.push(`${size} ${kind}: ${cause}`);
      }
    }
  }
  broken.push(...brokenFrames());
  return broken;
}

/**
 * Tries single frames around the lengths at which the decompressor's window is full. Returns the lengths that differ
 * after a round trip.
 */
function brokenFrames(): string[] {
  const broken: string[] = [];
  for (const size of [131_072, 163_839, 163_840, 163_841, 196_608]) {
    const { text } = inputsOf(size);
    try {
      if (decompress(zstdCompressSync(text!), size).some((byte, i) => byte !== text![i]))
        broken.push(`${size}: differs`);
    } catch (cause) {
      broken.push(`a frame of ${size}: ${cause}`);
    }
  }
  return broken;
}

function inputsOf(size: number): Record<string, Uint8Array> {
  const random = randomFrom(size + 1);
  const noise = Uint8Array.from({ length: size }, () => random() * 256);
  const text = Uint8Array.from({ length: size }, (_, i) => 97 + ((i * 7) % 23) + (random() < 0.1 ? 1 : 0));
  // Compressible bytes come first, so that the ratio promises too much for those that follow.
  const mixed = Uint8Array.from({ length: size }, (_, i) => (i < size / 2 ? 1 : noise[i]!));
  return { zeros: new Uint8Array(size), noise, text, mixed };
}
