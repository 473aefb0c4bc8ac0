/**
 * Shards of a question: which there are, and what each answers for: everything it has not stored yet (CORRECTNESS A4).
 *
 * They are always asked before D1 is read. A shard that does not answer is left out and said to be; the answer is then
 * incomplete, never silently short. The directory is not optional: without it nobody knows what would be missing.
 */
import { blockColumns, type EventBlock, openBlock } from '../../core/block/block.ts';
import type { EventColumns } from '../../core/event/columns.ts';
import type { StringColumn } from '../../core/event/event.ts';
import { LIMITS } from '../../core/limits.ts';
import type { DirectoryOf, LiveReply, LiveRequest, LoggedBlock, ShardOf, ShardRpc } from '../../core/shard/rpc.ts';
import { type ShardAddress, shardName } from '../../core/shard/shard-map.ts';
import { unavailable } from '../../http/problem.ts';
import type { ScanTail } from '../../lake/scan/scan.ts';

/** What is known of one shard at the moment it was asked; null: it did not answer. */
export interface ShardState {
  readonly incarnation: string;
  /** Everything below is stored: D1 and the lake answer for it, the shard from there on. */
  readonly storedSeq: number;
  readonly watermarkMs: number | null;
  /** Events it holds that are not stored. */
  readonly tailEvents: number;
}

/** The addresses of the tenant's shards, each once. Throws 503 `directory-unavailable`. */
export async function listShards(directoryOf: DirectoryOf, uid: string): Promise<ShardAddress[]> {
  try {
    const registered = await retried(() => directoryOf(uid).list());
    const addresses = registered.map(({ region, index }): ShardAddress => ({ uid, region, index }));
    return [...new Map(addresses.map((address) => [shardName(address), address])).values()];
  } catch (cause) {
    throw unavailable('directory-unavailable', 'The list of shards could not be read; ask again.', cause);
  }
}

/** The live reply of each shard; null where there is none. */
export function askLive(
  shardOf: ShardOf,
  addresses: readonly ShardAddress[],
  request: Omit<LiveRequest, 'address'>,
): Promise<(LiveReply | null)[]> {
  return Promise.all(
    addresses.map((address) => asked(address, shardOf, (shard) => shard.live({ ...request, address }))),
  );
}

export interface ShardTail extends ShardState {
  readonly tails: readonly ScanTail[];
}

/** Sees each block of a tail when it is read, with `columns` beside those that are kept of it. */
export interface TailVisitor {
  readonly columns: readonly StringColumn[];
  readonly visit: (columns: EventColumns) => void;
}

/**
 * The events each shard has not stored; null where it did not answer. They are held together, so that there is a most of
 * them: when the sinks are that far behind, it throws 503 `query-tail-too-long`.
 */
export async function readTails(
  shardOf: ShardOf,
  addresses: readonly ShardAddress[],
  wanted: ReadonlySet<StringColumn>,
  visitor: TailVisitor | null = null,
): Promise<(ShardTail | null)[]> {
  const held = new HeldTails(wanted, visitor);
  const tails = await Promise.all(
    addresses.map((address) => {
      const own: ScanTail[] = [];
      return asked(address, shardOf, (shard) => readTail(shard, address, own, held));
    }),
  );
  if (!held.isTooMuch) return tails;
  const message = 'The shards hold more events that are not stored yet than a question takes: ask again in a minute.';
  throw unavailable('query-tail-too-long', message, undefined, 10);
}

/**
 * Shows each shard's tail block by block, so that none of it is held. A block may be shown again: the visitor goes by ids.
 * Null where a shard did not answer to the end.
 */
export function visitTails(
  shardOf: ShardOf,
  addresses: readonly ShardAddress[],
  wanted: ReadonlySet<StringColumn>,
  visit: (tail: ScanTail) => void,
): Promise<(ShardState | null)[]> {
  return Promise.all(
    addresses.map((address) => asked(address, shardOf, (shard) => visitTail(shard, address, wanted, () => visit))),
  );
}

/** What is held of all tails together. Once it would be too much nothing is added any more, and nobody reads on. */
class HeldTails {
  readonly #wanted: ReadonlySet<StringColumn>;
  readonly #visitor: TailVisitor | null;
  #isTooMuch = false;
  #events = 0;
  #sizeBytes = 0;

  constructor(wanted: ReadonlySet<StringColumn>, visitor: TailVisitor | null) {
    this.#wanted = wanted;
    this.#visitor = visitor;
  }

  get isTooMuch(): boolean {
    return this.#isTooMuch;
  }

  /** What is read of a block. */
  get columns(): ReadonlySet<StringColumn> {
    return new Set([...this.#wanted, ...(this.#visitor?.columns ?? [])]);
  }

  add(tails: ScanTail[], read: ScanTail): void {
    if (this.#isTooMuch) return;
    this.#visitor?.visit(read.columns);
    const tail = this.#visitor === null ? read : { ...read, columns: only(read.columns, this.#wanted) };
    this.#count(tail, 1);
    if (this.#events > LIMITS.queryTailEventsMax || this.#sizeBytes > LIMITS.queryTailSizeBytesMax) {
      this.#isTooMuch = true;
    } else tails.push(tail);
  }

  release(tails: ScanTail[]): void {
    for (const tail of tails) this.#count(tail, -1);
    tails.length = 0;
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

/** Times and hashes of an event; beside them a place and the text in each column. */
const EVENT_SIZE_BYTES = 33;

function sizeBytesOf({ rowCount, strings }: EventColumns): number {
  let sizeBytes = rowCount * EVENT_SIZE_BYTES;
  for (const texts of Object.values(strings)) {
    for (const text of texts) sizeBytes += 8 + (text?.length ?? 0);
  }
  return sizeBytes;
}

/** `own`: the tails of this shard; what another attempt left there is let go. */
async function readTail(shard: ShardRpc, address: ShardAddress, own: ScanTail[], held: HeldTails): Promise<ShardTail> {
  const begin = () => {
    held.release(own);
    return (tail: ScanTail) => held.add(own, tail);
  };
  const state = await visitTail(shard, address, held.columns, begin, () => held.isTooMuch);
  return { ...state, tails: own };
}

/** A flush may be stored and dropped between two pages: then all is read again, at most so often. */
const TAIL_READS_MAX = 4;

/**
 * `begin` is called before each reading and says who sees its blocks; empty ones are left out. `isEnough`: asked before each
 * further page.
 */
async function visitTail(
  shard: ShardRpc,
  address: ShardAddress,
  wanted: ReadonlySet<StringColumn>,
  begin: () => (tail: ScanTail) => void,
  isEnough = () => false,
): Promise<ShardState> {
  for (let reading = 1; reading <= TAIL_READS_MAX; reading++) {
    const state = await visitTailOnce(shard, address, wanted, begin(), isEnough);
    if (state !== 'gone') return state;
  }
  throw new Error(`the tail of ${shardName(address)} was stored away ${TAIL_READS_MAX} times while it was read`);
}

async function visitTailOnce(
  shard: ShardRpc,
  address: ShardAddress,
  wanted: ReadonlySet<StringColumn>,
  visit: (tail: ScanTail) => void,
  isEnough: () => boolean,
): Promise<ShardState | 'gone'> {
  const first = await shard.readTail({ address });
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
    const next = await shard.readTail({ address, seqFrom: page.nextSeq });
    if (next.status === 'gone' || next.incarnation !== incarnation) return 'gone';
    page = next;
  }
  return { incarnation, storedSeq, watermarkMs, tailEvents };
}

function tailOf(logged: LoggedBlock, incarnation: string, wanted: ReadonlySet<StringColumn>): ScanTail {
  const block: EventBlock = openBlock(logged.block);
  return { columns: blockColumns(block, logged.dispositions, wanted), incarnation, seqFrom: logged.seq };
}

async function asked<T>(
  address: ShardAddress,
  shardOf: ShardOf,
  ask: (shard: ShardRpc) => Promise<T>,
): Promise<T | null> {
  try {
    return await retried(() => ask(shardOf(address)));
  } catch (error) {
    console.warn(`Shard ${shardName(address)} did not answer`, error);
    return null;
  }
}

/** Once more after a broken connection, on a new stub; never at once after an overload. */
async function retried<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if ((error as { overloaded?: boolean }).overloaded) throw error;
    return call();
  }
}
