/**
 * Result: an expected outcome as a value, success or refusal, each arm with its datum.
 *
 * Refusals that a caller can cause are Results; broken invariants are `assert`s; I/O failures throw.
 */

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** A broken invariant: the program is wrong, not its input. Assertions are on in production. */
export class InvariantError extends Error {
  override name = 'InvariantError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
