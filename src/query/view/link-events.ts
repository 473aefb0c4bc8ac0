/**
 * Link events: the events of the shards' tails that link ids, reduced to the columns that say so. Nothing else of a tail is
 * held, however long the tail is.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { isLinkEvent, LINK_COLUMNS } from '../../core/people/find-links.ts';
import { selectRows } from '../../lake/segment/columns.ts';
import type { AskedShards, ShardState } from './shards.ts';
import { type TailVisitor, visitLinks } from './tails.ts';

export interface LinkReading {
  readonly links: readonly EventColumns[];
  /** null where a shard did not reply: it may hold links that are not known. */
  readonly states: readonly (ShardState | null)[];
}

export async function readLinkEvents(asking: AskedShards): Promise<LinkReading> {
  const links: EventColumns[] = [];
  const { columns: wanted, visit } = linkVisitor(links);
  const states = await visitLinks(asking, new Set(wanted), ({ columns }) => visit(columns));
  return { links, states };
}

/** Collects the link events of the blocks it sees. */
export function linkVisitor(links: EventColumns[]): TailVisitor {
  return {
    columns: LINK_COLUMNS,
    visit: (block) => {
      const found = linkEvents(block);
      if (found !== null) links.push(found);
    },
  };
}

/** The link events of a batch that has LINK_COLUMNS; null when there are none. The traits of identify events are left out. */
function linkEvents(columns: EventColumns): EventColumns | null {
  const types = columns.strings.type!;
  const rows: number[] = [];
  for (let row = 0; row < columns.rowCount; row++) if (isLinkEvent(types[row]!)) rows.push(row);
  if (rows.length === 0) return null;
  const { strings, ...found } = selectRows(columns, Uint32Array.from(rows));
  const { type, sender } = strings;
  const properties = strings.properties!.map((text, row) => (type![row] === 'alias' ? text : null));
  return { ...found, strings: { type: type!, ...(sender && { sender }), properties } };
}
