// Api: the calls of the end-to-end tests to a local stack.

import { expect } from 'vitest';
import type { QueryBody } from '../../../src/core/query/question/request.ts';
import type { QueryAnswer } from '../../../src/query/ask/execute.ts';
import type { VerdictDocument } from '../../../src/wire/ingest.ts';
import type { WireSeals } from '../../../src/wire/operate.ts';

export interface TestTenant {
  readonly url: string;
  readonly id: string;
  readonly uid: string;
  readonly keys: { readonly write: string; readonly read: string; readonly admin: string };
}

type SealedDay = WireSeals['days'][number];

export type WireEvent = Readonly<Record<string, unknown>>;

const JSON_TYPE = { 'content-type': 'application/json' };

export function send(
  url: string,
  key: string,
  body: unknown,
  method = 'POST',
  signal: AbortSignal | null = null,
): Promise<Response> {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${key}` };
  return fetch(url, { method, headers, signal, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

/** The body of the answer; throws when its status is not the expected one. */
export async function answerOf<T>(response: Promise<Response>, status = 200): Promise<T> {
  const answered = await response;
  const text = await answered.text();
  if (answered.status !== status) throw new Error(`${answered.url}: ${answered.status} ${text}`);
  return JSON.parse(text) as T;
}

export async function createTenant(
  { url, rootKey }: { readonly url: string; readonly rootKey: string },
  id: string,
  options: { readonly shards?: number } = {},
): Promise<TestTenant> {
  const wanted = { id, name: id, ...options };
  const { tenant, keys } = await answerOf<{ tenant: { uid: string }; keys: TestTenant['keys'] }>(
    send(`${url}/v1/tenants`, rootKey, wanted),
    201,
  );
  return { url, id, uid: tenant.uid, keys };
}

export function ingest({ url, keys }: TestTenant, events: readonly WireEvent[]): Promise<VerdictDocument> {
  return answerOf(send(`${url}/v1/events`, keys.write, events));
}

export function query({ url, keys }: TestTenant, body: QueryBody): Promise<QueryAnswer> {
  return answerOf(send(`${url}/v1/query`, keys.read, body));
}

/** The total of a question without groups; 0 when no event matches. */
export async function total(tenant: TestTenant, body: QueryBody): Promise<number> {
  const { series } = await query(tenant, body);
  expect(series.length).toBeLessThanOrEqual(1);
  return series[0]?.total ?? 0;
}

export async function requestSeal({ url, keys }: TestTenant, days: readonly string[]): Promise<void> {
  await answerOf(send(`${url}/v1/seal`, keys.admin, { days }), 202);
}

export async function sealedDays({ url, keys }: TestTenant, from: string, to: string): Promise<readonly SealedDay[]> {
  const path = `${url}/v1/seals?from=${from}&to=${to}`;
  const { days } = await answerOf<{ days: SealedDay[] }>(send(path, keys.read, undefined, 'GET'));
  return days;
}

export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The value that this share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
