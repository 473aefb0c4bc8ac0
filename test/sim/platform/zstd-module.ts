// Stands in for src/lake/zstd.ts in the simulated product: stores instead of compressing, for a tenth of a run's time would
// go into contexts of zstd for columns of thirty values. The level is what two releases differ in.

const LEVEL = 1;

export function compress(bytes: Uint8Array): Uint8Array {
  const stored = new Uint8Array(bytes.length + 1);
  stored[0] = LEVEL;
  stored.set(bytes, 1);
  return stored;
}

export function decompress(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  if (bytes.length !== sizeBytes + 1)
    throw new Error(`${bytes.length - 1} bytes stored where ${sizeBytes} are expected`);
  return bytes.slice(1);
}
