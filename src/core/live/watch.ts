/**
 * Watch: what a watcher asks of the hub of a tenant: its filter, and the message after which it goes on.
 *
 * The edge checks the key or the ticket, and hands the hub a WatchSpec in a header of the request: an upgrade to a WebSocket
 * is a request, and no call with arguments.
 */
import type { RecentEvent } from '../shard/recent.ts';

/** Fields of an event by which a watcher may filter, and by which the most frequent values are told. */
export const LIVE_FIELDS = ['event', 'path', 'country', 'referrer', 'source', 'device'] as const;
export type LiveField = (typeof LIVE_FIELDS)[number];

/** Values by field: one of each field must fit. Empty: everything does. */
export type LiveFilter = { readonly [field in LiveField]?: readonly string[] };

export interface WatchSpec {
  readonly uid: string;
  /** Id of the key that the watcher has shown, or that its ticket was made with. */
  readonly keyId: string;
  readonly filter: LiveFilter;
  /** Sequence number of the last message that the watcher has; null when it begins. */
  readonly after: number | null;
  /** Name and end of the ticket, which is spent; null when the key itself was shown. */
  readonly ticket: { readonly name: string; readonly expiresAtMs: number } | null;
}

export const WATCH_HEADER = 'x-tidemark-watch';

export function fitsFilter(filter: LiveFilter, event: Pick<RecentEvent, LiveField>): boolean {
  return LIVE_FIELDS.every((field) => {
    const values = filter[field];
    return values === undefined || values.includes(event[field] ?? '');
  });
}

export function isEmptyFilter(filter: LiveFilter): boolean {
  return LIVE_FIELDS.every((field) => filter[field] === undefined);
}
