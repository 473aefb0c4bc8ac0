// Parquet metadata module: replaces hyparquet's parser of footers in the simulated product by the same parser with a
// cache. In a run, seals and isolates that share no memory read a footer of thirty columns six times.

import type { FileMetaData } from 'hyparquet';
import { parquetMetadata as parse } from 'hyparquet/src/metadata.js';

/** More footers than a run has. */
const KNOWN_MAX = 512;
const known = new Map<string, FileMetaData>();

export function parquetMetadata(footer: Uint8Array, options: Parameters<typeof parse>[1]): FileMetaData {
  const { buffer, byteOffset, length } = footer;
  const key = Buffer.from(buffer, byteOffset, length).latin1Slice();
  let metadata = known.get(key);
  if (metadata === undefined) {
    metadata = parse(footer as never, options);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, metadata);
  }
  return metadata;
}
