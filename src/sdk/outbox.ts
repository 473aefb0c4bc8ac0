/**
 * Outbox: sends the kept events in batches, and removes each when the server has answered for it.
 *
 * - An event is in the store before it is sent and until it is answered, so a reload, a crash or a closed page loses none.
 *   What was answered unseen (the page was gone) is sent again, and the server finds the copy by its id.
 * - Network errors, 408, 429 and 5xx are tried again after `Retry-After`, or after 1 s, doubled up to a minute, with jitter.
 *   Another refusal of the whole request (a wrong key) keeps the events too; it is told, and tried again after a minute.
 * - An event that the server refused is removed and told: sending it again would change nothing.
 * - Beyond `eventsMax` the oldest are dropped, and told.
 */
import type { Refused, SdkEvent } from './event.ts';
import type { Store } from './store.ts';

export interface Answer {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly retryAfterMs: number;
  readonly text: string;
}

export interface OutboxDeps {
  readonly store: () => Store;
  /** Whether anything may be sent now: false while the person has not consented. */
  readonly isOpen: () => boolean;
  /** Sends a body of JSON. Never rejects. */
  readonly post: (body: string) => Promise<Answer>;
  /** Runs the work unless another tab is at it; false when it was not run. */
  readonly alone: (work: () => Promise<void>) => Promise<boolean>;
  /** Events that may wait. Default: 1,000. */
  readonly eventsMax?: number;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly later: (run: () => void, delayMs: number) => void;
  /** The fields of the request beside its events. */
  readonly envelope: () => object;
  readonly onRefused: (refused: Refused) => void;
}

export interface Outbox {
  add(event: SdkEvent): void;
  /** Sends what is kept; resolves when it is answered or is to be tried later. */
  flush(): Promise<void>;
  /** Sends what is kept at once, for a page that ends: nothing waits for the answers. */
  flushAtEnd(): void;
}

/** Of the names of events in the store. */
const PREFIX = 'e';
const EVENTS_MAX = 1_000;
const BATCH_EVENTS_MAX = 100;
/** Browsers let requests outlive their page up to 64 KiB in all. */
const BATCH_LENGTH_MAX = 50_000;
const GATHERED_MS = 250;
const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 60_000;

type Batch = ReadonlyMap<string, string>;

export function makeOutbox(deps: OutboxDeps): Outbox {
  const { store, now, random, later, onRefused, eventsMax: waitingMax = EVENTS_MAX } = deps;
  const sending = new Set<string>();
  let failures = 0;
  let dueAtMs = 0;
  /** Until then only a call of `flush` sends: the server asked for a pause, or failed. */
  let pausedUntilMs = 0;
  let running: Promise<void> | null = null;

  const schedule = (delayMs: number) => {
    const atMs = Math.max(now() + delayMs, pausedUntilMs);
    if (dueAtMs > now() && dueAtMs <= atMs) return;
    dueAtMs = atMs;
    later(() => {
      if (dueAtMs !== atMs) return;
      dueAtMs = 0;
      flush();
    }, atMs - now());
  };

  const pause = ({ status, retryAfterMs, text }: Answer) => {
    const isRetryable = status === 0 || status === 408 || status === 429 || status >= 500;
    if (!isRetryable) onRefused({ id: null, code: `status-${status}`, path: '', message: text });
    const pauseMs = isRetryable ? Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** failures++) : PAUSE_MS_MAX;
    pausedUntilMs = now() + Math.max(retryAfterMs, pauseMs * (0.5 + random() / 2));
    schedule(0);
  };

  const take = (eventsMax: number): Batch => {
    const batch = new Map<string, string>();
    let length = 0;
    for (const name of deps.isOpen() ? store().names() : []) {
      const text = name.startsWith(PREFIX) && !sending.has(name) ? store().get(name) : null;
      if (text === null) continue;
      length += text.length;
      if (batch.size === eventsMax || (batch.size > 0 && length > BATCH_LENGTH_MAX)) break;
      batch.set(name, text);
    }
    return batch;
  };

  const remove = (batch: Batch) => {
    for (const name of batch.keys()) store().set(name, null);
  };

  const refuse = (batch: Batch, code: string, message: string) => {
    for (const name of batch.keys()) onRefused({ id: name.slice(PREFIX.length), code, path: '', message });
    remove(batch);
  };

  const send = async (batch: Batch): Promise<Answer> => {
    for (const name of batch.keys()) sending.add(name);
    const head = JSON.stringify({ ...deps.envelope(), sentAt: new Date(now()).toISOString() });
    const answer = await deps.post(`${head.slice(0, -1)},"batch":[${[...batch.values()].join()}]}`);
    for (const name of batch.keys()) sending.delete(name);
    if (isTaken(answer)) {
      remove(batch);
      for (const refused of refusedOf(answer.text)) onRefused(refused);
    }
    return answer;
  };

  const drain = async (): Promise<void> => {
    let eventsMax = BATCH_EVENTS_MAX;
    for (let batch = take(eventsMax); batch.size > 0; batch = take(eventsMax)) {
      const answer = await send(batch);
      if (isTaken(answer)) {
        failures = pausedUntilMs = 0;
      } else if (answer.status === 413 && batch.size > 1) {
        eventsMax = Math.ceil(batch.size / 2);
      } else if (answer.status === 413) {
        refuse(batch, 'body-too-large', answer.text);
      } else {
        return pause(answer);
      }
    }
  };

  const flush = async (): Promise<void> => {
    running ??= deps
      .alone(drain)
      .then((isDone) => {
        if (!isDone) schedule(PAUSE_MS);
      })
      .finally(() => {
        running = null;
      });
    return running;
  };

  return {
    add(event) {
      store().set(PREFIX + event.id, JSON.stringify(event));
      if (store().size() > waitingMax) {
        const names = [...store().names()].filter((name) => name.startsWith(PREFIX));
        const oldest = new Map(names.slice(0, -waitingMax).map((name) => [name, '']));
        refuse(oldest, 'queue-full', 'Too many events wait.');
      }
      schedule(GATHERED_MS);
    },
    flush,
    flushAtEnd() {
      for (let batch = take(BATCH_EVENTS_MAX); batch.size > 0; batch = take(BATCH_EVENTS_MAX)) {
        send(batch).then((answer) => isTaken(answer) || pause(answer));
      }
    },
  };
}

function isTaken({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function refusedOf(text: string): readonly Refused[] {
  try {
    return (JSON.parse(text) as { errors?: readonly Refused[] }).errors ?? [];
  } catch {
    return [];
  }
}
