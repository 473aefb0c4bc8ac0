/**
 * Rejection: the reason why an event or a request was refused for good. The closed list of codes is part of the API:
 * codes are only ever added. A retryable refusal (overload, quota, a dependency) is never a Rejection: it is a 429 or
 * 503 for the whole request.
 */

/** Codes of one event within a request that is otherwise answered with 200. */
export const EVENT_REJECTION_CODES = [
  'event-not-object',
  'event-too-large',
  'name-missing',
  'name-too-long',
  'name-invalid',
  'type-unknown',
  'id-invalid',
  'person-id-invalid',
  'group-id-invalid',
  'timestamp-invalid',
  'timestamp-missing',
  'timestamp-out-of-range',
  'timestamp-too-old',
  'properties-invalid',
  'properties-too-deep',
  'properties-too-many-keys',
  'context-invalid',
  'key-forbidden',
  'key-differs',
  'operation-unsupported',
  'number-unsafe',
  'text-invalid',
  'json-invalid',
] as const;
export type EventRejectionCode = (typeof EVENT_REJECTION_CODES)[number];

export interface EventRejection {
  readonly code: EventRejectionCode;
  /** JSON pointer into the event, '' for the event itself. */
  readonly path: string;
  /** Text for people: the limit and the value that exceeds it, and what to do. */
  readonly message: string;
  /** Present when another sender may send the event all the same: the refusal speaks of this try alone. */
  readonly ofThisTry?: true;
}

/** Outcome of one event sent. */
export type Verdict = 'accepted' | 'duplicate' | 'quarantined' | 'rejected';
