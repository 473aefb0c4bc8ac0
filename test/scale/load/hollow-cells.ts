// Hollow cells: an encoded chunk of cells with its header alone, which takes a reader what any chunk takes.

import { decodeHeader } from '../../../src/core/rollup/cells-header.ts';
import { ByteReader } from '../../../src/core/std/bytes.ts';
import { fromBase64, toBase64 } from '../../../src/lake/std/base64.ts';

/** Of a chunk that writes each person once: no people in cells, and none in the list. */
const NO_PEOPLE = [0, 0];

/** Both are base64. */
export function hollowCells(text: string): string {
  const bytes = fromBase64(text);
  const reader = new ByteReader(bytes);
  const { sharesPeople } = decodeHeader(reader);
  const header = bytes.subarray(0, bytes.length - reader.left);
  return toBase64(Uint8Array.from([...header, ...(sharesPeople ? NO_PEOPLE : [])]));
}
