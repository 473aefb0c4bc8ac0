/** Cursor: the place in a list at which the next page begins, as text for a client: JSON in URL-safe base64. */
import { Buffer } from 'node:buffer';
import type { z } from 'zod';
import { Problem } from '../../http/problem.ts';

export function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place as its schema reads it. Throws 400 `cursor-invalid` for a text that `encodeCursor` did not make of such a place. */
export function mustDecodeCursor<S extends z.ZodType>(cursor: string, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    const detail = '`cursor` was not issued by this endpoint. Start again without it.';
    throw new Problem(400, 'cursor-invalid', detail, { cause });
  }
}
