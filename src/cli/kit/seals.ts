/**
 * Seals: what the server says of a tenant's days, and how it is asked to seal some. Days are UTC, ranges inclusive.
 */
import type { Client } from './client.ts';

export interface SealedDay {
  /** ISO date. */
  readonly day: string;
  readonly revision: number;
  /** Null: never sealed. */
  readonly sealedAt: string | null;
  /** Something is stored that the seal does not cover. */
  readonly dirty: boolean;
  readonly events: number;
  readonly people: number;
  /** live − sealed = duplicates − beyond − imported + rest. */
  readonly drift: Readonly<Record<string, number>>;
}

export interface DayRange {
  readonly from: string;
  /** The last day, itself included. */
  readonly to: string;
}

/** Days that have stored events, or a seal. */
export async function readSeals(
  client: Client,
  { from, to }: DayRange,
): Promise<{ readonly days: readonly SealedDay[] }> {
  return client.get(`/v1/seals?${new URLSearchParams({ from, to })}`);
}

export async function askForSeals(client: Client, range: DayRange): Promise<void> {
  await client.post('/v1/seal', range);
}
