/**
 * Verdict: the outcome of each event of a request: accepted, duplicate, quarantined, or rejected for good.
 *
 * Invariant: received = accepted + duplicate + quarantined + rejected (CORRECTNESS, accounts). A verdict is told only when
 * everything that was accepted is durable; a request that must be sent again has no verdict.
 */
import { isAccepted } from '../../core/block/disposition.ts';
import type { EventNote, ToldNote } from '../../core/event/note.ts';
import type { EventRejection } from '../../core/event/rejection.ts';
import { assert } from '../../core/std/result.ts';
import type { VerdictDocument } from '../../wire/ingest.ts';

export interface RejectedEvent extends EventRejection {
  readonly index: number;
  readonly id: string | null;
}

/** An id that was made for an event that came without one. */
export interface MadeId {
  readonly index: number;
  readonly id: string;
}

/** The shards' decisions about the events that were appended. */
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

/** What the edge tells of the events of a request, whatever the shards say. */
export interface Told {
  readonly rejected: readonly RejectedEvent[];
  readonly madeIds: readonly MadeId[];
  readonly notes: readonly ToldNote[];
  readonly noted: number;
}

/** `commonNotes`: the notes on the context of the request. */
export function verdictOf(
  received: number,
  { accepted, duplicate }: AppendedCounts,
  { rejected, madeIds, notes, noted }: Told,
  commonNotes: readonly EventNote[],
): VerdictDocument {
  const common = commonNotes.map((note) => ({ index: null, id: null, ...note }));
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
    ...(common.length + noted > 0 && { notes: [...common, ...notes], noted }),
  };
}
