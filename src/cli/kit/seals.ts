/**
 * Seals: reads the seals of a tenant's days and asks the server for new ones. Days are UTC; both ends are included.
 */
import type { Client } from './client.ts';

export interface SealedDay {
  /** ISO date. */
  readonly day: string;
  readonly revision: number;
  /** null while the day was never sealed. */
  readonly sealedAt: string | null;
  /** Whether events are stored that the seal does not cover. */
  readonly dirty: boolean;
  readonly events: number;
  readonly people: number;
  /** live − sealed = duplicates − beyond − imported + rest. */
  readonly drift: Readonly<Record<string, number>>;
}

export interface DayRange {
  readonly from: string;
  /** The last day, which is part of the range. */
  readonly to: string;
}

/** Reads the days of the range that have stored events or a seal. */
export async function readSeals(
  client: Client,
  { from, to }: DayRange,
): Promise<{ readonly days: readonly SealedDay[] }> {
  return client.get(`/v1/seals?${new URLSearchParams({ from, to })}`);
}

export async function askForSeals(client: Client, range: DayRange): Promise<void> {
  await client.post('/v1/seal', range);
}
