/**
 * Scan task: a share of a question's scan as plain data, and its execution by a scanner.
 *
 * A share holds whole days, or files of days that come from seals alone: all rows that must be compared to find copies
 * are in one share (CORRECTNESS B7). A share that takes too long is refused, never answered in part. A scanner answers
 * a query with a fold, and a journey with the events of people as codes. Those are followed where all shares come
 * together, because a person's events lie in as many files as there are days.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { type JourneySpec, journeyOf } from '../../core/journeys/kinds.ts';
import { excessOf } from '../../core/journeys/kit/journey.ts';
import type { JourneyPart } from '../../core/journeys/kit/journey-part.ts';
import { SequenceBuilder } from '../../core/journeys/kit/sequence-builder.ts';
import { LIMITS } from '../../core/limits.ts';
import { ALL_PEOPLE, type HighRange } from '../../core/people/high-range.ts';
import { FoldSet } from '../../core/query/fold/fold-set.ts';
import type { PartialFold } from '../../core/query/fold/partial-fold.ts';
import type { Query } from '../../core/query/question/request.ts';
import type { HashKey } from '../../core/std/hash.ts';
import { keptColumnsOf } from '../segment/kept-columns.ts';
import { personsOf } from '../segment/people-bounds.ts';
import type { LakeColumn } from '../segment/segment-schema.ts';
import type { ReadBucket } from '../segment/source.ts';
import { isolateMemory } from '../std/isolate-memory.ts';
import { COSTLY, inSlices, noteAsker, Pacer } from '../std/pacer.ts';
import { SizedCache } from '../std/sized-cache.ts';
import { CachedBucket } from './cached-bucket.ts';
import { scan } from './scan.ts';
import type { OnBatch, ScanRequest, ScanSegment } from './scan-request.ts';

export interface Share {
  /** The tenant's key, the same for all shares of a question: values and ids are told apart by their hashes. */
  readonly hashKey: HashKey;
  readonly segments: readonly ScanSegment[];
  /** The range of the view, which lies within that of the question. */
  readonly startMs: number;
  readonly endMs: number;
}
export interface ScanTask extends Share {
  readonly query: Query;
}
/** Questions about one range, which are folded from one scan. */
export interface SharedScanTask extends Share {
  readonly queries: readonly Query[];
}
export interface JourneyTask extends Share {
  readonly journey: JourneySpec;
  readonly people: HighRange;
  /** Bounds the events, a person counting as two; a share with more is left to the query. */
  readonly heldMax: number;
}

export type ShareReply<Found> =
  | { readonly status: 'ok'; readonly found: Found; readonly scannedRowCount: number }
  /** `rowCount`: all rows of the share. */
  | { readonly status: 'over-budget'; readonly rowCount: number };

export interface ScannerRpc {
  scan(task: ScanTask): Promise<ShareReply<PartialFold>>;
  /** A part for each question. Scanners of an earlier release lack it. */
  scanAll(task: SharedScanTask): Promise<ShareReply<readonly PartialFold[]>>;
  follow(task: JourneyTask): Promise<ShareReply<JourneyPart>>;
}

/** Reaches a scanner of a tenant's pool. */
export type ScannerOf = (uid: string, index: number) => ScannerRpc;

/** Collects the rows of a share: into the fold of a query, or into the events of a journey. */
interface Collector<Found> {
  readonly found: () => Found;
  /** Returns those of a batch's rows that may count. */
  readonly sift: (columns: EventColumns, rows: Uint32Array) => Uint32Array;
  /** What a row of the batch that was sifted last counts as. */
  readonly weight: () => number;
  /** Takes a batch in. False when it is already too much for any answer: `found` says so where it is absorbed. */
  readonly add: (...batch: Parameters<OnBatch>) => boolean;
}

/** What an isolate remembers of files for all of its scanners: an idle scanner is evicted after some seconds. */
class Memory {
  readonly bucket: CachedBucket;
  readonly footers = new SizedCache<string, Uint8Array>(LIMITS.footersSizeBytesMax);

  constructor(bucket: ReadBucket) {
    this.bucket = new CachedBucket(bucket, LIMITS.scannerCacheSizeBytesMax);
  }
}

const memoryOf = isolateMemory((bucket: ReadBucket) => new Memory(bucket));

export class ScanRunner {
  readonly #bucket: CachedBucket;
  readonly #footers: SizedCache<string, Uint8Array>;
  readonly #now: () => number;

  constructor(bucket: ReadBucket, now: () => number) {
    const memory = memoryOf(bucket);
    this.#bucket = memory.bucket;
    this.#footers = memory.footers;
    this.#now = now;
  }

  async scan({ query, ...share }: ScanTask): Promise<ShareReply<PartialFold>> {
    const reply = await this.scanAll({ ...share, queries: [query] });
    return reply.status === 'ok' ? { ...reply, found: reply.found[0]! } : reply;
  }

  async scanAll({ queries, ...share }: SharedScanTask): Promise<ShareReply<readonly PartialFold[]>> {
    const set = new FoldSet(queries, share.hashKey);
    const { columns, properties } = set;
    const wanted = new Set<LakeColumn>(columns);
    if (queries.some(({ measure }) => measure === 'users')) wanted.add('person');
    return this.#read(
      share,
      { wanted, ...(properties && { properties }) },
      {
        found: () => set.partials(),
        sift: (batch, rows) => set.sift(batch, rows),
        weight: () => (set.rowWeight < 1 ? set.rowWeight : COSTLY),
        add: (batch, rows) => {
          set.addSifted(batch, rows);
          if (set.excess === null) return true;
          // Where one question alone is too much, its part says so. Otherwise the query reads the share itself.
          if (set.folds.every(({ excess }) => excess === null)) throw new Error(set.excess);
          return false;
        },
      },
    );
  }

  async follow({ journey: spec, people, heldMax, ...share }: JourneyTask): Promise<ShareReply<JourneyPart>> {
    const journey = journeyOf(spec);
    const { columns, properties } = journey.reader.needs;
    const builder = new SequenceBuilder(journey.reader, { heldMax, range: people });
    const hasAllPeople = people.from === ALL_PEOPLE.from && people.to === ALL_PEOPLE.to;
    const selection = {
      wanted: new Set<LakeColumn>([...columns, 'person']),
      // The ids of all people are compared to find copies, even when only some people are wanted.
      copies: new Map(),
      ...(properties && { properties }),
      ...(!hasAllPeople && { people: personsOf(people) }),
    };
    return this.#read(share, selection, {
      found: () => builder.part(),
      sift: (batch, rows) => builder.sift(batch, rows),
      weight: () => builder.rowWeight,
      add: (batch, rows) => {
        builder.add(batch, rows);
        // The query reads such a share itself: it may hold twice as much, and can divide the people better.
        if (builder.isFull || builder.range.to < people.to) throw new Error('the share holds more events than it may');
        return excessOf(journey) === null;
      },
    });
  }

  async #read<Found>(
    { hashKey, segments, startMs, endMs }: Share,
    selection: Pick<ScanRequest, 'wanted' | 'properties' | 'people' | 'narrowed' | 'copies'>,
    { found, sift, weight, add }: Collector<Found>,
  ): Promise<ShareReply<Found>> {
    noteAsker(hashKey);
    const rowCount = segments.reduce((sum, { days }) => sum + days.reduce((all, day) => all + day.rowCount, 0), 0);
    // The clock moves only while something is awaited, so it measures the time of reads and of other work meanwhile.
    const untilMs = this.#now() + LIMITS.scannerBudgetMs;
    const request = {
      ...selection,
      bucket: this.#bucket.binding,
      kept: keptColumnsOf(this.#bucket.binding),
      trustsShards: true,
      hashKey,
      segments: segments.map((segment) => ({ ...segment, footer: this.#footer(segment) })),
      tails: [],
      startMs,
      endMs,
      rowsMax: LIMITS.scannerRowsMax,
    };
    let isLate = false;
    const pacer = new Pacer();
    const scanned = await scan(request, async (batch, rows, day) => {
      let isEnough = false;
      const addSlice = (slice: Uint32Array) => {
        isEnough ||= !add(batch, slice, day);
      };
      isLate = this.#now() > untilMs;
      if (!isLate) await inSlices(sift(batch, rows), pacer, addSlice, weight());
      if (isLate || isEnough) return 'stop';
    });
    if (!scanned.ok || isLate) return { status: 'over-budget', rowCount };
    return { status: 'ok', found: found(), scannedRowCount: scanned.value.scannedRowCount };
  }

  /** The bytes of the segment's footer: the same object as at an earlier read, so that a footer is parsed once. Null when unknown. */
  #footer({ path, footer }: ScanSegment): Uint8Array | null {
    if (!footer) return this.#footers.get(path) ?? null;
    return this.#footers.of(
      path,
      () => footer,
      ({ length }) => length,
    );
  }
}
