/** Cursor: the place in a list at which the next page begins, as text for a client: JSON in URL-safe base64 without padding. */
import type { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import { fromBase64, toBase64 } from '../../lake/std/base64.ts';

export function encodeCursor(place: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(place));
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The place as its schema reads it. Throws 400 `cursor-invalid` for a text that `encodeCursor` did not make of such a place. */
export function mustDecodeCursor<S extends z.ZodType>(cursor: string, schema: S): z.output<S> {
  try {
    const bytes = fromBase64(cursor.replaceAll('-', '+').replaceAll('_', '/'));
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const detail = '`cursor` was not issued by this endpoint. Start again without it.';
    throw new Problem(400, 'cursor-invalid', detail, { cause });
  }
}
