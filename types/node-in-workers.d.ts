// What the Worker uses of Node's modules, which the runtime has under `nodejs_compat`. Not `@types/node`: with it, every
// global of Node would seem to exist.

declare module 'node:zlib' {
  export function crc32(data: string | Uint8Array, value?: number): number;
}
