/**
 * Seals: reads the seals of a tenant's days and asks the server for new ones. Days are UTC; both ends are included.
 */
import type { WireSeals } from '../../wire/operate.ts';
import type { Client } from './client.ts';

export type SealedDay = WireSeals['days'][number];

export interface DayRange {
  readonly from: string;
  /** The last day, which is part of the range. */
  readonly to: string;
}

/** Reads the days of the range that have stored events or a seal. */
export async function readSeals(client: Client, { from, to }: DayRange): Promise<WireSeals> {
  return client.get(`/v1/seals?${new URLSearchParams({ from, to })}`);
}

export async function askForSeals(client: Client, range: DayRange): Promise<void> {
  await client.post('/v1/seal', range);
}
