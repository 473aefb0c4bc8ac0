/**
 * Rivals: the rows of a day that may be the same event as one on the page (CORRECTNESS B7), gathered by id, to tell which of
 * the page's rows count.
 *
 * in: the tails as they are shown, the rows found for the page, the segments that count · out: the found rows without copies
 *
 * A row of the page is compared with every row of its day that has its id, on the page or not. A day that seals alone answer
 * for has no copies. A day of more stored events or files than one page may look at is not compared, and the list says so.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { LIMITS } from '../../core/limits.ts';
import { type DayRange, dayOf } from '../../core/std/day.ts';
import { Hasher, type HashKey } from '../../core/std/hash.ts';
import { HashIndex, NOT_FOUND } from '../../core/std/hash-index.ts';
import type { LakeSegment } from '../../lake/manifest/segments.ts';
import type { ScanTail } from '../../lake/scan/scan.ts';
import { isDropped, Survivors } from '../../lake/scan/survivors.ts';
import { readSegment } from '../../lake/segment/segment-read.ts';
import type { LakeColumn } from '../../lake/segment/segment-schema.ts';
import { type ReadBucket, r2Source } from '../../lake/segment/source.ts';
import { readAhead } from '../../lake/std/read-ahead.ts';
import type { Asking } from '../view/asking.ts';
import { type Candidate, identityOf } from './newest.ts';
import { candidateOf } from './read-whole.ts';

const RIVAL_COLUMNS: ReadonlySet<LakeColumn> = new Set<LakeColumn>(['at', 'received_at', 'id', 'sender', 'key_hash']);

/** A row with its place in the order that decides between receipts of the same moment. */
interface Rival {
  readonly row: Candidate;
  readonly isSealed: boolean;
  readonly incarnation: string;
  readonly seqFrom: number;
}

type Origin = Omit<Rival, 'row'>;

/** The rows of a shown block, without the texts: 40 bytes an event. */
interface HeldBlock extends Origin {
  readonly columns: Pick<EventColumns, 'rowCount' | 'at' | 'receivedAt' | 'keyHash'>;
  readonly senders: readonly (string | null)[];
  readonly idHash: Uint32Array;
}

export interface Counted<T extends Candidate> {
  readonly found: readonly T[];
  /** Whether every day of the found rows was compared. */
  readonly isCompared: boolean;
}

export class Rivals {
  readonly #hashKey: HashKey;
  readonly #hasher: Hasher;
  readonly #range: DayRange;
  readonly #blocks: HeldBlock[] = [];
  /** The days of the tails' events, with the shards that hold some. */
  readonly #tailDays = new Map<number, Set<string>>();

  /** `range`: the days of the page, to which a row must belong to be a copy of one of its rows. */
  constructor(hashKey: HashKey, range: DayRange) {
    this.#hashKey = hashKey;
    this.#range = range;
    this.#hasher = new Hasher(hashKey);
  }

  addTail({ columns, incarnation, seqFrom }: ScanTail): void {
    const { rowCount, at, receivedAt, keyHash, strings } = columns;
    const { dayFrom, dayTo } = this.#range;
    const days = [...new Set(Array.from(at, dayOf))].filter((day) => day >= dayFrom && day <= dayTo);
    if (days.length === 0) return;
    const idHash = new Uint32Array(2 * rowCount);
    for (let row = 0; row < rowCount; row++) {
      this.#hasher.hash(strings.id?.[row] ?? '');
      idHash[2 * row] = this.#hasher.low;
      idHash[2 * row + 1] = this.#hasher.high;
    }
    for (const day of days) {
      this.#tailDays.set(day, (this.#tailDays.get(day) ?? new Set()).add(incarnation));
    }
    const senders = strings.sender ?? new Array(rowCount).fill(null);
    const held = { rowCount, at, receivedAt, keyHash };
    this.#blocks.push({ columns: held, senders, idHash, incarnation, seqFrom, isSealed: false });
  }

  /** The rows of `found` that count, in their order. */
  async withoutCopies<T extends Candidate>(
    found: readonly T[],
    segments: readonly LakeSegment[],
    { ports: { lake }, nowMs }: Pick<Asking, 'ports' | 'nowMs'>,
  ): Promise<Counted<T>> {
    const days = this.#mixedDays(found, segments, dayOf(nowMs - LIMITS.dedupeHorizonMs));
    if (days.size === 0) return { found, isCompared: true };
    const read = segments.filter((segment) => segment.days.some(({ day }) => days.has(day)));
    if (!isAffordable(read, days)) return { found, isCompared: false };
    const rivals = new RivalRows(found.filter(({ atMs }) => days.has(dayOf(atMs))));
    this.#addHeld(rivals);
    const load = (segment: LakeSegment) => readRivals(lake, segment, days, rivals);
    for await (const rows of readAhead(read, load)) for (const rival of rows) rivals.add(rival);
    const dropped = rivals.copies(this.#hashKey);
    return { found: found.filter((row) => !dropped.has(identityOf(row))), isCompared: true };
  }

  /** Days of the found rows that may have copies: of which more counts than their seal, or than one shard took. */
  #mixedDays(found: readonly Candidate[], segments: readonly LakeSegment[], forgottenDay: number): Set<number> {
    const days = new Set(found.map(({ atMs }) => dayOf(atMs)));
    const places = new Map([...days].map((day) => [day, new Set<string>()]));
    const mixed = new Set<number>();
    for (const segment of segments) {
      for (const { day } of segment.days) for (const place of placesOf(segment)) places.get(day)?.add(place);
    }
    for (const [day, incarnations] of this.#tailDays) for (const each of incarnations) places.get(day)?.add(each);
    const browserDays = new Set(found.filter(({ sender }) => sender === 'browser').map(({ atMs }) => dayOf(atMs)));
    for (const [day, names] of places) {
      // A seal has every event once. A shard takes an id of a class once while it remembers it; a browser's may give way.
      const isOfShard = day > forgottenDay && !browserDays.has(day);
      const isOne = names.size === 1 && (names.has(SEALED) || isOfShard);
      if (!isOne) mixed.add(day);
    }
    return mixed;
  }

  #addHeld(rivals: RivalRows): void {
    const ids = new HashIndex();
    const texts = rivals.ids.map((id) => {
      this.#hasher.hash(id);
      ids.add(this.#hasher.high, this.#hasher.low);
      return id;
    });
    for (const { columns, senders, idHash, ...origin } of this.#blocks) {
      for (let row = 0; row < columns.rowCount; row++) {
        const index = ids.find(idHash[2 * row + 1]!, idHash[2 * row]!);
        if (index === NOT_FOUND) continue;
        const { at, receivedAt, keyHash } = columns;
        const [atMs, receivedAtMs] = [at[row]!, receivedAt[row]!];
        const place = { atMs, receivedAtMs, keyHash: keyHash[row]!, id: texts[index]!, sender: senders[row]! };
        rivals.add({ row: place, ...origin });
      }
    }
  }
}

const SEALED = 'seal';

/** Names of what has each event of the segment once: the seal, or the shard. An import has none, and counts as two. */
function placesOf({ source, incarnation }: LakeSegment): readonly string[] {
  if (source === 'seal') return [SEALED];
  return source === 'flush' ? [incarnation] : ['import', incarnation];
}

function isAffordable(segments: readonly LakeSegment[], wanted: ReadonlySet<number>): boolean {
  const rowsOf = ({ days }: LakeSegment) =>
    days.reduce((sum, { day, rowCount }) => sum + (wanted.has(day) ? rowCount : 0), 0);
  const rowCount = segments.reduce((sum, segment) => sum + rowsOf(segment), 0);
  return rowCount <= LIMITS.eventsRowsMax && segments.length <= LIMITS.eventsComparedFilesMax;
}

/** The rows of a segment on these days whose ids are on the page. */
async function readRivals(
  lake: ReadBucket,
  { path, sizeBytes, footer, days: counting, source, incarnation, seqFrom }: LakeSegment,
  wanted: ReadonlySet<number>,
  { idSet }: RivalRows,
): Promise<Rival[]> {
  const days = new Set(counting.map(({ day }) => day).filter((day) => wanted.has(day)));
  const options = { columns: RIVAL_COLUMNS, days, ...(footer && { footer }) };
  const rivals: Rival[] = [];
  for await (const columns of readSegment(r2Source(lake, path, sizeBytes), options)) {
    const ids = columns.strings.id!;
    for (let row = 0; row < columns.rowCount; row++) {
      if (!idSet.has(ids[row]!)) continue;
      rivals.push({ row: candidateOf(columns, row), isSealed: source === 'seal', incarnation, seqFrom });
    }
  }
  return rivals;
}

/** The different rows with the ids of the page. */
class RivalRows {
  readonly idSet: ReadonlySet<string>;
  readonly #rivals = new Map<string, Rival>();

  constructor(found: readonly Candidate[]) {
    this.idSet = new Set(found.map(({ id }) => id));
  }

  get ids(): readonly string[] {
    return [...this.idSet];
  }

  /** A row that is read twice, in a tail and from the file it was stored in meanwhile, is one. */
  add(rival: Rival): void {
    this.#rivals.set(identityOf(rival.row), rival);
  }

  /** The identities of the rows that do not count. */
  copies(hashKey: HashKey): Set<string> {
    const dropped = new Set<string>();
    const byDay = Map.groupBy(this.#rivals.values(), ({ row }) => dayOf(row.atMs));
    for (const rivals of byDay.values()) {
      const ranked = rivals.sort(compareRank);
      const survivors = new Survivors(ranked.length, hashKey);
      survivors.add(columnsOf(ranked));
      for (const [index, { row }] of ranked.entries()) {
        if (isDropped(survivors.dropped, index)) dropped.add(identityOf(row));
      }
    }
    return dropped;
  }
}

function compareRank(left: Rival, right: Rival): number {
  if (left.isSealed !== right.isSealed) return left.isSealed ? -1 : 1;
  if (left.incarnation !== right.incarnation) return left.incarnation < right.incarnation ? -1 : 1;
  return left.seqFrom - right.seqFrom;
}

function columnsOf(rivals: readonly Rival[]): EventColumns {
  const rows = rivals.map(({ row }) => row);
  return {
    rowCount: rows.length,
    at: new Float64Array(),
    receivedAt: Float64Array.from(rows, ({ receivedAtMs }) => receivedAtMs),
    person: new BigInt64Array(),
    keyHash: BigInt64Array.from(rows, ({ keyHash }) => keyHash),
    late: new Uint8Array(),
    strings: { id: rows.map(({ id }) => id), sender: rows.map(({ sender }) => sender) },
  };
}
