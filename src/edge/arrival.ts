/**
 * Arrival: what a request says of all its events: when it came, its clock, its type, its context.
 *
 * A `sentAt` that cannot be read counts as absent: it only serves to correct a clock, and no event is lost for it. A broken
 * common context is refused, because every event would miss it; a text or a number in it is mended like in an event.
 */
import { parseCommonContext, type ValidContext } from '../core/event/event-json.ts';
import { type EventNote, NO_NOTES } from '../core/event/note.ts';
import { isRepairable, repairContext } from '../core/event/repair.ts';
import type { Arrival } from '../core/event/validate.ts';
import { DEFAULT_PRIVACY } from '../core/privacy/privacy.ts';
import { parseInstant } from '../core/std/instant.ts';
import { err, ok, type Result } from '../core/std/result.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import type { WireBatch } from './protocols/protocol.ts';
import type { Refusal } from './request/refusal.ts';
import { cleanContext } from './steps/clean.ts';

export interface NotedArrival {
  readonly arrival: Arrival;
  /** Notes on the common context. */
  readonly notes: readonly EventNote[];
}

/** The settings of a tenant that decide how its events are read. */
type Reading = Pick<Tenant, 'junkIds' | 'privacy'>;

export function arrivalOf(
  batch: WireBatch,
  receivedAtMs: number,
  { junkIds, privacy }: Reading,
): Result<NotedArrival, Refusal> {
  const sentAtMs = parseInstant(batch.sentAt);
  const common = readContext(batch);
  if (!common.ok) return common;
  const { context: sent, notes } = common.value;
  const cleaned = sent && cleanContext(sent, privacy ?? DEFAULT_PRIVACY);
  const context = cleaned?.context;
  const time = { receivedAtMs, sentAtMs: Number.isNaN(sentAtMs) ? null : sentAtMs };
  return ok({
    arrival: { ...time, type: batch.type, context, junkIds },
    notes: cleaned ? [...notes, ...cleaned.notes] : notes,
  });
}

interface CommonContext {
  readonly context: ValidContext | undefined;
  readonly notes: readonly EventNote[];
}

function readContext({ context, exactContext }: WireBatch): Result<CommonContext, Refusal> {
  if (context == null) return ok({ context: undefined, notes: NO_NOTES });
  const sent = parseCommonContext(context);
  const isMended = !sent.ok && isRepairable(sent.error.code);
  const mended = isMended ? repairContext(context, () => exactContext?.()) : { context, notes: NO_NOTES };
  const common = isMended ? parseCommonContext(mended.context) : sent;
  if (common.ok) return ok({ context: common.value, notes: mended.notes });
  const { code, path, message } = common.error;
  return err({ code: 'batch-invalid', detail: `${path}: ${message}`, extra: { path, reason: code } });
}
