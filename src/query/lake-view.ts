/**
 * LakeView: the events of a range as they can be read at one moment: the tails of the shards and the segments that count.
 *
 * steps: read the tails → what they cover → read the manifest → leave out what shards answer for themselves (CORRECTNESS A4)
 * A view may be scanned several times; it is the same events each time.
 */
import type { EventColumns } from '../core/columns.ts';
import type { StringColumn } from '../core/event.ts';
import { DAY_MS } from '../core/limits.ts';
import type { LinkedPeople } from '../core/people/links.ts';
import type { Lookup } from '../core/people/lookup.ts';
import type { Result } from '../core/result.ts';
import type { ShardOf } from '../core/rpc.ts';
import type { ShardAddress } from '../core/shard-map.ts';
import { type LakeSegment, readScanPlan } from '../lake/manifest.ts';
import {
  type OnBatch,
  type ScanRequest,
  type ScanSegment,
  type ScanTail,
  type ScanTotals,
  scan,
} from '../lake/scan.ts';
import type { PersonRange } from '../lake/segment-read.ts';
import type { ReadBucket } from '../lake/source.ts';
import { type Coverage, coverageOf, isStored } from './coverage.ts';
import type { ViewPeople } from './people-lookup.ts';
import { type LakeRefusal, tooLarge } from './refusal.ts';
import { readTails } from './shards.ts';

export type { LakeRefusal as QueryTooLarge } from './refusal.ts';

export interface LakePorts {
  readonly db: D1Database;
  readonly lake: ReadBucket;
  readonly shardOf: ShardOf;
}

export interface LakeView {
  readonly startMs: number;
  readonly endMs: number;
  readonly segments: readonly ScanSegment[];
  readonly tails: readonly ScanTail[];
  readonly coverage: Coverage;
  /** Of the seals of the range's days. */
  readonly revision: number;
  /** Put on by `withPeople`. */
  readonly people?: ViewPeople;
}

/** What the scan compares to find copies; of segments it reads them itself. */
const ID_COLUMN: StringColumn = 'id';

/** `columns`: the text columns that its scans may want. */
export async function openLakeView(
  { db, shardOf }: LakePorts,
  uid: string,
  addresses: readonly ShardAddress[],
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  columns: Iterable<StringColumn>,
  nowMs: number,
): Promise<LakeView> {
  const tails = await readTails(shardOf, addresses, new Set([...columns, ID_COLUMN]));
  const coverage = coverageOf(tails, { endMs }, nowMs);
  const dayFrom = Math.floor(startMs / DAY_MS);
  const dayTo = Math.floor((endMs - 1) / DAY_MS);
  const plan = await readScanPlan(db, { uid, dayFrom, dayTo });
  return {
    startMs,
    endMs,
    segments: plan.segments.filter((segment) => isCounted(segment, coverage)).map(scanSegmentOf),
    tails: tails.flatMap((tail) => tail?.tails ?? []),
    coverage,
    revision: plan.days.reduce((sum, { revision }) => sum + revision, 0),
  };
}

/** Shows the rows of the view; of people with several linked ids each row as that of the one person they are. */
export async function scanLakeView(
  { lake }: LakePorts,
  { segments, tails, startMs, endMs, people: known }: LakeView,
  { wanted, people, ...rest }: Pick<ScanRequest, 'wanted' | 'people' | 'rowsMax' | 'properties'>,
  onBatch: OnBatch,
): Promise<Result<ScanTotals, LakeRefusal>> {
  const linked = known?.linked?.isEmpty === false ? known.linked : null;
  // The rows of one person are then in several places: whose they are is known when they have been read.
  const pushed = people === undefined || linked !== null ? {} : { people };
  const show: OnBatch = (batch, rows, day) => {
    const columns = known === undefined ? batch : withKnown(batch, linked, known.lookup);
    const shown = linked === null || people === undefined ? rows : rowsOf(columns, rows, people);
    return onBatch(columns, shown, day);
  };
  const scanned = await scan({ bucket: lake, segments, tails, startMs, endMs, wanted, ...pushed, ...rest }, show);
  if (scanned.ok) return scanned;
  const { rowCount, rowsMax } = scanned.error;
  return tooLarge(`The answer needs ${rowCount} events to be read, at most ${rowsMax} are: narrow the range.`);
}

/** The batch itself stays as it is: a tail is scanned again. */
function withKnown(columns: EventColumns, linked: LinkedPeople | null, lookup: Lookup | null): EventColumns {
  const person = linked === null ? columns.person : linkedPersons(columns.person, linked);
  return { ...columns, person, ...(lookup && { lookup }) };
}

function linkedPersons(person: BigInt64Array, linked: LinkedPeople): BigInt64Array {
  const copy = person.slice();
  const words = new Uint32Array(copy.buffer, copy.byteOffset, 2 * copy.length);
  for (let at = 0; at < words.length; at += 2) linked.follow(words, at);
  return copy;
}

function rowsOf({ person }: EventColumns, rows: Uint32Array, { min, max }: PersonRange): Uint32Array {
  return rows.filter((row) => person[row]! >= min && person[row]! <= max);
}

function isCounted({ source, incarnation, seqTo }: LakeSegment, coverage: Coverage): boolean {
  return source !== 'flush' || isStored(coverage, incarnation, seqTo);
}

function scanSegmentOf({ path, sizeBytes, source, incarnation, seqFrom, days, footer }: LakeSegment): ScanSegment {
  return { path, sizeBytes, source, incarnation, seqFrom, days, ...(footer && { footer }) };
}
