/**
 * Ask: calls of a component. Old data stays while new data loads; an error keeps its code and can be tried again; a
 * question that is no longer shown is cancelled.
 *
 * @example
 * const asked = useAsk<Answer>({ path: '/v1/query', body: question });
 * return <Answered asked={asked}>{(answer) => <Table … />}</Answered>;
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { CallError, call, callErrorOf, isAborted } from './api.ts';
import { KeptAnswers } from './calls/kept-answers.ts';
import { together } from './calls/together.ts';
import { session } from './session.ts';

export interface AskRequest {
  /** The path with its query. */
  readonly path: string;
  /** Sent as JSON by POST; without one the call is a GET. */
  readonly body?: unknown;
  /** Default: the key of the session. */
  readonly key?: string;
}

export interface Asked<T> {
  /** The newest answer, which may be that of the question before; undefined before the first. */
  readonly data: T | undefined;
  readonly isLoading: boolean;
  /** Whether the answer takes longer than two seconds. */
  readonly isSlow: boolean;
  readonly error: CallError | null;
  readonly retry: () => void;
  /** Stops waiting for the answer. */
  readonly stop: () => void;
}

interface State<T> {
  readonly data: T | undefined;
  readonly isLoading: boolean;
  readonly isSlow: boolean;
  readonly error: CallError | null;
}

const SLOW_MS = 2_000;
const KEPT_MAX = 60;

const kept = new KeptAnswers(KEPT_MAX);

function settled<T>(data: T | undefined, error: CallError | null): State<T> {
  return { data, isLoading: false, isSlow: false, error };
}

interface AskOptions {
  /** Asks again after this time while the page is visible. Default: never. */
  readonly everyMs?: number;
  /** Asks again, quietly, when it changes; until then an answer of the last seconds is not asked for again. Default: it is. */
  readonly version?: number;
  /** Whether the range moves on with the minutes: then a question that differs in instants alone loads quietly. */
  readonly isMoving?: boolean;
}

const INSTANT = /\d{4}-\d{2}-\d{2}T[\d:.]+Z/g;

/** Asks when the request changes. Null asks nothing. */
export function useAsk<T>(
  request: AskRequest | null,
  { everyMs = 0, version, isMoving = false }: AskOptions = {},
): Asked<T> {
  const key = request?.key ?? session.value?.key;
  const id = request === null ? null : `${key} ${request.path} ${JSON.stringify(request.body) ?? ''}`;
  const form = isMoving ? id?.replaceAll(INSTANT, '') : id;
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<State<T>>(() => ({
    data: id === null ? undefined : kept.find<T>(id),
    isLoading: id !== null,
    isSlow: false,
    error: null,
  }));
  const asking = useRef<Asking | null>(null);
  const shownForm = useRef<string | null | undefined>(null);
  const askedVersion = useRef(version);

  // A question does not wait for the frame that shows its place.
  useLayoutEffect(() => {
    if (request === null || id === null) return;
    const isOther = shownForm.current !== `${form} ${turn}`;
    shownForm.current = `${form} ${turn}`;
    askedVersion.current = version;
    const known = turn === 0 ? kept.fresh<T>(id, version, Date.now()) : undefined;
    let answeredVersion = version;
    const ask = (signal: AbortSignal) => {
      answeredVersion = askedVersion.current;
      return callPatiently<T>(request, key, signal);
    };
    const own = askOn(ask, {
      everyMs,
      isKnown: known !== undefined,
      onAnswer: (data) => {
        clearTimeout(slow);
        kept.keep(id, data, answeredVersion, Date.now());
        setState(settled(data, null));
      },
      onError: (error) => {
        clearTimeout(slow);
        setState(({ data }) => settled(data, error));
      },
    });
    asking.current = own;
    const slow = setTimeout(() => setState((before) => ({ ...before, isSlow: before.isLoading })), SLOW_MS);
    // After the question has been asked: it goes out before the frame that shows that it is on its way.
    if (known !== undefined) setState(settled(known, null));
    else if (isOther)
      setState(({ data }) => ({
        data: kept.find<T>(id) ?? data,
        isLoading: true,
        isSlow: false,
        error: null,
      }));
    return () => {
      own.end();
      clearTimeout(slow);
    };
    // The id stands for the request.
  }, [id, turn, everyMs]);
  useEffect(() => {
    if (askedVersion.current === version) return;
    askedVersion.current = version;
    asking.current?.refresh();
  }, [version]);

  const retry = useCallback(() => setTurn((before) => before + 1), []);
  const stop = useCallback(() => {
    asking.current?.end();
    setState(({ data }) => settled(data, new CallError(0, 'stopped', 'The question was stopped.')));
  }, []);
  return { ...state, retry, stop };
}

interface Asking {
  /** Asks again. An answer that is on its way is awaited first, so that a slow one is not lost to frequent changes. */
  readonly refresh: () => void;
  readonly end: () => void;
}

interface AskingOptions<T> {
  /** The pause after an answer or an error until the question is asked again, in a page that is visible; 0 for never. */
  readonly everyMs: number;
  /** Whether the first answer is known already. Default: it is asked for at once. */
  readonly isKnown?: boolean;
  readonly onAnswer: (answer: T) => void;
  readonly onError: (error: CallError) => void;
}

/** Asks at once, unless the answer is known, and then as the options say, until it is ended. */
export function askOn<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { everyMs, isKnown = false, onAnswer, onError }: AskingOptions<T>,
): Asking {
  const controller = new AbortController();
  const { signal } = controller;
  let isRunning = false;
  let isOutdated = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  const run = async (): Promise<void> => {
    clearTimeout(again);
    isRunning = true;
    isOutdated = false;
    try {
      const answer = await ask(signal);
      if (signal.aborted) return;
      onAnswer(answer);
    } catch (error) {
      if (signal.aborted || isAborted(error)) return;
      onError(callErrorOf(error));
    } finally {
      isRunning = false;
    }
    if (isOutdated) void run();
    else if (everyMs > 0) again = setTimeout(refreshWhenVisible, everyMs);
  };
  const refresh = () => {
    if (isRunning) isOutdated = true;
    else if (!signal.aborted) void run();
  };
  const refreshWhenVisible = () => {
    if (document.hidden) document.addEventListener('visibilitychange', refresh, { once: true, signal });
    else refresh();
  };
  const end = () => {
    controller.abort();
    clearTimeout(again);
  };
  if (!isKnown) void run();
  else if (everyMs > 0) again = setTimeout(refreshWhenVisible, everyMs);
  return { refresh, end };
}

const TRIES_MAX = 3;

/** Tries again as the answer says when the server is busy. */
async function callPatiently<T>(request: AskRequest, key: string | undefined, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await callOnce<T>(request, key, signal);
    } catch (error) {
      const waitMs = error instanceof CallError ? error.retryAfterMs : 0;
      if (waitMs === 0 || tries >= TRIES_MAX) throw error;
      await sleep(waitMs, signal);
    }
  }
}

/** The questions that a call may ask. */
export const QUESTIONS_MAX = 12;
const QUERY_PATH = '/v1/query';
/** Lists of questions that components ask in the same moment are one call. */
const askTogether = together<unknown, unknown>({
  questionsMax: QUESTIONS_MAX,
  isRefusal: (error) => error instanceof CallError && error.status >= 400 && error.status < 429,
  send: (key, queries, signal) => call(QUERY_PATH, { key, body: { queries }, signal }),
});

function callOnce<T>({ path, body }: AskRequest, key = '', signal: AbortSignal): Promise<T> {
  const { queries } = (body ?? {}) as { readonly queries?: unknown };
  if (path !== QUERY_PATH || !Array.isArray(queries)) return call<T>(path, { key, body, signal });
  return askTogether(key, queries, signal) as Promise<T>;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('Stopped', 'AbortError'));
    });
  });
}

/** Asks the same questions anew after something has changed: what was kept no longer holds. */
export function forgetAnswers(): void {
  kept.clear();
}

/** A call that changes something, by the key of the session. */
export function change<T>(path: string, body?: unknown, method?: 'POST' | 'PUT' | 'DELETE'): Promise<T> {
  forgetAnswers();
  return call<T>(path, { key: session.value?.key, body, ...(method && { method }) });
}
