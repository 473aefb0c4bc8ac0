// What the Worker uses of Node's modules, which the runtime has under `nodejs_compat`. Not `@types/node`: with it, every
// global of Node would seem to exist.

declare module 'node:zlib' {
  export function crc32(data: string | Uint8Array, value?: number): number;
  interface ZstdOptions {
    params?: Record<number, number>;
    /** Size of the output buffer: when all fits in one, nothing is copied together. */
    chunkSize?: number;
    /** How the end of the input is taken. */
    finishFlush?: number;
  }
  export const constants: { readonly ZSTD_c_compressionLevel: number; readonly ZSTD_e_continue: number };
  export function zstdCompressSync(bytes: Uint8Array, options?: ZstdOptions): Uint8Array;
  export function zstdDecompressSync(bytes: Uint8Array, options?: ZstdOptions): Uint8Array;
}

declare module 'node:crypto' {
  interface Hash {
    update(data: Uint8Array | string): Hash;
    digest(encoding: 'hex'): string;
  }
  export function createHash(algorithm: 'sha256'): Hash;
}

declare module 'node:buffer' {
  export const Buffer: {
    from(bytes: ArrayBuffer, byteOffset: number, byteLength: number): { toString(encoding: 'base64'): string };
    from(text: string, encoding: 'base64'): Uint8Array;
  };
}
