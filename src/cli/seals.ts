/**
 * Seals: what the server says of a tenant's days (`GET /v1/seals`), asked for a range or for all.
 */
import type { Client } from './client.ts';

export interface SealedDay {
  /** ISO date, UTC. */
  readonly day: string;
  /** Null: never sealed. */
  readonly revision: number | null;
  /** The day has stored events that its seal does not cover. */
  readonly dirty: boolean;
  readonly events: number | null;
  readonly people: number | null;
  readonly drift: Readonly<Record<string, number>> | null;
}

export interface SealsAnswer {
  readonly days: readonly SealedDay[];
}

export async function readSeals(
  client: Client,
  range: { readonly from?: string | undefined; readonly to?: string | undefined } = {},
): Promise<SealsAnswer> {
  const parameters = new URLSearchParams(
    Object.entries(range).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  return client.get<SealsAnswer>(`/v1/seals${parameters.size > 0 ? `?${parameters}` : ''}`);
}
