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
import { type Answered, LiveCounter } from './live-counter.ts';
import { type LiveCounts, LiveRate, MINUTES_SHOWN, minutesShown, rolledTo } from './live-counts.ts';
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
  /** It begins with an answer to a question that was asked while the stream was on. */
  readonly #counter = new LiveCounter();
  /** Connections that began or ended. */
  #beginnings = 0;
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
        this.#counter.interrupt();
        this.#beginnings++;
        wakeReader();
      },
    });
  }

  #take(message: LiveMessage): void {
    const nowMs = Date.now();
    if (message.type === 'hello' && !message.resumed) {
      this.#counter.forget();
      this.#rate = new LiveRate();
    }
    if (message.type !== 'beat') this.#rate.add(message);
    const shown = live.peek();
    const perSecond = this.#rate.at(nowMs);
    const isNews = message.type === 'tick' && (message.gap || message.seconds.some(({ accepted }) => accepted > 0));
    if (!isNews) {
      live.value = { ...shown, perSecond };
      return;
    }
    live.value = { ...shown, ...countsOf(this.#counter.add(shown, message, nowMs)), perSecond };
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
    const { shown, answered } = await readLive(this.#key, this.#signal);
    this.#tellChange(shown.eventsTotal);
    const nowMs = Date.now();
    const { via, perSecond } = live.peek();
    if (this.#counter.hasBegun && beginnings === this.#beginnings) {
      this.#mending = setTimeout(() => this.#mend(answered, beginnings), TOLD_MS_MAX);
      return { ...shown, via, perSecond, ...countsOf(rolledTo(live.peek(), nowMs)) };
    }
    const isStreamed = via !== null && beginnings === this.#beginnings;
    return { ...shown, via, perSecond, ...(isStreamed && this.#counter.begin(answered, nowMs)) };
  }

  #tellChange(eventsTotal: number): void {
    this.#rangesTotal ??= eventsTotal;
    const nowMs = Date.now();
    if (this.#rangesTotal === eventsTotal || nowMs - rangesAskedAtMs < RANGES_EVERY_MS) return;
    this.#rangesTotal = eventsTotal;
    rangesAskedAtMs = nowMs;
    liveVersion.value++;
  }

  /** Begins anew with an answer that knows more, once the stream has told what the answer may have. */
  #mend(answered: Answered, beginnings: number): void {
    if (beginnings !== this.#beginnings || this.#signal.aborted) return;
    const shown = live.peek();
    const counts = this.#counter.check(answered, shown, Date.now());
    if (counts !== null) live.value = { ...shown, ...counts };
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

/** What a question answers: what is shown of it, and its counts with the instants at which they were read. */
async function readLive(key: string, signal: AbortSignal): Promise<{ shown: Live; answered: Answered }> {
  const { startsMs, from, to } = lastMinutes(Date.now());
  const queries: readonly QuestionBody[] = [
    // The stream counts everything that arrives.
    { measure: 'count', interval: 'minute', timezone: 'UTC', from, to, bots: 'include' },
    { measure: 'users', from, to, bots: 'include' },
  ];
  const [{ answers }, { events: latest }] = await Promise.all([
    call<{ answers: readonly Answer[] }>('/v1/query', { key, body: { queries }, signal }),
    call<EventListAnswer>(`/v1/events?limit=${LATEST_COUNT}`, { key, signal }),
  ]);
  const [counts, people] = answers;
  const points = counts?.series[0]?.points ?? [];
  const values = new Map(points.map(({ at, value }) => [Date.parse(at), value ?? 0]));
  const read = {
    startsMs,
    events: startsMs.map((startMs) => values.get(startMs) ?? 0),
    eventsTotal: counts?.series[0]?.total ?? 0,
  };
  const { from: readFrom, until } = counts!.meta.read!;
  return {
    shown: {
      ...START,
      state: 'live',
      ...read,
      people: people?.series[0]?.total ?? 0,
      latest,
      gap: describeGap(counts),
    },
    answered: { counts: read, fromMs: Date.parse(readFrom), untilMs: Date.parse(until) },
  };
}

function describeGap(answer: Answer | undefined): string {
  const source = answer?.meta.sources.live;
  if (source === undefined || source.answered === source.shards) return '';
  return 'Some of the newest events are not shown: a part of the platform does not answer.';
}
