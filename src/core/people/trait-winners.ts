/**
 * Trait winners: the few of many identify and group events that give the same traits as all of them.
 *
 * A trait is a maximum over events (traits.ts). The winners of a person or group are the events that are the latest for
 * some trait of that id. Links are not applied: when ids are linked later, the latest event of the person they make is
 * among the winners of those ids.
 */
import type { EventColumns } from '../event/columns.ts';
import type { JsonObject } from '../event/event.ts';
import { compareLatest, type Latest, traitTimesOf } from './latest-column.ts';
import { traitGifts } from './trait-operations.ts';

interface Winner extends Latest {
  readonly row: number;
}

/** Returns the rows of the winners, ascending. The batch has type, properties, group_id, id, sender, person and both times. */
export function traitWinners({ rowCount, at, receivedAt, person, strings }: EventColumns): Uint32Array {
  const owners = new Map<string, Map<string, Winner>>();
  for (let row = 0; row < rowCount; row++) {
    const owner = ownerOf(strings.type?.[row], person[row]!, strings.group_id?.[row]);
    const properties = strings.properties?.[row];
    if (owner === null || properties == null) continue;
    const traits = owners.get(owner) ?? new Map<string, Winner>();
    owners.set(owner, traits);
    const { set, once } = traitGifts(JSON.parse(properties) as JsonObject);
    for (const gifts of [set, once]) {
      if (gifts.length === 0) continue;
      const times = traitTimesOf(at[row]!, receivedAt[row]!, strings.sender?.[row], gifts === once);
      for (const [name, value] of gifts) {
        const known = traits.get(name);
        const winner = { ...times, value, row };
        if (known === undefined || precedence(winner, known, strings.id) > 0) traits.set(name, winner);
      }
    }
  }
  const rows = new Set([...owners.values()].flatMap((traits) => [...traits.values()].map(({ row }) => row)));
  return Uint32Array.from(rows).sort();
}

/** Returns the person or group whose traits the event sets; null when it sets none. */
function ownerOf(type: string | null | undefined, person: bigint, groupId: string | null | undefined): string | null {
  if (type === 'identify' && person !== 0n) return `person ${person}`;
  return type === 'group' && groupId != null ? `group ${groupId}` : null;
}

/**
 * Compares two winners. Of two with the same value at the same time the one with the lesser id is kept, so that every
 * run keeps the same.
 */
function precedence(a: Winner, b: Winner, ids: readonly (string | null)[] | undefined): number {
  const order = compareLatest(a, b);
  if (order !== 0) return order;
  return (ids?.[a.row] ?? '') < (ids?.[b.row] ?? '') ? 1 : -1;
}
