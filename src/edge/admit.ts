/**
 * Admit: takes the events of a request or of a chunk through the steps, and returns those that may be stored, and why the
 * others may not.
 *
 * The only loop over events of stage 1. A rejection is told in the sender's names: its path points into the event as it
 * was sent.
 */
import type { UnlistedRejections } from '../core/event/import.ts';
import { isSafeNumber } from '../core/event/json-bounds.ts';
import type { EventNote, ToldNote } from '../core/event/note.ts';
import type { EventRejection, EventRejectionCode } from '../core/event/rejection.ts';
import type { Arrival } from '../core/event/validate.ts';
import { LIMITS } from '../core/limits.ts';
import { type EventList, type EventMapping, SAME_NAMES, UnreadableEvent } from './protocols/protocol.ts';
import type { MadeId, RejectedEvent } from './request/verdict.ts';
import { eventSteps } from './steps/event-steps.ts';
import { Refused, type RoutableEvent, type StepContext } from './steps/step.ts';

export interface Admission {
  readonly events: readonly RoutableEvent[];
  /** The first rejections, at most `errorsMax` of them. */
  readonly rejected: readonly RejectedEvent[];
  /** The other rejections, by code. */
  readonly unlisted: readonly UnlistedRejections[];
  readonly madeIds: readonly MadeId[];
  /** At most `notesMax` of them. */
  readonly notes: readonly ToldNote[];
  /** Number of events that have notes. */
  readonly noted: number;
}

export interface AdmitOptions extends Omit<StepContext, 'madeIds' | 'notes' | 'exact'> {
  /** Rejections that are told. Default: all. */
  readonly errorsMax?: number;
  /** Notes that are told. Default: `LIMITS.verdictNotesMax`. */
  readonly notesMax?: number;
}

export function admit(list: EventList, options: AdmitOptions): Admission {
  const { events: sentEvents, mapping = SAME_NAMES, exactEvent } = list;
  const { arrival, size, errorsMax = Number.POSITIVE_INFINITY, notesMax = LIMITS.verdictNotesMax } = options;
  const events: RoutableEvent[] = [];
  const rejected: RejectedEvent[] = [];
  const unlisted = new Map<EventRejectionCode, number[]>();
  const madeIds: MadeId[] = [];
  const told: ToldNote[] = [];
  let noted = 0;
  const notes: EventNote[] = [];
  const exact = (index: number) => exactEvent && mapping.toWireEvent(exactEvent(index));
  const { run } = eventSteps({ ...options, madeIds, notes, exact });
  let index = 0;
  for (const sent of sentEvents) {
    const event = sent instanceof UnreadableEvent ? sent : mapping.toWireEvent(sent);
    const passed = event instanceof UnreadableEvent ? new Refused(event.rejection) : run(event, index);
    if (!(passed instanceof Refused)) {
      events.push(passed);
      if (notes.length > 0) {
        noted++;
        const { id } = passed.record.strings;
        const left = notesMax - told.length;
        told.push(...notes.slice(0, left).map((note) => ({ index, id, ...inSentNames(note, sent, mapping) })));
      }
    } else {
      size.add(laidOverBytes(event, arrival));
      if (rejected.length < errorsMax) {
        rejected.push({ index, id: readableId(event), ...rejectionOf(passed, event, sent, mapping) });
      } else noteUnlisted(unlisted, passed.rejection.code, index);
    }
    if (notes.length > 0) notes.length = 0;
    index++;
  }
  const others = [...unlisted].map(([code, indexes]) => ({ code, indexes }));
  return { events, rejected, unlisted: others, madeIds, notes: told, noted };
}

function noteUnlisted(unlisted: Map<EventRejectionCode, number[]>, code: EventRejectionCode, index: number): void {
  const indexes = unlisted.get(code);
  if (indexes === undefined) unlisted.set(code, [index]);
  else indexes.push(index);
}

/** The rejection in the sender's names, in which a mapping tells one of its own. */
function rejectionOf({ rejection }: Refused, event: unknown, sent: unknown, mapping: EventMapping): EventRejection {
  return event instanceof UnreadableEvent ? rejection : inSentNames(rejection, sent, mapping);
}

/** The rejection, or the note, with its path as the sender would say it. */
function inSentNames<T extends EventRejection | EventNote>(told: T, sent: unknown, mapping: EventMapping): T {
  return { ...told, path: mapping.pathOf(told.path, sent) };
}

/** The size of the common context laid under a rejected event's own: it costs as much as for an event that is taken. */
function laidOverBytes(event: unknown, { context }: Arrival): number {
  const hasOwn = context !== undefined && (event as { readonly context?: unknown } | null)?.context != null;
  return hasOwn ? (context.sizeBytes ?? 0) : 0;
}

/** The id of a rejected event; null when it has none that can be shown. */
function readableId(event: unknown): string | null {
  const id = (event as { readonly id?: unknown } | null)?.id;
  if (typeof id === 'number' && isSafeNumber(id)) return String(id);
  return typeof id === 'string' && id.length <= LIMITS.idLengthMax ? id : null;
}
