/**
 * Refusal: the reason why a whole request cannot be taken, as a value; `refuse` is the one place that gives it a status.
 *
 * The codes are part of the API. None of these is retryable; overload and outages are thrown as 429 and 503 by append.ts.
 */

import type { Result } from '../../core/std/result.ts';
import { Problem } from '../../http/problem.ts';

const STATUS_OF = {
  'body-empty': 400,
  'body-incomplete': 400,
  'body-too-large': 413,
  'gzip-invalid': 400,
  'utf8-invalid': 400,
  'json-invalid': 400,
  'batch-invalid': 400,
  'too-many-events': 413,
  'too-many-days': 413,
  'events-too-large': 413,
  'content-type-unsupported': 415,
  'content-encoding-unsupported': 415,
  'origin-not-allowed': 403,
} as const;
export type RefusalCode = keyof typeof STATUS_OF;
export const REFUSAL_CODES = Object.keys(STATUS_OF) as readonly RefusalCode[];

export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
  /** Further members of the problem document, such as the limit and the value met. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export function refuse({ code, detail, extra = {} }: Refusal): Problem {
  return new Problem(STATUS_OF[code], code, detail, { extra });
}

/** The value, or the refusal thrown as a Problem. */
export function orRefuse<T>(result: Result<T, Refusal>): T {
  if (result.ok) return result.value;
  throw refuse(result.error);
}
