/**
 * Pull: reads the oldest unconfirmed flush of a shard, page by page, and turns its blocks into columns.
 */
import { blockColumns, openBlock } from '../core/block.ts';
import type { EventColumns } from '../core/columns.ts';
import type { FlushRef, LoggedBlock, ReadFlushReply, ShardRpc } from '../core/rpc.ts';
import type { ShardAddress } from '../core/shard-map.ts';
import { concatColumns } from '../lake/columns.ts';
import { pause } from '../lake/pause.ts';

type FirstPage = Extract<ReadFlushReply, { status: 'ok' }>;

/** One flush, whole: its events by column, its parts, its accounts. */
export interface PulledFlush
  extends Pick<FirstPage, 'flush' | 'checksum' | 'tally' | 'corrections' | 'rollupIds' | 'parts'> {
  readonly columns: EventColumns;
}

/**
 * The shard's oldest unconfirmed flush; 'none' when everything is stored, 'gone' when another consumer stored this one
 * while it was being read.
 */
export async function pullFlush(shard: ShardRpc, address: ShardAddress): Promise<PulledFlush | 'none' | 'gone'> {
  const first = await shard.readFlush({ address });
  if (first.status === 'stored') return 'none';
  if (first.status === 'gone') return 'gone';
  await pause();
  const columns = first.blocks.map(toColumns);
  for (let nextSeq = first.nextSeq; nextSeq !== null; ) {
    const page = await readPage(shard, address, first.flush, nextSeq);
    if (page === null) return 'gone';
    await pause();
    columns.push(...page.blocks.map(toColumns));
    nextSeq = page.nextSeq;
  }
  const { flush, checksum, tally, corrections, rollupIds, parts } = first;
  return { flush, checksum, tally, corrections, rollupIds, parts, columns: concatColumns(columns) };
}

async function readPage(
  shard: ShardRpc,
  address: ShardAddress,
  flush: FlushRef,
  seqFrom: number,
): Promise<FirstPage | null> {
  const page = await shard.readFlush({ address, flush, seqFrom });
  return page.status === 'ok' ? page : null;
}

function toColumns(logged: LoggedBlock): EventColumns {
  return blockColumns(openBlock(logged.block), logged.dispositions);
}
