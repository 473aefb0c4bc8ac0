// The parts of Node's modules that the Worker uses; the runtime has them under `nodejs_compat`. `@types/node` would
// declare every global of Node, and the runtime does not have them all.

declare module 'node:zlib' {
  export function crc32(data: string | Uint8Array, value?: number): number;
  interface ZstdOptions {
    params?: Record<number, number>;
    /** Size of the output buffer. An output that fits into one buffer is not copied. */
    chunkSize?: number;
    /** The operation at the end of the input. */
    finishFlush?: number;
  }
  export const constants: {
    readonly ZSTD_c_compressionLevel: number;
    readonly ZSTD_c_windowLog: number;
    readonly ZSTD_e_continue: number;
  };
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
    from(bytes: ArrayBuffer, byteOffset: number, byteLength: number): { toString(encoding: 'base64' | 'hex'): string };
    from(text: string, encoding: 'base64' | 'hex'): Uint8Array;
  };
}
