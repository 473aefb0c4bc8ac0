/** Event cursor: the place in the order of events at which the next page begins, as text for a client. */
import { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import { fromBase64, toBase64 } from '../../lake/std/base64.ts';
import type { EventPlace } from './newest.ts';

const placeSchema = z.tuple([z.number(), z.string(), z.string().regex(/^-?\d{1,20}$/)]);

/** URL-safe base64 without padding. */
export function cursorOf({ atMs, id, keyHash }: EventPlace): string {
  const bytes = new TextEncoder().encode(JSON.stringify([atMs, id, String(keyHash)]));
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Throws 400 `cursor-invalid` for a text that `cursorOf` did not make. */
export function mustPlace(cursor: string): EventPlace {
  try {
    const bytes = fromBase64(cursor.replaceAll('-', '+').replaceAll('_', '/'));
    const [atMs, id, keyHash] = placeSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { atMs, id, keyHash: BigInt(keyHash) };
  } catch (cause) {
    throw new Problem(400, 'cursor-invalid', '`cursor` was not issued by this endpoint. Start again without it.', {
      cause,
    });
  }
}
