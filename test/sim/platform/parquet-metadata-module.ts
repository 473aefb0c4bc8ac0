// Stands in for hyparquet's parser of footers in the simulated product: the same parser, asked once for the same bytes. A
// footer of thirty columns is read six times in a run, by seals and by isolates that know nothing of each other.

import type { FileMetaData } from 'hyparquet';
import { parquetMetadata as parse } from 'hyparquet/src/metadata.js';

/** More than a run has. */
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
