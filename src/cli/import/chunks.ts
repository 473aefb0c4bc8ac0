/**
 * Chunk: a bounded number of mapped rows as NDJSON, the unit that is sent and acknowledged.
 *
 * Chunks are numbered from 0 and cut by rows and size alone, so the same files, mapping and size give the same chunks. A
 * chunk has rows of one file.
 */
import { createHash } from 'node:crypto';
import type { WireImportVerdict } from '../../wire/ingest.ts';
import type { ImportEvent, Mapping } from './mapping.ts';
import { BLANK, RefusedRow, Unreadable } from './read/row.ts';
import type { Refusal } from './refused.ts';
import { withTime } from './row-time.ts';

export interface Chunk {
  readonly index: number;
  readonly rowCount: number;
  readonly body: Buffer;
  /** The SHA-256 of the body in hexadecimal. */
  readonly hash: string;
  /** The rows of its events, in order: a rejection names its event by the place. */
  readonly rows: readonly NumberedRow[];
}

export interface NumberedRow {
  readonly number: number;
  readonly row: unknown;
}

export interface RowCounts {
  read: number;
  mapped: number;
  skipped: number;
  unreadable: number;
  /** The first few unreadable rows, with their numbers. */
  readonly unreadableFirst: { readonly row: number; readonly reason: string }[];
}

export function newRowCounts(): RowCounts {
  return { read: 0, mapped: 0, skipped: 0, unreadable: 0, unreadableFirst: [] };
}

export interface RowOptions {
  readonly idPrefix: string;
  readonly counts: RowCounts;
  /** The time of an event that has none. Absent: its row is refused. */
  readonly nowMs?: number | undefined;
  readonly onRefused?: (refusal: Refusal) => void;
}

export interface ChunkOptions extends RowOptions {
  readonly rowsMax: number;
  /** Default: 0. */
  readonly firstIndex?: number;
}

const UNREADABLE_SHOWN_MAX = 5;
/** The server takes `LIMITS.importChunkSizeBytesMax`. A change of this size would cut the chunks of old imports anew. */
const CHUNK_SIZE_BYTES_MAX = 10 * 1024 * 1024;

export async function* cutChunks(
  batches: AsyncIterable<readonly unknown[]>,
  map: Mapping<unknown>,
  options: ChunkOptions,
): AsyncGenerator<Chunk> {
  const { counts, rowsMax } = options;
  let index = options.firstIndex ?? 0;
  let rows: NumberedRow[] = [];
  let sizeBytes = 0;
  let text = '';
  const cut = (): Chunk => {
    const body = Buffer.from(text);
    const hash = createHash('sha256').update(body).digest('hex');
    const chunk = { index: index++, rowCount: rows.length, body, hash, rows };
    text = '';
    sizeBytes = 0;
    rows = [];
    return chunk;
  };
  for await (const batch of batches) {
    for (const row of batch) {
      const event = eventOf({ row, number: ++counts.read }, map, options);
      if (event === undefined) continue;
      const line = `${JSON.stringify(event)}\n`;
      const lineSizeBytes = Buffer.byteLength(line);
      if (rows.length > 0 && sizeBytes + lineSizeBytes > CHUNK_SIZE_BYTES_MAX) yield cut();
      text += line;
      sizeBytes += lineSizeBytes;
      rows.push({ number: counts.read, row });
      if (rows.length >= rowsMax) yield cut();
    }
  }
  if (rows.length > 0) yield cut();
}

/** The event of a row; undefined when the row is skipped or refused, which is counted. */
export function eventOf(
  { row, number }: NumberedRow,
  map: Mapping<unknown>,
  options: RowOptions,
): ImportEvent | undefined {
  const { counts, idPrefix, nowMs } = options;
  if (row === BLANK) return void counts.skipped++;
  try {
    if (row instanceof Unreadable) throw new RefusedRow('row-unreadable', row.reason);
    const event = map(row, number);
    if (event === null) return void counts.skipped++;
    // A mapping may give the row itself, which is still needed as it was read.
    const own = event === row ? { ...event } : event;
    const timed = withTime(withId(own, `${idPrefix}-${number}`), nowMs);
    counts.mapped++;
    return timed;
  } catch (error) {
    refuseRow({ row, number }, error, options);
  }
}

function refuseRow({ row, number }: NumberedRow, error: unknown, { counts, onRefused }: RowOptions): void {
  counts.unreadable++;
  const message = error instanceof Error ? error.message : String(error);
  if (counts.unreadableFirst.length < UNREADABLE_SHOWN_MAX)
    counts.unreadableFirst.push({ row: number, reason: message });
  const { code, path } = error instanceof RefusedRow ? error : { code: 'mapping-failed', path: '' };
  onRefused?.({ number, row, code, path, message });
}

function withId(event: ImportEvent, id: string): ImportEvent {
  if (typeof event !== 'object') throw new Error(`the mapping returned ${typeof event} instead of an event or null`);
  // The id is written into the mapping's own object: copies of half a million events cost a second.
  event.id ??= id;
  return event;
}

/** The server's answer to one chunk, given again to a repeat. A server of another version may leave out members. */
export type ChunkVerdict = Pick<WireImportVerdict, 'received' | 'accepted' | 'rejected'> & Partial<WireImportVerdict>;
