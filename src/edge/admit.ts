/**
 * Admit: takes the events of a request or of a chunk through the steps, and returns those that may be stored, and why the
 * others may not.
 *
 * The only loop over events of stage 1. A rejection is told in the sender's names: its path points into the event as it
 * was sent.
 */
import type { EventRejection } from '../core/event/rejection.ts';
import type { Arrival } from '../core/event/validate.ts';
import { LIMITS } from '../core/limits.ts';
import { type EventList, type EventMapping, UnreadableEvent } from './protocols/protocol.ts';
import type { MadeId, RejectedEvent } from './request/verdict.ts';
import { eventSteps } from './steps/event-steps.ts';
import { Refused, type RoutableEvent, type StepContext } from './steps/step.ts';

export interface Admission {
  readonly events: readonly RoutableEvent[];
  /** The first rejections, at most `errorsMax` of them. */
  readonly rejected: readonly RejectedEvent[];
  readonly madeIds: readonly MadeId[];
}

export interface AdmitOptions extends Omit<StepContext, 'madeIds'> {
  /** The most rejections that are listed. Default: all. */
  readonly errorsMax?: number;
}

/** The mapping of events in our own names. */
const SAME_NAMES: EventMapping = { toWireEvent: (sent) => sent, pathOf: (pointer) => pointer };

export function admit({ events: sentEvents, mapping = SAME_NAMES }: EventList, options: AdmitOptions): Admission {
  const { arrival, size, errorsMax = Number.POSITIVE_INFINITY } = options;
  const events: RoutableEvent[] = [];
  const rejected: RejectedEvent[] = [];
  const madeIds: MadeId[] = [];
  const { run } = eventSteps({ ...options, madeIds });
  let index = 0;
  for (const sent of sentEvents) {
    const event = sent instanceof UnreadableEvent ? sent : mapping.toWireEvent(sent);
    const passed = event instanceof UnreadableEvent ? new Refused(event.rejection) : run(event, index);
    if (!(passed instanceof Refused)) events.push(passed);
    else {
      size.add(laidOverBytes(event, arrival));
      if (rejected.length < errorsMax) {
        rejected.push({ index, id: readableId(event), ...inSentNames(passed.rejection, sent, mapping) });
      }
    }
    index++;
  }
  return { events, rejected, madeIds };
}

/** The rejection with its path as the sender would say it. */
function inSentNames(rejection: EventRejection, sent: unknown, mapping: EventMapping): EventRejection {
  if (sent instanceof UnreadableEvent) return rejection;
  return { ...rejection, path: mapping.pathOf(rejection.path, sent) };
}

/** The size of the common context laid under a rejected event's own: it costs as much as for an event that is taken. */
function laidOverBytes(event: unknown, { context }: Arrival): number {
  const hasOwn = context !== undefined && (event as { readonly context?: unknown } | null)?.context != null;
  return hasOwn ? (context.sizeBytes ?? 0) : 0;
}

/** The id of a rejected event; null when it has none that can be shown. */
function readableId(event: unknown): string | null {
  const id = (event as { readonly id?: unknown } | null)?.id;
  return typeof id === 'string' && id.length <= LIMITS.idLengthMax ? id : null;
}
