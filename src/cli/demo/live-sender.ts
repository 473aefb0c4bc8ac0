/**
 * LiveSender: sends the shop's present, each event when it reaches the server, until it is told to stop.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS, SECOND_MS } from '../../core/limits.ts';
import { newAccounts, sendBatch } from '../kit/batches.ts';
import type { Client } from '../kit/client.ts';
import { type LiveEvent, liveVisits, type Rush } from '../simulate/shop/live.ts';
import type { Story } from '../simulate/shop/story.ts';

export interface LiveCounts {
  readonly sent: number;
  /** Events a second over the last half minute. */
  readonly perSecond: number;
  /** People of whom something came in the last minute. */
  readonly people: number;
}

export interface LiveOptions {
  readonly client: Client;
  readonly story: Story;
  readonly rush: Rush;
  readonly signal: AbortSignal;
  /** Called twice a second. `untilMs`: everything that arrives before it is sent. */
  readonly onTick: (counts: LiveCounts, untilMs: number) => void;
  /** Called when a batch could not be sent; it is sent again. */
  readonly onFailure: (error: unknown) => void;
}

const TICK_MS = 500;
const BATCH_EVENTS_MAX = 100;
const RATE_MS = 30 * SECOND_MS;
/** Visits of this many minutes before the start go on: a shop is never empty. */
const MINUTES_BEFORE = 2;

export async function sendLive({ client, story, rush, signal, onTick, onFailure }: LiveOptions): Promise<void> {
  let nextMinute = Math.floor(rush.startMs / MINUTE_MS) - MINUTES_BEFORE;
  let waiting: LiveEvent[] = [];
  let recent: LiveEvent[] = [];
  let sent = 0;
  while (!signal.aborted) {
    const nowMs = Date.now();
    for (; nextMinute * MINUTE_MS <= nowMs; nextMinute++) {
      waiting.push(...liveVisits(story, rush, nextMinute).filter(({ atMs }) => atMs >= rush.startMs));
      waiting.sort((a, b) => a.arriveAtMs - b.arriveAtMs);
    }
    const later = waiting.findIndex(({ arriveAtMs }) => arriveAtMs > nowMs);
    const due = waiting.slice(0, Math.min(later === -1 ? waiting.length : later, BATCH_EVENTS_MAX));
    try {
      if (due.length > 0)
        await sendBatch(
          client,
          due.map(({ event }) => event),
          newAccounts(),
          sent,
        );
      waiting = waiting.slice(due.length);
      sent += due.length;
      recent = [...recent.filter(({ arriveAtMs }) => arriveAtMs > nowMs - MINUTE_MS), ...due];
      onTick({ sent, ...ratesOf(recent, { startMs: rush.startMs, nowMs }) }, due.at(-1)?.arriveAtMs ?? nowMs);
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => {});
  }
}

function ratesOf(
  recent: readonly LiveEvent[],
  { startMs, nowMs }: { readonly startMs: number; readonly nowMs: number },
): Omit<LiveCounts, 'sent'> {
  const people = new Set(recent.map(({ event }) => event.anonymousId)).size;
  const spanMs = Math.min(RATE_MS, Math.max(SECOND_MS, nowMs - startMs));
  const lately = recent.filter(({ arriveAtMs }) => arriveAtMs > nowMs - spanMs).length;
  return { people, perSecond: lately / (spanMs / SECOND_MS) };
}
