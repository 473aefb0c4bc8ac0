/**
 * Chunk: a bounded number of mapped rows as NDJSON, the unit that is sent and acknowledged.
 *
 * Chunks are numbered from 0 and cut by rows, size and days alone, so the same files, mapping and size give the same chunks.
 * A chunk has rows of one file, and of one era: a stretch of as many days as the server takes in a chunk. A few eras are
 * open side by side, so that a file in the order of its users has chunks as full as one in the order of time.
 */
import { createHash } from 'node:crypto';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { WireImportVerdict } from '../../wire/ingest.ts';
import type { ImportEvent, Mapping } from './mapping.ts';
import { BLANK, RefusedRow, Unreadable } from './read/row.ts';
import type { Refusal } from './refused.ts';
import { sentTimeMs, withTime } from './row-time.ts';

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

/** Bytes of all open chunks: the biggest is cut beyond it. */
const OPEN_SIZE_BYTES_MAX = 3 * CHUNK_SIZE_BYTES_MAX;

interface OpenChunk {
  rows: NumberedRow[];
  text: string;
  sizeBytes: number;
}

export async function* cutChunks(
  batches: AsyncIterable<readonly unknown[]>,
  map: Mapping<unknown>,
  options: ChunkOptions,
): AsyncGenerator<Chunk> {
  const { counts, rowsMax } = options;
  let index = options.firstIndex ?? 0;
  const open = new Map<number, OpenChunk>();
  let openSizeBytes = 0;
  const cut = (era: number): Chunk => {
    const { rows, text, sizeBytes } = open.get(era)!;
    open.delete(era);
    openSizeBytes -= sizeBytes;
    const body = Buffer.from(text);
    const hash = createHash('sha256').update(body).digest('hex');
    return { index: index++, rowCount: rows.length, body, hash, rows };
  };
  for await (const batch of batches) {
    for (const row of batch) {
      const numbered = { number: ++counts.read, row };
      for (const event of eventsOf(numbered, map, options)) {
        const line = `${JSON.stringify(event)}\n`;
        const lineSizeBytes = Buffer.byteLength(line);
        const era = eraOf(event.timestamp);
        if ((open.get(era)?.sizeBytes ?? 0) + lineSizeBytes > CHUNK_SIZE_BYTES_MAX && open.has(era)) yield cut(era);
        if (openSizeBytes + lineSizeBytes > OPEN_SIZE_BYTES_MAX && open.size > 0) yield cut(biggest(open));
        const chunk = open.get(era) ?? { rows: [], text: '', sizeBytes: 0 };
        open.set(era, chunk);
        chunk.text += line;
        chunk.sizeBytes += lineSizeBytes;
        openSizeBytes += lineSizeBytes;
        chunk.rows.push(numbered);
        if (chunk.rows.length >= rowsMax) yield cut(era);
      }
    }
  }
  for (const era of [...open.keys()]) yield cut(era);
}

/** The era of a time as the server reads it. A time that it refuses is in an era of its own. */
function eraOf(time: unknown): number {
  const atMs = sentTimeMs(time);
  return Number.isNaN(atMs) ? Number.NEGATIVE_INFINITY : Math.floor(atMs / DAY_MS / LIMITS.importChunkDaysMax);
}

function biggest(open: ReadonlyMap<number, OpenChunk>): number {
  return [...open].reduce((most, each) => (each[1].sizeBytes > most[1].sizeBytes ? each : most))[0];
}

const NO_EVENTS: readonly ImportEvent[] = [];

/** The events of a row; none when the row is skipped or refused, which is counted. */
export function eventsOf(
  { row, number }: NumberedRow,
  map: Mapping<unknown>,
  options: RowOptions,
): readonly ImportEvent[] {
  const { counts } = options;
  if (row === BLANK) {
    counts.skipped++;
    return NO_EVENTS;
  }
  try {
    if (row instanceof Unreadable) throw new RefusedRow('row-unreadable', row.reason);
    const mapped = map(row, number);
    if (mapped === null) {
      counts.skipped++;
      return NO_EVENTS;
    }
    const events = Array.isArray(mapped) ? mapped : [mapped as ImportEvent];
    const finished = events.map((event, index) => finish(event, { row, number }, index, options));
    counts.mapped++;
    return finished;
  } catch (error) {
    refuseRow({ row, number }, error, options);
    return NO_EVENTS;
  }
}

/** The event at a position of its row, with an id and a time. The first has the number of the row alone in its id. */
function finish(
  event: ImportEvent,
  { row, number }: NumberedRow,
  index: number,
  { idPrefix, nowMs }: RowOptions,
): ImportEvent {
  // A mapping may give the row itself, which is still needed as it was read.
  const own = event === row ? { ...event } : event;
  return withTime(withId(own, index === 0 ? `${idPrefix}-${number}` : `${idPrefix}-${number}.${index}`), nowMs);
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
