/**
 * Pull: reads the oldest unconfirmed flush of a shard, page by page, and turns its blocks into columns.
 */
import { blockColumns, openBlock } from '../core/block/block.ts';
import type { EventColumns } from '../core/event/columns.ts';
import type { FlushPart, LoggedBlock, ReadFlushReply, ShardRpc } from '../core/shard/rpc.ts';
import type { ShardAddress } from '../core/shard/shard-map.ts';
import { assert } from '../core/std/result.ts';
import { concatColumns } from '../lake/segment/columns.ts';
import { pause } from '../lake/std/pause.ts';

export type Page = Extract<ReadFlushReply, { status: 'ok' }>;

/** One whole flush: its shard, its events by column, its parts, its accounts. */
export interface PulledFlush
  extends Pick<Page, 'flush' | 'checksum' | 'tally' | 'corrections' | 'rollupIds' | 'parts'> {
  readonly address: ShardAddress;
  readonly columns: EventColumns;
}

/** The first page of the shard's oldest unconfirmed flush; null when everything is stored. */
export async function firstPage(shard: ShardRpc, address: ShardAddress): Promise<Page | null> {
  const reply = await shard.readFlush({ address, partFrom: 0 });
  return reply.status === 'ok' ? reply : null;
}

/** The whole flush that `first` begins; 'gone' when another consumer stored it while it was being read. */
export async function pullFlush(shard: ShardRpc, address: ShardAddress, first: Page): Promise<PulledFlush | 'gone'> {
  const { flush, checksum, tally, corrections, rollupIds } = first;
  const parts: FlushPart[] = [];
  const blocks: EventColumns[] = [];
  for (let page = first; ; ) {
    await pause();
    parts.push(...page.parts);
    blocks.push(...page.blocks.map(toColumns));
    const { nextSeq, nextPart: partFrom } = page;
    if (nextSeq === null && partFrom === undefined) break;
    const from = { seqFrom: nextSeq ?? flush.seqTo, ...(partFrom !== undefined && { partFrom }) };
    const next = await shard.readFlush({ address, flush, ...from });
    if (next.status !== 'ok') return 'gone';
    page = next;
  }
  const columns = concatColumns(blocks);
  assert(
    columns.rowCount === tally.accepted,
    `flush ${flush.seqFrom}-${flush.seqTo} has ${columns.rowCount} events, its account says ${tally.accepted}`,
  );
  return { address, flush, checksum, tally, corrections, rollupIds, parts, columns };
}

function toColumns(logged: LoggedBlock): EventColumns {
  return blockColumns(openBlock(logged.block), logged.dispositions);
}
