/**
 * File folds: folds a question file by file where no copies have to be looked for, and keeps the partial fold of each file.
 *
 * steps: the days of one shard's flushes → the facts of their files and tails → fold the files that are not kept → absorb all
 *
 * That is the day that a busy tenant's dashboard asks for again and again while no seal covers it: hundreds of files, of which a
 * few came since the last time. Whole files within the range come from what is kept; the files that a bound cuts, the tails, and
 * all other days are left to the scan. Any other day's ids must be compared, file with file.
 */
import { FoldSet } from '../../core/query/fold/fold-set.ts';
import { bucketIndex } from '../../core/query/question/interval.ts';
import type { Query } from '../../core/query/question/request.ts';
import { dayOf, dayRange } from '../../core/std/day.ts';
import { ok, type Result } from '../../core/std/result.ts';
import { NO_COPIES } from '../../lake/scan/copies.ts';
import { type FileFacts, factsOf, haveNoCopies, NO_ROWS } from '../../lake/scan/file-facts.ts';
import { knownFacts, noteFacts } from '../../lake/scan/known-facts.ts';
import type { CopiesByDay, ScanFile, ScanSegment } from '../../lake/scan/scan-request.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { Pacer } from '../../lake/std/pacer.ts';
import { readAhead } from '../../lake/std/read-ahead.ts';
import type { Asking } from '../view/asking.ts';
import { withFooters } from '../view/footers.ts';
import type { LakeView } from '../view/lake-view.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import { scanLakeView } from '../view/scan-view.ts';
import { type KeptFolds, type KeptPart, keptFoldsOf, questionKey } from './kept-folds.ts';

/** What is left to the scan when the files that are kept were absorbed. */
export interface Rest {
  readonly view: LakeView;
  /** The days whose ids need not be compared. */
  readonly copies: CopiesByDay;
  /** Rows of the files that were absorbed. */
  readonly absorbedRows: number;
}

export interface FileFoldsOptions {
  /** Fewer rows of such days are left to the scan. */
  readonly rowsMin: number;
  /** Whether files tell their footers themselves, where columns are not kept. */
  readonly leavesOutFooters: boolean;
}

type StoredSegment = ScanSegment & { readonly file: ScanFile };

/** Whether the question's files are most likely kept, so that their footers are not needed. */
export function areFoldsKept(asking: Asking, queries: readonly Query[]): boolean {
  return keptFoldsOf(asking.ports.db).stateOf(questionKey(asking.tenant.uid, queries)) === 'kept';
}

export class FileFolds {
  readonly #asking: Asking;
  readonly #queries: readonly Query[];
  readonly #rowsMin: number;
  readonly #leavesOutFooters: boolean;
  readonly #kept: KeptFolds;
  readonly #question: string;

  constructor(asking: Asking, queries: readonly Query[], { rowsMin, leavesOutFooters }: FileFoldsOptions) {
    this.#asking = asking;
    this.#queries = queries;
    this.#rowsMin = rowsMin;
    this.#leavesOutFooters = leavesOutFooters;
    this.#kept = keptFoldsOf(asking.ports.db);
    this.#question = questionKey(asking.tenant.uid, queries);
  }

  /** Absorbs into the set what the files of the view are known to hold, and says what is left. */
  async absorb(set: FoldSet, view: LakeView): Promise<Result<Rest, LakeRefusal>> {
    const nothing = async (): Promise<Result<Rest, LakeRefusal>> =>
      ok({ view: await this.#withFooters(view), copies: new Map(), absorbedRows: 0 });
    const days = daysOfOneShard(view);
    const segments = view.segments.filter((segment): segment is StoredSegment => isStoredOn(segment, days));
    const whole = segments.filter(
      (segment) => isWhole(segment, view) && segment.days.every(({ day }) => days.has(day)),
    );
    if (whole.reduce((sum, { file }) => sum + file.rowCount, 0) < this.#rowsMin) return nothing();
    const state = this.#kept.stateOf(this.#question);
    if (state === undefined) this.#kept.noteAsked(this.#question);
    const isAgain = state === 'asked' || state === 'kept';
    const isKept = isAgain && set.isDivisible && view.expired.size === 0;
    const parts = await this.#partsOf(segments, view, new Set(isKept ? whole : []));
    if (!parts.ok) return parts;
    if (parts.value === null) return nothing();
    const linked = view.people?.linked ?? null;
    let absorbedRows = 0;
    for (const [segment, part] of parts.value) {
      set.absorb(this.#placed(part, segment), linked);
      absorbedRows += segment.file.rowCount;
    }
    const rest = view.segments.filter((segment) => !parts.value!.has(segment as StoredSegment));
    const copies: CopiesByDay = new Map([...days].map((day) => [day, NO_COPIES]));
    return ok({ view: await this.#withFooters({ ...view, segments: rest }), copies, absorbedRows });
  }

  /** The part of each of the whole files; null when the days may hold copies, or the parts are too large. */
  async #partsOf(
    segments: readonly StoredSegment[],
    view: LakeView,
    whole: ReadonlySet<StoredSegment>,
  ): Promise<Result<Map<StoredSegment, KeptPart> | null, LakeRefusal>> {
    let facts = view.tails.reduce((all, { columns }) => all | factsOf(columns), NO_ROWS);
    const parts = new Map<StoredSegment, KeptPart>();
    const unread: StoredSegment[] = [];
    for (const segment of segments) {
      const known = knownFacts(this.#asking.ports.lake, segment.path, daysOf(segment));
      facts |= known ?? NO_ROWS;
      const part = whole.has(segment) ? this.#kept.part(this.#keyOf(segment)) : undefined;
      if (part !== undefined) parts.set(segment, part);
      if (known === undefined || (whole.has(segment) && part === undefined)) unread.push(segment);
    }
    if (!haveNoCopies(facts)) return ok(null);
    const pacer = new Pacer(this.#asking.budget);
    const files = (await this.#withFooters({ ...view, segments: unread })).segments as readonly StoredSegment[];
    let index = 0;
    for await (const read of readAhead(files, (file) => this.#read(file, view, whole.size > 0 ? this.#queries : []))) {
      if (!read.ok) return read;
      const segment = unread[index++]!;
      facts |= read.value.facts;
      noteFacts(this.#asking.ports.lake, segment.path, daysOf(segment), read.value.facts);
      if (!haveNoCopies(facts)) return ok(null);
      if (whole.has(segment)) {
        const { part } = read.value;
        if (part.some(({ excess }) => excess !== null)) return ok(null);
        this.#kept.keep(this.#question, this.#keyOf(segment), part);
        if (this.#kept.stateOf(this.#question) === 'large') return ok(null);
        parts.set(segment, part);
      }
      await pacer.spend(segment.file.rowCount);
    }
    return ok(parts);
  }

  /** Reads a file as a whole. Without queries its facts alone are read. */
  async #read(
    segment: StoredSegment,
    view: LakeView,
    queries: readonly Query[],
  ): Promise<Result<{ facts: FileFacts; part: KeptPart }, LakeRefusal>> {
    const set = new FoldSet(
      queries.map((query) => ({ ...query, bucketStarts: [0, ...this.#startsWithin(query, segment)] })),
      this.#asking.tenant.hashKey,
    );
    const { properties } = set;
    const wanted = new Set<LakeColumn>([...set.columns, 'sender', 'late']);
    if (set.asks.identity) wanted.add('person');
    const days = daysOf(segment);
    const { people: _, ...apart } = view;
    const alone: LakeView = {
      ...apart,
      segments: [segment],
      tails: [],
      startMs: segment.file.atMinMs,
      endMs: segment.file.atMaxMs + 1,
    };
    const copies: CopiesByDay = new Map(days.map((day) => [day, NO_COPIES]));
    let facts = NO_ROWS;
    const scanned = await scanLakeView(
      this.#asking,
      alone,
      { wanted, copies, ...(properties && { properties }) },
      (batch, rows) => {
        facts |= factsOf(batch);
        set.add(batch, rows);
      },
    );
    return scanned.ok ? ok({ facts, part: set.partials() }) : scanned;
  }

  /** The part with its buckets as those of the questions. */
  #placed(part: KeptPart, { file }: StoredSegment): KeptPart {
    return part.map((each, index) => {
      const first = bucketIndex(this.#queries[index]!.bucketStarts, file.atMinMs);
      return first === 0 ? each : { ...each, buckets: each.buckets.map((bucket) => bucket + first) };
    });
  }

  #keyOf(segment: StoredSegment): string {
    const starts = this.#queries.map((query) => this.#startsWithin(query, segment).join());
    return `${this.#question} ${segment.path} ${starts.join(';')}`;
  }

  /** The starts of the question's buckets that lie between the events of the file. */
  #startsWithin({ bucketStarts }: Query, { file: { atMinMs, atMaxMs } }: StoredSegment): number[] {
    return bucketStarts.slice(bucketIndex(bucketStarts, atMinMs) + 1, bucketIndex(bucketStarts, atMaxMs) + 1);
  }

  async #withFooters(view: LakeView): Promise<LakeView> {
    return this.#leavesOutFooters ? view : withFooters(this.#asking, view);
  }
}

/** The days of the range of which all rows are of the flushes of one shard, stored or not. */
function daysOfOneShard({ segments, tails, startMs, endMs }: LakeView): ReadonlySet<number> {
  const { dayFrom, dayTo } = dayRange({ startMs, endMs });
  const incarnations = new Map<number, Set<string>>();
  const add = (day: number, incarnation: string) => {
    const known = incarnations.get(day) ?? new Set();
    incarnations.set(day, known.add(incarnation));
  };
  const mixed = new Set<number>();
  for (const { source, incarnation, days } of segments) {
    for (const { day } of days) {
      if (source === 'flush') add(day, incarnation);
      else mixed.add(day);
    }
  }
  for (const { columns, incarnation } of tails) for (const atMs of columns.at) add(dayOf(atMs), incarnation);
  const days = [...incarnations].filter(([day, { size }]) => size === 1 && day >= dayFrom && day <= dayTo);
  return new Set(days.map(([day]) => day).filter((day) => !mixed.has(day)));
}

function isStoredOn({ days, file }: ScanSegment, wanted: ReadonlySet<number>): boolean {
  return file !== undefined && days.some(({ day }) => wanted.has(day));
}

function daysOf({ days }: ScanSegment): number[] {
  return days.map(({ day }) => day);
}

/** Whether all rows of the file count and lie in the range. */
function isWhole({ file, days }: StoredSegment, { startMs, endMs }: LakeView): boolean {
  if (file.atMinMs < startMs || file.atMaxMs >= endMs) return false;
  return days.reduce((sum, { rowCount }) => sum + rowCount, 0) === file.rowCount;
}
