/**
 * Live: what happens now: the events and people of the last 30 minutes and the newest events, asked every two seconds
 * while the page is visible. Failures lengthen the wait. One reader serves all parts of the page.
 */
import { effect, signal } from '@preact/signals';
import { FUTURE_CLAMP_MS, MINUTE_MS } from '../../core/limits.ts';
import type { EventListAnswer, ListedEvent } from '../../wire/events.ts';
import { type CallError, call, callErrorOf, isAborted } from './api.ts';
import type { Answer, QuestionBody } from './questions.ts';
import { session } from './session.ts';

export interface Live {
  readonly state: 'starting' | 'live' | 'paused' | 'failing';
  readonly error: CallError | null;
  /** The starts of the last minutes, ascending; the last is the running minute. */
  readonly startsMs: readonly number[];
  readonly events: readonly number[];
  readonly eventsTotal: number;
  readonly people: number;
  readonly latest: readonly ListedEvent[];
  /** A warning when some events are missing; empty when none is. */
  readonly gap: string;
}

const START: Live = {
  state: 'starting',
  error: null,
  startsMs: [],
  events: [],
  eventsTotal: 0,
  people: 0,
  latest: [],
  gap: '',
};
export const live = signal<Live>(START);
/** Counts the changes: what is open now is asked again at each. */
export const liveVersion = signal(0);

const EVERY_MS = 2_000;
const WAIT_MS_MAX = 30_000;
export const MINUTES_SHOWN = 30;
const LATEST_COUNT = 20;
/** Event times are clamped to `FUTURE_CLAMP_MS` from now; two minutes more cover the running minute and a slow answer. */
const AHEAD_MINUTES = FUTURE_CLAMP_MS / MINUTE_MS + 2;

let wake: () => void = () => {};

/** Reads at once, or as soon as a running read has ended. */
export function readLiveNow(): void {
  wake();
}

/** Starts the reader, which begins anew whenever another tenant is shown. */
export function startLive(): void {
  effect(() => {
    const key = session.value?.key;
    live.value = START;
    if (key === undefined) return;
    const controller = new AbortController();
    void readOn(key, controller.signal);
    return () => controller.abort();
  });
}

async function readOn(key: string, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    let waitMs = EVERY_MS;
    try {
      if (!document.hidden) show(await read(key, signal));
      else if (live.peek().state !== 'paused') show({ ...live.peek(), state: 'paused' });
      failures = 0;
    } catch (error) {
      if (isAborted(error)) return;
      failures++;
      const shown = callErrorOf(error);
      waitMs = Math.min(WAIT_MS_MAX, Math.max(shown.retryAfterMs, EVERY_MS * 2 ** Math.min(failures - 1, 4)));
      show({ ...live.peek(), state: 'failing', error: shown });
    }
    await pause(waitMs, signal);
  }
}

function show(next: Live): void {
  const before = live.peek();
  live.value = next;
  if (before.state !== 'starting' && next.eventsTotal !== before.eventsTotal) liveVersion.value++;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    wake = end;
    document.addEventListener('visibilitychange', end);
    signal.addEventListener('abort', end);
  });
}

/** The last 30 minutes, in whole minutes, so that rollups answer. It ends after now: clocks of devices run ahead. */
export function lastMinutes(nowMs: number): { startsMs: readonly number[]; from: string; to: string } {
  const runningMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const startMs = runningMs - (MINUTES_SHOWN - 1) * MINUTE_MS;
  return {
    startsMs: Array.from({ length: MINUTES_SHOWN }, (_, i) => startMs + i * MINUTE_MS),
    from: new Date(startMs).toISOString(),
    to: new Date(runningMs + AHEAD_MINUTES * MINUTE_MS).toISOString(),
  };
}

async function read(key: string, signal: AbortSignal): Promise<Live> {
  const { startsMs, from, to } = lastMinutes(Date.now());
  const queries: readonly QuestionBody[] = [
    { measure: 'count', interval: 'minute', timezone: 'UTC', from, to },
    { measure: 'users', from, to },
  ];
  const [{ answers }, { events: latest }] = await Promise.all([
    call<{ answers: readonly Answer[] }>('/v1/query', { key, body: { queries }, signal }),
    call<EventListAnswer>(`/v1/events?limit=${LATEST_COUNT}`, { key, signal }),
  ]);
  const [counts, people] = answers;
  const points = counts?.series[0]?.points ?? [];
  const values = new Map(points.map(({ at, value }) => [Date.parse(at), value ?? 0]));
  return {
    state: 'live',
    error: null,
    startsMs,
    events: startsMs.map((startMs) => values.get(startMs) ?? 0),
    eventsTotal: counts?.series[0]?.total ?? 0,
    people: people?.series[0]?.total ?? 0,
    latest,
    gap: describeGap(counts),
  };
}

function describeGap(answer: Answer | undefined): string {
  const source = answer?.meta.sources.live;
  if (source === undefined || source.answered === source.shards) return '';
  return 'Some of the newest events are not shown: a part of the platform does not answer.';
}
