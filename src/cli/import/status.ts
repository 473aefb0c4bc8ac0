/**
 * Import status: how many days an import touched, and how many of them are sealed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireImportStatus } from '../../wire/ingest.ts';
import type { Client } from '../kit/client.ts';

export interface ImportStatus {
  /** The number of days with events of the import. */
  readonly days: number;
  /** The number of those days that are sealed. */
  readonly sealed: number;
  /** The number of events that were left out because an earlier row of the import has their id. */
  readonly copies: number;
}

/** The answer of the server. One of another version may leave out members. */
interface StatusAnswer {
  readonly days?: readonly Partial<WireImportStatus['days'][number]>[];
  readonly copies?: number;
}

/** A version of an import, and the number of its chunks. */
export interface SentVersion {
  readonly importId: string;
  readonly version: number;
  readonly chunks: number;
}

const POLL_MS_MIN = 250;
const POLL_MS_MAX = 2_000;
const STALLED_MS = 30_000;

/**
 * Tells the server that all chunks are sent: from now on the version counts. The server seals the days it touched; called again,
 * it seals those still open.
 */
export async function finishImport(client: Client, { importId, version, chunks }: SentVersion): Promise<ImportStatus> {
  const query = new URLSearchParams({ version: `${version}`, chunks: `${chunks}` });
  return toStatus(await client.post<StatusAnswer>(`${importPath(importId)}/finish?${query}`, {}));
}

/**
 * Polls with growing pauses, because the seals of a year take a while. When no day is sealed for some time, it asks for
 * the seals again: messages of a queue can be lost with the process that held them.
 */
export async function waitUntilSealed(
  client: Client,
  sent: SentVersion,
  onStatus: (status: ImportStatus) => void,
): Promise<ImportStatus> {
  let sealed = -1;
  let movedAtMs = Date.now();
  for (let pollMs = POLL_MS_MIN; ; pollMs = Math.min(POLL_MS_MAX, pollMs * 1.5)) {
    const status = toStatus(await client.get<StatusAnswer>(importPath(sent.importId)));
    onStatus(status);
    if (status.sealed >= status.days) return status;
    if (status.sealed !== sealed) {
      sealed = status.sealed;
      movedAtMs = Date.now();
    } else if (Date.now() - movedAtMs > STALLED_MS) {
      await finishImport(client, sent);
      movedAtMs = Date.now();
    }
    await sleep(pollMs);
  }
}

export function importPath(importId: string): string {
  return `/v1/import/${encodeURIComponent(importId)}`;
}

function toStatus({ days = [], copies = 0 }: StatusAnswer): ImportStatus {
  return { days: days.length, sealed: days.filter(({ sealed }) => sealed).length, copies };
}
