/**
 * Footer: the Parquet metadata of a segment, kept in the manifest so that a scan needs no read for it.
 *
 * As text it is base64 of zstd: metadata repeats itself per row group and column, and shrinks to a sixth.
 */
export function packFooter(_footer: Uint8Array): string {
  throw new Error('not yet');
}

export function unpackFooter(_text: string): Uint8Array {
  throw new Error('not yet');
}
