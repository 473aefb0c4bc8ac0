/** Api: the calls of the page. All of them are public, so a customer's program can make the same. */
import type { QueryBody } from '../../core/query/question/request.ts';
import type { DemoKeys } from '../../wire/demo.ts';
import type { EventListAnswer, ListedEvent } from '../../wire/events.ts';
import type { VerdictDocument } from '../../wire/ingest.ts';
import type { ProblemDocument } from '../../wire/problem.ts';
import type { Answer } from '../../wire/query.ts';
import type { Whoami } from '../../wire/tenants.ts';

/** A call that was refused or failed, with a message for the user. */
export class CallError extends Error {
  readonly status: number;
  readonly retryAfterMs: number;

  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The keys of the demo tenant; null when the server has none. */
export async function readDemoKeys(): Promise<DemoKeys | null> {
  try {
    return await call<DemoKeys>('/demo.json');
  } catch (error) {
    if (error instanceof CallError && error.status === 404) return null;
    throw error;
  }
}

/** The tenant of a key; throws when the server does not know the key. */
export function readWhoami(key: string): Promise<Whoami> {
  return call<Whoami>('/v1/whoami', { key });
}

export async function ask(key: string, queries: readonly QueryBody[]): Promise<readonly Answer[]> {
  return (await call<{ answers: readonly Answer[] }>('/v1/query', { key, body: { queries } })).answers;
}

export async function readLatest(key: string, limit: number): Promise<readonly ListedEvent[]> {
  return (await call<EventListAnswer>(`/v1/events?limit=${limit}`, { key })).events;
}

export function send(key: string, event: object): Promise<VerdictDocument> {
  return call<VerdictDocument>('/v1/events', { key, body: event });
}

const TIMEOUT_MS = 15_000;

async function call<T>(path: string, { key, body }: { key?: string; body?: object } = {}): Promise<T> {
  const headers = {
    ...(key && { authorization: `Bearer ${key}` }),
    ...(body && { 'content-type': 'application/json' }),
  };
  const request = {
    method: body ? 'POST' : 'GET',
    headers,
    cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body && { body: JSON.stringify(body) }),
  } satisfies RequestInit;
  const response = await fetch(path, request).catch(() => {
    throw new CallError(0, 'The server does not answer.');
  });
  if (response.ok) return response.json();
  const problem: Partial<ProblemDocument> | null = await response.json().catch(() => null);
  const detail = problem?.detail ? `${problem.detail} (${problem.code})` : `${path} answered ${response.status}.`;
  throw new CallError(response.status, detail, Number(response.headers.get('retry-after') ?? 0) * 1_000);
}
