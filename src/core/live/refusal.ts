/**
 * Refusal: an event, or a whole request, that was refused for good, as the hub of its tenant keeps it.
 *
 * The edge makes a report of each request that has refusals and hands it to the hub before it answers. A report is bounded:
 * `items` has the first refusals, `more` counts the rest.
 */
import type { Sender } from '../event/event.ts';

export type KeyClass = Exclude<Sender, 'import'>;

/** What one refusal says of its event. */
export interface RefusedItem {
  readonly code: string;
  /** The reason in words. */
  readonly reason: string;
  /** JSON pointer into the event as it was sent; null when the refusal concerns no place. */
  readonly pointer: string | null;
  /** Position in the request; null when the whole request was refused. */
  readonly index: number | null;
  readonly id: string | null;
  readonly event: string | null;
  readonly type: string | null;
  /** The beginning of the event, or of the body, as it was sent, without what the tenant does not store; null when unreadable. */
  readonly body: string | null;
  readonly bodyTruncated: boolean;
}

/** The refusals of one request. */
export interface RefusalReport {
  readonly receivedAtMs: number;
  /** The protocol. */
  readonly source: string;
  /** The route called, as a pattern. */
  readonly path: string;
  readonly keyClass: KeyClass;
  /** The first digits of the key's hash. */
  readonly keyHint: string;
  readonly userAgent: string | null;
  readonly items: readonly RefusedItem[];
  /** Refusals of the request that are not in `items`. */
  readonly more: number;
}

/** A refusal as the hub gives it back. */
export interface KeptRefusal extends RefusedItem, Omit<RefusalReport, 'items' | 'more'> {
  /** Name of the refusal, and the cursor of the page that begins after it. */
  readonly ref: string;
}

/** The filters of a page; each that is absent lets everything through. */
export interface RefusalFilter {
  readonly source?: string | undefined;
  readonly event?: string | undefined;
  readonly code?: string | undefined;
}

export interface RefusalsRequest extends RefusalFilter {
  /** 0 when only the counts are wanted. */
  readonly limit: number;
  /** The refusal before which the page begins. Absent for the newest. */
  readonly before?: string | undefined;
}

export interface RefusalsReply {
  /** The newest first. */
  readonly refusals: readonly KeptRefusal[];
  /** Cursor of the next page; null when this page is the last. */
  readonly next: string | null;
  readonly kept: number;
  /** Receipt time of the oldest that is kept; null when none is. */
  readonly sinceMs: number | null;
  /** Refusals of the last day that were counted and not kept. */
  readonly notKept: number;
}

/** Position of a refusal: its report, and its index among the report's items. */
export interface RefusalPosition {
  readonly report: number;
  readonly item: number;
}

export function refOf({ report, item }: RefusalPosition): string {
  return `${report}.${item}`;
}

/** The position that a cursor names; null when the text is no cursor. */
export function parseRef(text: string): RefusalPosition | null {
  const match = /^(\d{1,15})\.(\d{1,4})$/.exec(text);
  return match && { report: Number(match[1]), item: Number(match[2]) };
}

export function fitsRefusal(
  { source, event, code }: RefusalFilter,
  kept: Pick<KeptRefusal, 'source' | 'event' | 'code'>,
): boolean {
  return (
    (source === undefined || source === kept.source) &&
    (event === undefined || event === kept.event) &&
    (code === undefined || code === kept.code)
  );
}
