/**
 * Link events: of the shards' tails the events that say who is who, and of those only what says it. Nothing else of a tail
 * is held for it, however long it is.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { isLinkEvent, LINK_COLUMNS } from '../../core/people/find-links.ts';
import type { ShardOf } from '../../core/shard/rpc.ts';
import type { ShardAddress } from '../../core/shard/shard-map.ts';
import { selectRows } from '../../lake/segment/columns.ts';
import { type ShardState, visitTails } from './shards.ts';

export interface LinkReading {
  readonly links: readonly EventColumns[];
  /** Null where a shard did not answer: there may be links that are not known. */
  readonly states: readonly (ShardState | null)[];
}

export async function readLinkEvents(shardOf: ShardOf, addresses: readonly ShardAddress[]): Promise<LinkReading> {
  const links: EventColumns[] = [];
  const states = await visitTails(shardOf, addresses, new Set(LINK_COLUMNS), ({ columns }) => {
    const found = linkEvents(columns);
    if (found !== null) links.push(found);
  });
  return { links, states };
}

/** Those of a batch that has LINK_COLUMNS; null: it has none. The traits of an identify event are left out. */
export function linkEvents(columns: EventColumns): EventColumns | null {
  const types = columns.strings.type!;
  const rows: number[] = [];
  for (let row = 0; row < columns.rowCount; row++) if (isLinkEvent(types[row]!)) rows.push(row);
  if (rows.length === 0) return null;
  const { strings, ...found } = selectRows(columns, Uint32Array.from(rows));
  const { type } = strings;
  const properties = strings.properties!.map((text, row) => (type![row] === 'alias' ? text : null));
  return { ...found, strings: { type: type!, properties } };
}
