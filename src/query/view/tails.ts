/**
 * Tails: the events of each shard that are not stored yet, read page by page.
 *
 * `readTails` holds them all, within one budget; `visitTails` shows them block by block and holds nothing.
 */
import { blockColumns, type EventBlock, openBlock } from '../../core/block/block.ts';
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import type { LoggedBlock } from '../../core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../core/shard/shard-map.ts';
import { unavailable } from '../../http/problem.ts';
import type { ScanTail } from '../../lake/scan/scan.ts';
import type { AskedShard } from './resting-shard.ts';
import { type AskedShards, askShards, type ShardState } from './shards.ts';

export interface ShardTail extends ShardState {
  readonly tails: readonly ScanTail[];
}

/** Sees each block of a tail when it is read, with `columns` beside those that are held. */
export interface TailVisitor {
  readonly columns: readonly StringColumn[];
  readonly visit: (columns: EventColumns) => void;
}

/** The tail of each shard; null where a shard did not reply. Throws 503 `query-tail-too-long` when the sinks lag too far. */
export async function readTails(
  asking: AskedShards,
  wanted: ReadonlySet<StringColumn>,
  visitor: TailVisitor | null = null,
): Promise<(ShardTail | null)[]> {
  const held = new HeldTails(wanted, visitor);
  // The list of a shard outlives an attempt: the next attempt releases what the one before has left there.
  const tailsByShard = new Map(asking.shards.map((address): [ShardAddress, ScanTail[]] => [address, []]));
  const tails = await askShards(asking, async (shard, address) => {
    const own = tailsByShard.get(address)!;
    const state = await readTail(shard, address, {
      wanted: held.columns,
      begin: () => held.begin(own),
      isEnough: () => held.isOverBudget,
    });
    return { ...state, tails: own };
  });
  if (!held.isOverBudget) return tails;
  const detail = 'The shards hold more events that are not stored yet than a question may read. Ask again in a minute.';
  throw unavailable('query-tail-too-long', detail, undefined, 10);
}

/**
 * Shows each shard's tail block by block, so that none of it is held. A block may be shown again: the visitor tells events by
 * their ids. Returns null where a shard did not reply to the end.
 */
export function visitTails(
  asking: AskedShards,
  wanted: ReadonlySet<StringColumn>,
  visit: (tail: ScanTail) => void,
): Promise<(ShardState | null)[]> {
  return askShards(asking, (shard, address) => readTail(shard, address, { wanted, begin: () => visit }));
}

/** As `visitTails`, of the blocks that may link ids; `tailEvents` counts those blocks alone. */
export function visitLinks(
  asking: AskedShards,
  wanted: ReadonlySet<StringColumn>,
  visit: (tail: ScanTail) => void,
): Promise<(ShardState | null)[]> {
  return askShards(asking, (shard, address) => readTail(shard, address, { wanted, begin: () => visit, only: 'links' }));
}

/**
 * Enforces one memory budget over the tails of all shards. Once it is exceeded, later blocks are dropped and every reader
 * stops.
 */
class HeldTails {
  readonly #wanted: ReadonlySet<StringColumn>;
  readonly #visitor: TailVisitor | null;
  #isOverBudget = false;
  #events = 0;
  #sizeBytes = 0;

  constructor(wanted: ReadonlySet<StringColumn>, visitor: TailVisitor | null) {
    this.#wanted = wanted;
    this.#visitor = visitor;
  }

  get isOverBudget(): boolean {
    return this.#isOverBudget;
  }

  /** The text columns that are read of a block. */
  get columns(): ReadonlySet<StringColumn> {
    return new Set([...this.#wanted, ...(this.#visitor?.columns ?? [])]);
  }

  /** Releases the blocks that an earlier reading has left in `own`; returns the holder of the blocks of the next. */
  begin(own: ScanTail[]): (tail: ScanTail) => void {
    for (const tail of own) this.#count(tail, -1);
    own.length = 0;
    return (tail) => this.#hold(own, tail);
  }

  #hold(own: ScanTail[], read: ScanTail): void {
    if (this.#isOverBudget) return;
    this.#visitor?.visit(read.columns);
    const tail = this.#visitor === null ? read : { ...read, columns: only(read.columns, this.#wanted) };
    this.#count(tail, 1);
    if (this.#events > LIMITS.queryTailEventsMax || this.#sizeBytes > LIMITS.queryTailSizeBytesMax) {
      this.#isOverBudget = true;
    } else own.push(tail);
  }

  #count({ columns }: ScanTail, sign: 1 | -1): void {
    this.#events += sign * columns.rowCount;
    this.#sizeBytes += sign * sizeBytesOf(columns);
  }
}

function only(columns: EventColumns, wanted: ReadonlySet<StringColumn>): EventColumns {
  const kept = Object.entries(columns.strings).filter(([column]) => wanted.has(column as StringColumn));
  return { ...columns, strings: Object.fromEntries(kept) };
}

/** Times and hashes of an event; each text column adds a reference and the text. */
const EVENT_SIZE_BYTES = 33;

function sizeBytesOf({ rowCount, strings }: EventColumns): number {
  let sizeBytes = rowCount * EVENT_SIZE_BYTES;
  for (const texts of Object.values(strings)) {
    for (const text of texts) sizeBytes += 8 + (text?.length ?? 0);
  }
  return sizeBytes;
}

interface TailReading {
  readonly wanted: ReadonlySet<StringColumn>;
  /** Called before each reading from the start; returns the visitor of its blocks. Empty blocks are left out. */
  readonly begin: () => (tail: ScanTail) => void;
  /** Asked before each further page; true ends the reading. Default: never. */
  readonly isEnough?: () => boolean;
  /** Default: all blocks. */
  readonly only?: 'links';
}

/** A flush may be stored and dropped between two pages; the tail is then read again, up to this many times. */
const TAIL_READS_MAX = 4;

async function readTail(shard: AskedShard, address: ShardAddress, reading: TailReading): Promise<ShardState> {
  for (let attempt = 1; attempt <= TAIL_READS_MAX; attempt++) {
    const state = await readTailOnce(shard, address, reading);
    if (state !== 'gone') return state;
  }
  throw new Error(`the tail of ${shardName(address)} was stored away ${TAIL_READS_MAX} times while it was read`);
}

async function readTailOnce(
  shard: AskedShard,
  address: ShardAddress,
  { wanted, begin, isEnough = () => false, only }: TailReading,
): Promise<ShardState | 'gone'> {
  const visit = begin();
  const first = await shard.readTail({ address, ...(only && { only }) });
  if (first.status === 'gone') return 'gone';
  const { incarnation, storedSeq, watermarkMs } = first;
  let tailEvents = 0;
  for (let page = first; ; ) {
    for (const block of page.blocks) {
      const tail = tailOf(block, incarnation, wanted);
      tailEvents += tail.columns.rowCount;
      if (tail.columns.rowCount > 0) visit(tail);
    }
    if (page.nextSeq === null || isEnough()) break;
    const next = await shard.readTail({ address, seqFrom: page.nextSeq, ...(only && { only }) });
    if (next.status === 'gone' || next.incarnation !== incarnation) return 'gone';
    page = next;
  }
  return { incarnation, storedSeq, watermarkMs, tailEvents };
}

function tailOf(logged: LoggedBlock, incarnation: string, wanted: ReadonlySet<StringColumn>): ScanTail {
  const block: EventBlock = openBlock(logged.block);
  return { columns: blockColumns(block, logged.dispositions, wanted), incarnation, seqFrom: logged.seq };
}
