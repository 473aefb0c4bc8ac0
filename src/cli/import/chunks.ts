/**
 * Chunk: a bounded number of mapped rows as NDJSON, the unit that is sent and acknowledged.
 *
 * Chunks are numbered from 0 and cut by rows and size alone, so the same file, mapping and size give the same chunks.
 */
import { createHash } from 'node:crypto';
import type { WireImportVerdict } from '../../wire/ingest.ts';
import type { ImportEvent, Mapping } from './mapping.ts';
import { BLANK, Unreadable } from './rows.ts';

export interface Chunk {
  readonly index: number;
  readonly rowCount: number;
  readonly body: Buffer;
  /** The SHA-256 of the body in hexadecimal. */
  readonly hash: string;
}

export interface RowCounts {
  read: number;
  mapped: number;
  skipped: number;
  unreadable: number;
  /** The first few unreadable rows, with their numbers. */
  readonly unreadableFirst: { readonly row: number; readonly reason: string }[];
}

const UNREADABLE_SHOWN_MAX = 5;
/** The server takes `LIMITS.importChunkSizeBytesMax`. A change of this size would cut the chunks of old imports anew. */
const CHUNK_SIZE_BYTES_MAX = 10 * 1024 * 1024;

export async function* cutChunks(
  batches: AsyncIterable<readonly unknown[]>,
  map: Mapping<unknown>,
  options: { readonly rowsMax: number; readonly idPrefix: string; readonly counts: RowCounts },
): AsyncGenerator<Chunk> {
  const { counts, rowsMax, idPrefix } = options;
  let index = 0;
  let rowCount = 0;
  let sizeBytes = 0;
  let text = '';
  const cut = (): Chunk => {
    const body = Buffer.from(text);
    const chunk = { index: index++, rowCount, body, hash: createHash('sha256').update(body).digest('hex') };
    text = '';
    sizeBytes = 0;
    rowCount = 0;
    return chunk;
  };
  for await (const batch of batches) {
    for (const row of batch) {
      const line = lineOf(row, ++counts.read, map, idPrefix, counts);
      if (line === undefined) continue;
      const lineSizeBytes = Buffer.byteLength(line);
      if (rowCount > 0 && sizeBytes + lineSizeBytes > CHUNK_SIZE_BYTES_MAX) yield cut();
      text += line;
      sizeBytes += lineSizeBytes;
      rowCount++;
      if (rowCount >= rowsMax) yield cut();
    }
  }
  if (rowCount > 0) yield cut();
}

function lineOf(
  row: unknown,
  rowNumber: number,
  map: Mapping<unknown>,
  idPrefix: string,
  counts: RowCounts,
): string | undefined {
  if (row === BLANK) return void counts.skipped++;
  try {
    if (row instanceof Unreadable) throw new Error(row.reason);
    const event = map(row, rowNumber);
    if (event === null) return void counts.skipped++;
    const line = `${JSON.stringify(withId(event, `${idPrefix}-${rowNumber}`))}\n`;
    counts.mapped++;
    return line;
  } catch (error) {
    counts.unreadable++;
    const reason = error instanceof Error ? error.message : String(error);
    if (counts.unreadableFirst.length < UNREADABLE_SHOWN_MAX) counts.unreadableFirst.push({ row: rowNumber, reason });
  }
}

function withId(event: ImportEvent, id: string): ImportEvent {
  if (typeof event !== 'object') throw new Error(`the mapping returned ${typeof event} instead of an event or null`);
  // The id is written into the mapping's own object: copies of half a million events cost a second.
  event.id ??= id;
  return event;
}

/** The server's answer to one chunk, given again to a repeat. A server of another version may leave out members. */
export type ChunkVerdict = Pick<WireImportVerdict, 'received' | 'accepted' | 'rejected'> & Partial<WireImportVerdict>;
