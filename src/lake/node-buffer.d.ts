// The one part of `node:buffer` the lake uses; the Worker's types leave Node's modules out.
declare module 'node:buffer' {
  export const Buffer: {
    from(bytes: ArrayBuffer, byteOffset: number, byteLength: number): { toString(encoding: 'base64'): string };
    from(text: string, encoding: 'base64'): Uint8Array;
  };
}
