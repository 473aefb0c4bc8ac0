/**
 * Live: what happens now: the events and people of the last 30 minutes and the newest events. One reader serves all parts
 * of the page.
 *
 * The stream moves the counters. A question gives what they begin with, and the lists: it is asked soon after a message of
 * the stream, and now and then because minutes pass. Where no stream comes through, the question is asked every two seconds.
 * Failures lengthen the wait.
 */
import { effect, signal } from '@preact/signals';
import { FUTURE_CLAMP_MS, MINUTE_MS } from '../../core/limits.ts';
import type { EventListAnswer, ListedEvent } from '../../wire/events.ts';
import type { LiveMessage } from '../../wire/live.ts';
import { type CallError, call, callErrorOf, isAborted } from './api.ts';
import { firstShown } from './first.ts';
import type { LiveVia } from './follow-live.ts';
import {
  type Check,
  type LiveCounts,
  LiveRate,
  MINUTES_SHOWN,
  mended,
  minutesShown,
  rolledTo,
  withTold,
} from './live-counts.ts';
import type { Answer, QuestionBody } from './questions.ts';
import { session } from './session.ts';

export interface Live extends LiveCounts {
  readonly state: 'starting' | 'live' | 'paused' | 'failing';
  readonly error: CallError | null;
  /** How the events come; null while they are asked for. */
  readonly via: LiveVia;
  readonly people: number;
  /** Events a second; null while no stream tells it. */
  readonly perSecond: number | null;
  readonly latest: readonly ListedEvent[];
  /** A warning when some events are missing; empty when none is. */
  readonly gap: string;
}

const START: Live = {
  state: 'starting',
  error: null,
  via: null,
  startsMs: [],
  events: [],
  eventsTotal: 0,
  people: 0,
  perSecond: null,
  latest: [],
  gap: '',
};
export const live = signal<Live>(START);
/** Counts the changes: what is open now is asked again at each. */
export const liveVersion = signal(0);

/** The time from one question to the next: without a stream, and at least, however much the stream tells. */
const EVERY_MS = 2_000;
/** The time to the next question while the stream tells nothing. */
const STREAMED_EVERY_MS = 10_000;
/** The least time between two questions about a range that is open: they cost more than those of the last minutes. */
const RANGES_EVERY_MS = 5_000;
/** The time in which the stream tells what an answer has: the hub looks every 400 ms. */
const TOLD_MS_MAX = 1_200;
const WAIT_MS_MAX = 30_000;
const LATEST_COUNT = 20;
/** Event times are clamped to `FUTURE_CLAMP_MS` from now; two minutes more cover the running minute and a slow answer. */
const AHEAD_MINUTES = FUTURE_CLAMP_MS / MINUTE_MS + 2;

/** When `liveVersion` was counted last. */
let rangesAskedAtMs = Number.NEGATIVE_INFINITY;
let isWanted = false;
let wake: () => void = () => {};

/** Reads at once, or as soon as a running read has ended; what is open is asked again too. */
export function readLiveNow(): void {
  rangesAskedAtMs = Number.NEGATIVE_INFINITY;
  wakeReader();
}

function wakeReader(): void {
  isWanted = true;
  wake();
}

/** Starts the reader, which begins anew whenever another tenant is shown. */
export function startLive(): void {
  effect(() => {
    const key = session.value?.key;
    live.value = START;
    if (key === undefined) return;
    const controller = new AbortController();
    const reader = new LiveReader(key, controller.signal);
    void reader.run();
    void reader.follow();
    return () => controller.abort();
  });
}

class LiveReader {
  readonly #key: string;
  readonly #signal: AbortSignal;
  #rate = new LiveRate();
  /** Whether the counters begin with an answer to a question that was asked while the stream was on. */
  #isSettled = false;
  /** Connections that began or ended. */
  #beginnings = 0;
  /** What was received up to this instant of the server was missed; the first answer has it. */
  #missedUntilMs = Number.NEGATIVE_INFINITY;
  /** How far the clock of the server is ahead of this one, less the time that the fastest message took. */
  #aheadMs = Number.NEGATIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  /** The number of events when the ranges were asked; null before the first answer. */
  #rangesTotal: number | null = null;
  #isReadSoon = false;
  #mending: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(key: string, signal: AbortSignal) {
    this.#key = key;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    await firstShown();
    while (!this.#signal.aborted) {
      let waitMs = live.peek().via === null ? EVERY_MS : STREAMED_EVERY_MS;
      try {
        if (!document.hidden) live.value = await this.#read();
        else if (live.peek().state !== 'paused') live.value = { ...live.peek(), state: 'paused' };
        this.#failures = 0;
      } catch (error) {
        if (isAborted(error)) return;
        const shown = callErrorOf(error);
        waitMs = Math.min(WAIT_MS_MAX, Math.max(shown.retryAfterMs, EVERY_MS * 2 ** Math.min(this.#failures++, 4)));
        live.value = { ...live.peek(), state: 'failing', error: shown };
      }
      await pause(waitMs, this.#signal);
    }
  }

  /** Follows the stream. Its module comes after the page, which needs it for nothing that it shows first. */
  async follow(): Promise<void> {
    await firstShown();
    const { followLive } = await import('./follow-live.ts').catch(() => ({ followLive: null }));
    // Without the module the questions go on.
    await followLive?.(this.#key, this.#signal, {
      onMessage: (message) => this.#take(message),
      onVia: (via) => {
        live.value = { ...live.peek(), via, perSecond: null };
        this.#isSettled = false;
        this.#beginnings++;
        wakeReader();
      },
    });
  }

  #take(message: LiveMessage): void {
    const nowMs = Date.now();
    this.#aheadMs = Math.max(this.#aheadMs, Date.parse(message.at) - nowMs);
    if (message.type === 'hello') {
      this.#missedUntilMs = Date.parse(message.at);
      if (!message.resumed) this.#rate = new LiveRate();
    }
    if (message.type !== 'beat') this.#rate.add(message);
    const shown = live.peek();
    const perSecond = this.#rate.at(nowMs);
    const isNews = message.type === 'tick' && (message.gap || message.seconds.some(({ accepted }) => accepted > 0));
    if (!isNews) {
      live.value = { ...shown, perSecond };
      return;
    }
    const isNew = this.#isSettled && Date.parse(message.at) > this.#missedUntilMs;
    live.value = { ...shown, ...(isNew && withTold(rolledTo(shown, nowMs), message, this.#missedUntilMs)), perSecond };
    this.#readSoon(nowMs);
  }

  /** Asks after what the stream told, unless an answer is that new: then when it no longer is. A failure keeps its wait. */
  #readSoon(nowMs: number): void {
    if (this.#isReadSoon || this.#failures > 0) return;
    this.#isReadSoon = true;
    const readNow = () => {
      this.#isReadSoon = false;
      if (this.#signal.aborted) return;
      wakeReader();
    };
    setTimeout(readNow, Math.max(0, this.#askedAtMs + EVERY_MS - nowMs));
  }

  async #read(): Promise<Live> {
    clearTimeout(this.#mending);
    this.#askedAtMs = Date.now();
    const beginnings = this.#beginnings;
    const shownBefore = rolledTo(live.peek(), this.#askedAtMs).eventsTotal;
    const answered = await readLive(this.#key, this.#signal);
    this.#tellChange(answered.eventsTotal);
    const { via, perSecond } = live.peek();
    if (this.#isSettled && beginnings === this.#beginnings) {
      this.#mending = setTimeout(() => this.#mend({ answered, shownBefore }, beginnings), TOLD_MS_MAX);
      return { ...answered, via, perSecond, ...countsOf(rolledTo(live.peek(), this.#askedAtMs)) };
    }
    this.#isSettled = via !== null && beginnings === this.#beginnings;
    if (this.#isSettled) this.#missedUntilMs = Math.max(this.#missedUntilMs, this.#askedAtMs + this.#aheadMs);
    return { ...answered, via, perSecond };
  }

  #tellChange(eventsTotal: number): void {
    this.#rangesTotal ??= eventsTotal;
    const nowMs = Date.now();
    if (this.#rangesTotal === eventsTotal || nowMs - rangesAskedAtMs < RANGES_EVERY_MS) return;
    this.#rangesTotal = eventsTotal;
    rangesAskedAtMs = nowMs;
    liveVersion.value++;
  }

  /** Mends the counters by an answer, once the stream has told what the answer may have. */
  #mend(check: Check, beginnings: number): void {
    const shown = live.peek();
    const isSame = beginnings === this.#beginnings && shown.startsMs[0] === check.answered.startsMs[0];
    if (isSame && !this.#signal.aborted) live.value = { ...shown, ...mended(shown, check) };
  }
}

function countsOf({ startsMs, events, eventsTotal }: LiveCounts): LiveCounts {
  return { startsMs, events, eventsTotal };
}

/** Resolves after the time, when the page is hidden or shown, or when a read is wanted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      isWanted = false;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    wake = end;
    document.addEventListener('visibilitychange', end);
    signal.addEventListener('abort', end);
    if (isWanted) end();
  });
}

/** The last 30 minutes, in whole minutes, so that rollups answer. It ends after now: clocks of devices run ahead. */
export function lastMinutes(nowMs: number): { startsMs: readonly number[]; from: string; to: string } {
  const startsMs = minutesShown(nowMs);
  const startMs = startsMs[0]!;
  return {
    startsMs,
    from: new Date(startMs).toISOString(),
    to: new Date(startMs + (MINUTES_SHOWN - 1 + AHEAD_MINUTES) * MINUTE_MS).toISOString(),
  };
}

async function readLive(key: string, signal: AbortSignal): Promise<Live> {
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
    ...START,
    state: 'live',
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
