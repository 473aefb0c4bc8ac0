/**
 * Export: the events of a range as one stream of bytes; each once, everything acknowledged before the request among them.
 *
 * steps: are the filter's properties known → read the shards' tails → count the days
 *   → per day: read its manifest → scan it → encode pieces → … → receipt
 *
 * The manifest is read a few days at a time, shortly before they are scanned, for seals replace files meanwhile and a
 * replaced file is kept an hour. What the shards said of themselves at the beginning stays binding: a flush stored since
 * is left out, for its events are in the tail; one that was sealed since is told by its ids (CORRECTNESS A4, B7).
 * Held at a time: the tails, one row group, one piece; of a day that is not sealed also a few bytes an id.
 */
import { createHash } from 'node:crypto';
import type { EventColumns } from '../../core/event/columns.ts';
import { conditionProperties } from '../../core/event/condition.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { propertyColumn } from '../../core/event/property.ts';
import { csvHeader, csvLines } from '../../core/export/csv.ts';
import { ndjsonLines } from '../../core/export/ndjson.ts';
import type { ExportColumn } from '../../core/export/values.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Query } from '../../core/query/question/request.ts';
import { RowSource } from '../../core/query/rows/row-source.ts';
import { dayOf, dayRange } from '../../core/std/day.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { type Dropped, withoutExpired } from '../../lake/manifest/dropped.ts';
import { readRange } from '../../lake/manifest/range.ts';
import { readScanPlan } from '../../lake/manifest/segments.ts';
import { type DayBatch, scanDay } from '../../lake/scan/day-scan.ts';
import type { ScanTail } from '../../lake/scan/scan.ts';
import { concatColumns, selectRows } from '../../lake/segment/columns.ts';
import { ParquetStream } from '../../lake/segment/parquet-stream.ts';
import { isNumberColumn, type LakeColumn } from '../../lake/segment/segment-schema.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { type Coverage, coverageOf, isCounted, isEveryShardHeard } from '../view/coverage.ts';
import { type KnownPeople, knownColumns } from '../view/known-people.ts';
import { atHandFrom, checkProperties } from '../view/known-properties.ts';
import { readLinkEvents } from '../view/link-events.ts';
import { asksPeople, knowPeople } from '../view/people-lookup.ts';
import { dayTooMixed, type ExportRefusal, exportTailTooLong, shardUnavailable } from '../view/refusal.ts';
import { visitTails } from '../view/tails.ts';
import { type ExportReceipt, keepReceipt } from './export-store.ts';

export const EXPORT_FORMATS = ['parquet', 'csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportRequest {
  readonly id: string;
  readonly format: ExportFormat;
  readonly columns: readonly ExportColumn[];
  readonly range: Pick<Query, 'startMs' | 'endMs' | 'where'>;
}

/** Everything that was found out before the first byte. */
export interface ExportPlan {
  readonly request: ExportRequest;
  readonly coverage: Coverage;
  /** What the filter asks of people; null: nothing. */
  readonly people: KnownPeople | null;
  readonly tails: readonly ScanTail[];
  /** Days with events, ascending. */
  readonly days: readonly number[];
  readonly dropped: Dropped;
  /** There are at most so many; copies and events beside the filter are not told apart yet. */
  readonly rowsMax: number;
}

/** Days whose manifest is read at once: a call to D1 is paid for each, and footers are held for all of them. */
const DAYS_AT_ONCE = 8;

export async function planExport(asking: Asking, request: ExportRequest): Promise<Result<ExportPlan, ExportRefusal>> {
  const {
    ports: { db },
    tenant: { uid },
    nowMs,
  } = asking;
  const { startMs, endMs } = request.range;
  const { names } = filterOf(request);
  const named = await checkProperties(asking, names, atHandFrom(asking));
  if (!named.ok) return named;
  const people = await filterPeople(asking, request);
  if (people?.ok === false) return people;
  const tails = new Tails(startMs, endMs);
  const strings = new Set([...wantedOf(request)].filter((column): column is StringColumn => !isNumberColumn(column)));
  const states = await visitTails(asking, strings.add('id').add('event'), (tail) => tails.add(tail));
  if (states.includes(null)) return shardUnavailable();
  if (tails.isTooLong) return exportTailTooLong();
  const { days, rowsMax, mixedRows, dropped } = await countDays(db, uid, request, tails);
  if (mixedRows > LIMITS.mixedRowsMax) return dayTooMixed(mixedRows);
  const coverage = coverageOf(states, { endMs }, nowMs);
  return ok({ request, coverage, people: people?.value ?? null, tails: tails.list, days, dropped, rowsMax });
}

/** What the filter asks of people; null: nothing. */
async function filterPeople(
  asking: Asking,
  request: ExportRequest,
): Promise<Result<KnownPeople, ExportRefusal> | null> {
  const { asks } = filterOf(request);
  if (!asksPeople(asks)) return null;
  const { links, states } = await readLinkEvents(asking);
  if (states.includes(null)) return shardUnavailable();
  const people = await knowPeople(asking, links, asks);
  // Whoever was not heard may have said who somebody is: the filter would be another.
  const isHeard = people.ok && people.value.coverages.every(isEveryShardHeard);
  return people.ok && !isHeard ? shardUnavailable() : people;
}

/** What the filter reads. */
function filterOf({ range: { where } }: ExportRequest): RowSource {
  const source = new RowSource();
  if (where !== null) source.test(where);
  return source;
}

/** The bytes. It ends only after the receipt is kept; when anything fails it throws, and there is no receipt. */
export async function* streamExport(
  { ports: { db, lake, now }, tenant: { uid } }: Asking<QueryPorts>,
  { request, coverage, people, tails, days, dropped }: ExportPlan,
): AsyncGenerator<Uint8Array> {
  const { id, format } = request;
  const encoder = encoderOf(request);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let rows = 0;
  const counted = (bytes: Uint8Array) => {
    hash.update(bytes);
    sizeBytes += bytes.length;
    return bytes;
  };
  yield counted(encoder.begin());
  for (let index = 0; index < days.length; index += DAYS_AT_ONCE) {
    const stretch = days.slice(index, index + DAYS_AT_ONCE);
    const plan = await readScanPlan(db, { uid, dayFrom: stretch[0]!, dayTo: stretch.at(-1)! });
    const segments = plan.segments.filter((segment) => isCounted(coverage, segment));
    for (const day of stretch) {
      const wanted = wantedOf(request).add('event');
      const scanned = scanDay({ bucket: lake, day, segments, tails, ...request.range, wanted });
      for await (const piece of pieces(scanned, request, people, dropped.events, day)) {
        rows += piece.rowCount;
        yield counted(encoder.rows(piece));
      }
    }
  }
  yield counted(encoder.end());
  const receipt: ExportReceipt = {
    id,
    format,
    rows,
    sizeBytes,
    sha256: hash.digest('hex'),
    asOfMs: coverage.asOfMs,
    finishedAtMs: now(),
  };
  await keepReceipt(db, uid, receipt);
}

/** What is read of every event: the columns asked for, and what the filter looks at. */
function wantedOf(request: ExportRequest): Set<LakeColumn> {
  const { where } = request.range;
  const read = where === null ? [] : conditionProperties(where).map(propertyColumn);
  return new Set<LakeColumn>([
    ...request.columns,
    ...read,
    ...(filterOf(request).asks.identity ? (['person'] as const) : []),
  ]);
}

/** The tails as far as they are in the range, bounded. */
class Tails {
  readonly list: ScanTail[] = [];
  readonly #startMs: number;
  readonly #endMs: number;
  #rowCount = 0;

  constructor(startMs: number, endMs: number) {
    this.#startMs = startMs;
    this.#endMs = endMs;
  }

  get isTooLong(): boolean {
    return this.#rowCount > LIMITS.exportTailEventsMax;
  }

  /** A block may be shown again: then it is there twice, and told by its ids. */
  add(tail: ScanTail): void {
    const { at } = tail.columns;
    const rows: number[] = [];
    for (let row = 0; row < at.length; row++) {
      if (at[row]! >= this.#startMs && at[row]! < this.#endMs) rows.push(row);
    }
    if (rows.length === 0) return;
    this.#rowCount += rows.length;
    if (!this.isTooLong) this.list.push({ ...tail, columns: selectRows(tail.columns, Uint32Array.from(rows)) });
  }
}

interface DayCounts {
  readonly days: readonly number[];
  readonly dropped: Dropped;
  readonly rowsMax: number;
  /** That no seal covers, of the day with most of them. */
  readonly mixedRows: number;
}

async function countDays(
  db: D1Database,
  uid: string,
  { range: { startMs, endMs } }: ExportRequest,
  tails: Tails,
): Promise<DayCounts> {
  const range = dayRange({ startMs, endMs });
  const { days: sealedDays, uncovered, dropped } = await readRange(db, { uid, rollupId: null, ...range, grain: 'day' });
  const isKept = (day: number) => day >= dropped.lake.dayBefore;
  const sealed = sealedDays.filter(({ day }) => isKept(day));
  const sealedRows = new Map(sealed.map(({ day, events }) => [day, events]));
  const otherRows = new Map<number, number>();
  const add = (day: number, rowCount: number) => otherRows.set(day, (otherRows.get(day) ?? 0) + rowCount);
  for (const { day, rowCount } of uncovered) add(day, rowCount);
  for (const { columns } of tails.list) for (const atMs of columns.at) add(dayOf(atMs), 1);
  const days = [...new Set([...sealedRows.keys(), ...otherRows.keys()])]
    .filter(isKept)
    .sort((left, right) => left - right);
  const rowsOf = (day: number) => (sealedRows.get(day) ?? 0) + (otherRows.get(day) ?? 0);
  return {
    days,
    dropped,
    rowsMax: days.reduce((sum, day) => sum + rowsOf(day), 0),
    mixedRows: days.reduce((most, day) => Math.max(most, otherRows.get(day) ?? 0), 0),
  };
}

/** The rows that the filter lets through, gathered to pieces of a size worth a row group. */
async function* pieces(
  batches: AsyncIterable<DayBatch>,
  { range: { where } }: ExportRequest,
  people: KnownPeople | null,
  expired: Dropped['events'],
  day: number,
): AsyncGenerator<EventColumns> {
  const source = new RowSource();
  const test = where && source.test(where);
  let gathered: EventColumns[] = [];
  let rowCount = 0;
  for await (const { columns, rows } of batches) {
    // What is written is the event as it came.
    source.use(people === null ? columns : knownColumns(columns, people));
    const counting = withoutExpired(columns, rows, expired, day);
    const passed = test === null ? counting : counting.filter((row) => test(row));
    if (passed.length === 0) continue;
    if (rowCount > 0 && rowCount + passed.length > LIMITS.exportPieceRowsMax) {
      yield concatColumns(gathered);
      gathered = [];
      rowCount = 0;
    }
    gathered.push(passed.length === columns.rowCount ? columns : selectRows(columns, passed));
    rowCount += passed.length;
  }
  if (rowCount > 0) yield concatColumns(gathered);
}

interface Encoder {
  begin(): Uint8Array;
  rows(piece: EventColumns): Uint8Array;
  end(): Uint8Array;
}

const utf8 = new TextEncoder();
const NOTHING = new Uint8Array();

function encoderOf({ format, columns }: ExportRequest): Encoder {
  switch (format) {
    case 'parquet':
      return new ParquetStream(new Set(columns));
    case 'csv':
      return textEncoder(csvHeader(columns), (piece) => csvLines(piece, columns));
    case 'ndjson':
      return textEncoder('', (piece) => ndjsonLines(piece, columns));
  }
}

function textEncoder(header: string, lines: (piece: EventColumns) => string): Encoder {
  return { begin: () => utf8.encode(header), rows: (piece) => utf8.encode(lines(piece)), end: () => NOTHING };
}
