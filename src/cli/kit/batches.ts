/**
 * Batches: sends events to `POST /v1/events`, many in one call, and adds up the verdicts.
 *
 * Every event must carry an id: a batch whose answer was lost is sent again, and ids alone make that harmless.
 */
import type { Verdict } from '../../core/event/rejection.ts';
import type { VerdictDocument } from '../../wire/ingest.ts';
import type { Client } from './client.ts';
import { formatNumber as n } from './table.ts';

export type WireEvent = { readonly id: string } & Readonly<Record<string, unknown>>;

type EventError = Pick<WireError, 'index' | 'code' | 'message'> & Partial<WireError>;
type WireError = VerdictDocument['errors'][number];

export type Accounts = { received: number; requests: number; readonly errors: EventError[] } & Record<Verdict, number>;

/** The verdict on a batch. A server of another version may leave out the errors, or the id and path of one. */
type BatchAnswer = Pick<VerdictDocument, 'received' | Verdict> & { readonly errors?: readonly EventError[] };

export function newAccounts(): Accounts {
  return { received: 0, accepted: 0, duplicate: 0, quarantined: 0, rejected: 0, requests: 0, errors: [] };
}

/** Errors kept for display; the counts are complete. */
const ERRORS_KEPT_MAX = 100;

/**
 * Sends one batch and adds its verdict to `accounts`. `offset` is the position of its first event in the whole input.
 */
export async function sendBatch(
  client: Client,
  events: readonly WireEvent[],
  accounts: Accounts,
  offset: number,
): Promise<void> {
  const answer = await client.post<BatchAnswer>('/v1/events', { batch: events });
  accounts.requests++;
  accounts.received += answer.received;
  accounts.accepted += answer.accepted;
  accounts.duplicate += answer.duplicate;
  accounts.quarantined += answer.quarantined;
  accounts.rejected += answer.rejected;
  for (const error of answer.errors ?? []) {
    if (accounts.errors.length < ERRORS_KEPT_MAX) accounts.errors.push({ ...error, index: error.index + offset });
  }
}

export function describeAccounts({ received, accepted, duplicate, quarantined, rejected }: Accounts): string {
  return `${n(received)} received: ${n(accepted)} accepted, ${n(duplicate)} duplicate, ${n(quarantined)} quarantined, ${n(rejected)} rejected`;
}
