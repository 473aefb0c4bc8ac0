/**
 * Recent: what a shard has taken lately, in counts by second and short accounts of the newest events, for people who watch.
 *
 * in: rows of the log, the newest first · out: a RecentReply of bounded size
 *
 * Counts cover every row that was read. Accounts cover the newest events alone, because no reader follows hundreds a second;
 * `omitted` says how many have none.
 */
import { blockColumns, type EventBlock } from '../block/block.ts';
import { isAccepted, lateBits } from '../block/disposition.ts';
import type { Sender, StringColumn } from '../event/event.ts';
import { LIMITS, SECOND_MS } from '../limits.ts';
import { toHex64 } from '../std/hex.ts';
import { shortened } from '../std/text.ts';
import type { ShardAddress } from './shard-map.ts';

export interface RecentRequest {
  readonly address: ShardAddress;
  /** The position of the reader, and the incarnation that it belongs to. Absent for a reader that begins. */
  readonly from?: RecentPosition;
  /** Receipt time before which nothing is read. Default: everything that is held from the position on. */
  readonly sinceMs?: number;
  /** Events whose accounts are wanted, at most. */
  readonly eventsMax: number;
  /** Default: `accepted`. */
  readonly verdicts?: 'accepted' | 'all';
}

export interface RecentPosition {
  readonly incarnation: string;
  /** Sequence number of the next row to be read. */
  readonly seq: number;
}

export interface RecentReply {
  /** The position behind everything that this reply covers. */
  readonly next: RecentPosition;
  /** True when rows after the reader's position are not covered: they are stored and dropped, or too many. */
  readonly gap: boolean;
  readonly seconds: readonly RecentSecond[];
  /** The newest first. */
  readonly events: readonly RecentEvent[];
  /** Accepted events that are counted and have no account. */
  readonly omitted: number;
}

/** Events by the second of their receipt. */
export interface RecentSecond {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly accepted: number;
  readonly duplicate: number;
}

/** The account of one event. A text that is longer than a name ends in `…`: a path may be as long as its event. */
export interface RecentEvent {
  readonly isAccepted: boolean;
  readonly receivedAtMs: number;
  readonly atMs: number;
  readonly isLate: boolean;
  readonly id: string;
  readonly type: string;
  readonly event: string;
  readonly path: string | null;
  readonly title: string | null;
  readonly country: string | null;
  readonly device: string | null;
  readonly referrer: string | null;
  readonly source: string | null;
  readonly sender: Sender | null;
  /** The first digits of the person's pseudonym, in hex; null without a person. */
  readonly person: string | null;
}

/** A row of the log, as far as it is read here. */
export interface RecentRow {
  readonly blocks: readonly EventBlock[];
  readonly dispositions: readonly Uint8Array[];
}

const PERSON_DIGITS = 12;
const WANTED: ReadonlySet<StringColumn> = new Set<StringColumn>([
  'id',
  'type',
  'event',
  'path',
  'title',
  'country',
  'device',
  'referrer_domain',
  'source',
  'sender',
]);

/** Gathers what one reply tells. `add` takes the rows from the newest on. */
export class RecentGathering {
  readonly #eventsMax: number;
  readonly #wantsAll: boolean;
  readonly #seconds = new Map<number, { accepted: number; duplicate: number }>();
  readonly #events: RecentEvent[] = [];
  #accepted = 0;

  constructor({ eventsMax, verdicts = 'accepted' }: Pick<RecentRequest, 'eventsMax' | 'verdicts'>) {
    this.#eventsMax = eventsMax;
    this.#wantsAll = verdicts === 'all';
  }

  add({ blocks, dispositions }: RecentRow): void {
    for (let i = blocks.length - 1; i >= 0; i--) this.#addBlock(blocks[i]!, dispositions[i]!);
  }

  reply(next: RecentPosition, gap: boolean): RecentReply {
    const seconds = [...this.#seconds].sort(([a], [b]) => a - b).map(([at, counts]) => ({ at, ...counts }));
    const told = this.#events.reduce((sum, event) => sum + (event.isAccepted ? 1 : 0), 0);
    return { next, gap, seconds, events: this.#events, omitted: this.#accepted - told };
  }

  #addBlock(block: EventBlock, dispositions: Uint8Array): void {
    if (block.eventCount === 0) return;
    let accepted = 0;
    for (const disposition of dispositions) if (isAccepted(disposition)) accepted++;
    const at = Math.floor(block.receivedAtMs / SECOND_MS);
    const counts = this.#seconds.get(at) ?? { accepted: 0, duplicate: 0 };
    counts.accepted += accepted;
    counts.duplicate += dispositions.length - accepted;
    this.#seconds.set(at, counts);
    this.#accepted += accepted;
    const left = this.#eventsMax - this.#events.length;
    if (left > 0) this.#events.push(...this.#accountsOf(block, dispositions, left));
  }

  #accountsOf(block: EventBlock, dispositions: Uint8Array, countMax: number): RecentEvent[] {
    const { at, person, strings } = blockColumns(block, null, WANTED);
    const events: RecentEvent[] = [];
    for (let row = dispositions.length - 1; row >= 0 && events.length < countMax; row--) {
      const disposition = dispositions[row]!;
      if (!this.#wantsAll && !isAccepted(disposition)) continue;
      const text = (column: StringColumn) => {
        const value = strings[column]?.[row];
        return value == null ? null : shortened(value, LIMITS.nameLengthMax);
      };
      events.push({
        isAccepted: isAccepted(disposition),
        receivedAtMs: block.receivedAtMs,
        atMs: at[row]!,
        isLate: lateBits(disposition) !== 0,
        id: strings.id?.[row] ?? '',
        type: text('type') ?? '',
        event: text('event') ?? '',
        path: text('path'),
        title: text('title'),
        country: text('country'),
        device: text('device'),
        referrer: text('referrer_domain'),
        source: text('source'),
        sender: text('sender') as Sender | null,
        person: personDigits(person[row]!),
      });
    }
    return events;
  }
}

function personDigits(person: bigint): string | null {
  if (person === 0n) return null;
  return toHex64(person).slice(0, PERSON_DIGITS);
}
