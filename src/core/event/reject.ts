/**
 * Reject: the wording of rejections. A message names the limit and the value that exceeds it, or says what to send
 * instead.
 */

import { err, type Result } from '../std/result.ts';
import type { EventRejection, EventRejectionCode } from './rejection.ts';

export type Checked<T> = Result<T, EventRejection>;

export function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

export function tooLong(noun: string, limit: number, length: number): string {
  return `${noun} may have at most ${limit} characters; this one has ${length}.`;
}

export function badText(path: string): Checked<never> {
  return reject('text-invalid', path, 'The text holds a NUL or half of a surrogate pair.');
}

export function unsafeNumber(path: string): Checked<never> {
  return reject('number-unsafe', path, 'Beyond ±(2^53 - 1) a number loses digits in JSON: send it as a text.');
}

export function reject(code: EventRejectionCode, path: string, message: string): Checked<never> {
  return err({ code, path, message });
}
