/**
 * Verdict: what became of each event of a request: accepted, duplicate, quarantined, or rejected for good.
 *
 * Invariant: received = accepted + duplicate + quarantined + rejected (CORRECTNESS, accounts). Told only when everything
 * that was accepted is durable; a request that must be sent again has no verdict.
 */
import { z } from 'zod';
import { isAccepted } from '../../core/block/disposition.ts';
import { EVENT_REJECTION_CODES, type EventRejection } from '../../core/event/rejection.ts';
import { assert } from '../../core/std/result.ts';

const indexSchema = z.int().nonnegative().describe('Position in the request, from 0');

export const verdictSchema = z.object({
  received: z.int().nonnegative(),
  accepted: z.int().nonnegative().describe('Durable, and in the very next answer'),
  duplicate: z.int().nonnegative().describe('Their ids had been accepted before'),
  quarantined: z.int().nonnegative(),
  rejected: z.int().nonnegative().describe('Refused for good: sending them again changes nothing'),
  errors: z.array(
    z.object({
      index: indexSchema,
      id: z.string().nullable().describe("The event's own id, where it could be read"),
      code: z.enum(EVENT_REJECTION_CODES),
      path: z.string().describe('JSON pointer into the event'),
      message: z.string(),
    }),
  ),
  ids: z
    .array(z.object({ index: indexSchema, id: z.string() }))
    .optional()
    .describe('Ids made for events that came without one: a resend of those would be counted again'),
});
export type VerdictDocument = z.infer<typeof verdictSchema>;

export interface RejectedEvent extends EventRejection {
  readonly index: number;
  readonly id: string | null;
}

/** What the shards decided of the events that were appended. */
export interface AppendedCounts {
  readonly accepted: number;
  readonly duplicate: number;
}

export function countDispositions(dispositions: Iterable<Uint8Array>): AppendedCounts {
  let accepted = 0;
  let duplicate = 0;
  for (const bytes of dispositions) {
    for (const disposition of bytes) {
      if (isAccepted(disposition)) accepted++;
      else duplicate++;
    }
  }
  return { accepted, duplicate };
}

export function verdictOf(
  received: number,
  { accepted, duplicate }: AppendedCounts,
  rejected: readonly RejectedEvent[],
  madeIds: readonly { readonly index: number; readonly id: string }[],
): VerdictDocument {
  const sum = accepted + duplicate + rejected.length;
  assert(received === sum, `${received} events were received, ${sum} have a verdict`);
  return {
    received,
    accepted,
    duplicate,
    quarantined: 0,
    rejected: rejected.length,
    errors: [...rejected],
    ...(madeIds.length > 0 && { ids: [...madeIds] }),
  };
}
