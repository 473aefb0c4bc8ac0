/** Refusal: why a well-formed question gets no answer, with a stable code; and the problem it becomes on the wire. */
import { LIMITS } from '../../core/limits.ts';
import { err } from '../../core/std/result.ts';
import { Problem } from '../../http/problem.ts';
import type { ProblemCode } from '../../wire/problem-codes.ts';

/** Any reading may be refused for one of these. */
export type LakeRefusal =
  | { readonly code: 'query-too-large'; readonly message: string }
  | { readonly code: 'cohort-unknown'; readonly message: string; readonly cohort: string }
  | { readonly code: 'event-unknown'; readonly message: string; readonly event: string }
  | { readonly code: 'property-unknown'; readonly message: string; readonly property: string };

/** An export may also be refused for these: without all events it would not be whole. */
export type ExportRefusal =
  | LakeRefusal
  | { readonly code: 'shard-unavailable'; readonly message: string }
  | { readonly code: 'export-tail-too-long'; readonly message: string };

/** Codes of any call that reads events: the list of shards, their tails, and the reading itself. */
export const READING_CODES: readonly ProblemCode[] = [
  'busy',
  'directory-unavailable',
  'query-tail-too-long',
  'query-too-large',
  'cohort-unknown',
  'event-unknown',
  'property-unknown',
];

/** The question itself is wrong at `path`, a JSON pointer into the body. */
export interface InvalidQuestion {
  readonly code: ProblemCode;
  readonly path: string;
  readonly message: string;
}

const ALLOW_UNKNOWN = 'With `allowUnknown: true` the question is answered all the same.';

export function tooLarge(message: string) {
  return err<LakeRefusal>({ code: 'query-too-large', message });
}

/** A day has more unsealed events than a scan compares. */
export function dayTooMixed(rowCount: number) {
  const message = `A day has ${rowCount} events that are not sealed, and at most ${LIMITS.mixedRowsMax} can be compared. Have the day sealed first.`;
  return tooLarge(message);
}

export function cohortUnknown(cohort: string) {
  return err<LakeRefusal>({ code: 'cohort-unknown', message: `The tenant has no cohort "${cohort}".`, cohort });
}

/** `known`: the names that events have, the likeliest first. */
export function eventUnknown(event: string, known: readonly string[]) {
  const message = `No event has the name "${event}".${listed(known)} ${ALLOW_UNKNOWN}`;
  return err<LakeRefusal>({ code: 'event-unknown', message, event });
}

/** `known`: the names that events have, the likeliest first. */
export function propertyUnknown(property: string, known: readonly string[]) {
  const message = `No event has the property "${property}".${listed(known)}`;
  return err<LakeRefusal>({ code: 'property-unknown', message, property });
}

function listed(known: readonly string[]): string {
  return known.length === 0 ? '' : ` Known: ${known.join(', ')}.`;
}

export function shardUnavailable() {
  const message = 'A shard did not reply. An export without its events would not be whole.';
  return err<ExportRefusal>({ code: 'shard-unavailable', message });
}

export function exportTailTooLong() {
  const message = `The shards hold more than ${LIMITS.exportTailEventsMax} events of the range that are not stored yet.`;
  return err<ExportRefusal>({ code: 'export-tail-too-long', message });
}

export function problemOf(refusal: ExportRefusal): Problem {
  const { code, message } = refusal;
  switch (refusal.code) {
    case 'query-too-large':
      return new Problem(422, code, message);
    case 'cohort-unknown':
      return new Problem(400, code, message);
    case 'event-unknown':
      return new Problem(400, code, message, { extra: { event: refusal.event } });
    case 'property-unknown':
      return new Problem(400, code, message, { extra: { property: refusal.property } });
    case 'shard-unavailable':
    case 'export-tail-too-long':
      return new Problem(503, code, message, { headers: { 'retry-after': '10' } });
  }
}

/** A 400 whose detail and `path` name the place of the fault. */
export function invalidQuestion({ code, path, message }: InvalidQuestion): Problem {
  return new Problem(400, code, path === '' ? message : `${path}: ${message}`, { extra: { path } });
}
