/** Api: one call of the public API by the key of the session. A customer's program can make the same calls. */
import { SECOND_MS } from '../../core/limits.ts';
import type { ProblemDocument } from '../../wire/problem.ts';

/** A call that was refused or failed: its stable code and a message for the user. */
export class CallError extends Error {
  /** 0 when the server gave no answer. */
  readonly status: number;
  readonly code: string;
  readonly retryAfterMs: number;

  constructor(status: number, code: string, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface CallOptions {
  /** Default: no key. */
  readonly key?: string | undefined;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON; the method is then POST unless another is given. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** @example const { tenants } = await call<TenantList>('/v1/tenants', { key }) */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await callRaw(path, options);
  return response.status === 204 ? (undefined as T) : response.json();
}

/** As `call`, with the response itself, for answers that are not JSON. */
export async function callRaw(path: string, { key, method, body, signal }: CallOptions = {}): Promise<Response> {
  const headers = {
    ...(key && { authorization: `Bearer ${key}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const request: RequestInit = {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    cache: 'no-store',
    ...(signal && { signal }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  const response = await fetch(path, request).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new CallError(0, 'offline', 'The server does not answer. Check the connection.');
  });
  if (response.ok) return response;
  throw await errorOf(path, response);
}

async function errorOf(path: string, response: Response): Promise<CallError> {
  const problem: Partial<ProblemDocument> | null = await response.json().catch(() => null);
  // A proxy may send a date, which counts as no wait.
  const retryAfterMs = Number(response.headers.get('retry-after')) * SECOND_MS || 0;
  const message = problem?.detail ?? `${path} answered ${response.status}.`;
  return new CallError(response.status, problem?.code ?? `http-${response.status}`, message, retryAfterMs);
}

/** What was thrown, as the error of a call: a fault of the page itself has the code `internal`. */
export function callErrorOf(thrown: unknown): CallError {
  return thrown instanceof CallError ? thrown : new CallError(0, 'internal', String(thrown));
}

export function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
