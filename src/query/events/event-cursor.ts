/** Event cursor: the place in the order of events at which the next page begins, as text for a client. */
import { z } from 'zod';
import { encodeCursor, mustDecodeCursor } from '../view/cursor.ts';
import type { EventPlace } from './newest.ts';

const placeSchema = z.tuple([z.number(), z.string(), z.string().regex(/^-?\d{1,20}$/)]);

export function cursorOf({ atMs, id, keyHash }: EventPlace): string {
  return encodeCursor([atMs, id, String(keyHash)]);
}

/** Throws 400 `cursor-invalid` for a text that `cursorOf` did not make. */
export function mustPlace(cursor: string): EventPlace {
  const [atMs, id, keyHash] = mustDecodeCursor(cursor, placeSchema);
  return { atMs, id, keyHash: BigInt(keyHash) };
}
