/**
 * Trait winners: of many identify and group events those few from which traits come out the same as from all.
 *
 * A trait is a maximum over events (traits.ts). Of each person and group, by their own id and not by who they are linked with,
 * the events that are the latest for some trait are kept: the maximum over people who are linked later is one of theirs.
 */
import type { EventColumns } from '../event/columns.ts';
import type { JsonObject } from '../event/event.ts';
import { compareLatest, type Latest } from './traits.ts';

interface Winner extends Latest {
  readonly row: number;
}

/** Rows in ascending order. The batch has type, properties, group_id, id, person and both times. */
export function traitWinners({ rowCount, at, receivedAt, person, strings }: EventColumns): Uint32Array {
  const owners = new Map<string, Map<string, Winner>>();
  for (let row = 0; row < rowCount; row++) {
    const owner = ownerOf(strings.type?.[row], person[row]!, strings.group_id?.[row]);
    const properties = strings.properties?.[row];
    if (owner === null || properties == null) continue;
    const traits = owners.get(owner) ?? new Map<string, Winner>();
    owners.set(owner, traits);
    for (const [name, value] of Object.entries(JSON.parse(properties) as JsonObject)) {
      const winner = { atMs: at[row]!, receivedAtMs: receivedAt[row]!, value, row };
      const known = traits.get(name);
      if (known === undefined || precedence(winner, known, strings.id) > 0) traits.set(name, winner);
    }
  }
  const rows = new Set([...owners.values()].flatMap((traits) => [...traits.values()].map(({ row }) => row)));
  return Uint32Array.from(rows).sort();
}

/** Null: the event says nothing of anybody. */
function ownerOf(type: string | null | undefined, person: bigint, groupId: string | null | undefined): string | null {
  if (type === 'identify' && person !== 0n) return `person ${person}`;
  return type === 'group' && groupId != null ? `group ${groupId}` : null;
}

/** Of two that say the same at the same time, the one with the lesser id: whoever looks finds the same. */
function precedence(a: Winner, b: Winner, ids: readonly (string | null)[] | undefined): number {
  const order = compareLatest(a, b);
  if (order !== 0) return order;
  return (ids?.[a.row] ?? '') < (ids?.[b.row] ?? '') ? 1 : -1;
}
