/**
 * Alias: the event that says that a person gives up an id, `previousId`, for another one.
 *
 * Links are made of the id in the stored properties. So it is put there as a text, and a junk id is left out: it would
 * link everybody who sends it. `previousId` in the properties wins over the field.
 */
import { isObject } from '../std/object.ts';
import type { Wire } from './event-fields.ts';
import { isSafeNumber } from './json-bounds.ts';
import type { JunkIds } from './junk-id.ts';

export interface Alias {
  readonly wire: Wire;
  /** Place of the junk id that was left out; null when there was none. */
  readonly junkPath: string | null;
  /** Null when there is none, or one of another kind. */
  readonly previousId: string | null;
}

/** The alias with its previous id as a text, or without it when it is junk. An id of another kind is left as it is. */
export function readAlias(wire: Wire, junkIds: JunkIds): Alias {
  const { properties } = wire;
  const bag = isObject(properties) && Object.hasOwn(properties, 'previousId') ? properties : null;
  const sent = (bag ?? wire).previousId;
  const id = typeof sent === 'number' && isSafeNumber(sent) ? String(sent) : sent;
  if (typeof id !== 'string' || id === '') return { wire, junkPath: null, previousId: null };
  const isJunk = junkIds.has(id);
  if (!isJunk && id === sent) return { wire, junkPath: null, previousId: id };
  const junkPath = isJunk ? (bag === null ? '/previousId' : '/properties/previousId') : null;
  const previousId = isJunk ? null : id;
  if (bag === null) return { wire: { ...wire, previousId }, junkPath, previousId };
  return {
    wire: { ...wire, previousId: null, properties: isJunk ? without(bag) : { ...bag, previousId } },
    junkPath,
    previousId,
  };
}

function without({ previousId: _junk, ...others }: Wire): Wire {
  return others;
}
