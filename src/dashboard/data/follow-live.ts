/**
 * Live stream: the messages of `/v1/live` through a WebSocket, or as server-sent events where sockets are blocked.
 *
 * A connection that ends or falls silent is opened anew after its last message, so that the messages have no gap and no
 * double. A page that is hidden watches nothing.
 */
import { LIVE_BEAT_MS, SECOND_MS } from '../../core/limits.ts';
import type { LiveMessage, LiveTicket } from '../../wire/live.ts';
import { call, callRaw } from './api.ts';

/** How the messages come: `null` while no connection tells any. */
export type LiveVia = 'socket' | 'events' | null;

export interface LiveListener {
  onMessage(message: LiveMessage): void;
  onVia(via: LiveVia): void;
}

/** A stream says something at each beat; one that has missed two is dead. */
const SILENCE_MS_MAX = 2 * LIVE_BEAT_MS + SECOND_MS;
const RETRY_MS = 500;
const RETRY_MS_MAX = 30_000;
/** Messages after which the watcher says what it has. */
const ACK_EVERY = 16;

type Transport = (options: ConnectionOptions) => Promise<void>;

interface ConnectionOptions {
  readonly key: string;
  /** The last message that the page has; null for none. */
  readonly after: number | null;
  readonly signal: AbortSignal;
  readonly onMessage: (message: LiveMessage) => void;
}

/** Follows the stream until the signal ends it. */
export async function followLive(key: string, signal: AbortSignal, listener: LiveListener): Promise<void> {
  let after: number | null = null;
  let isSocketBlocked = false;
  for (let failures = 0; !signal.aborted; ) {
    await whenVisible(signal);
    const via = isSocketBlocked ? 'events' : 'socket';
    const open: Transport = isSocketBlocked ? readEvents : readSocket;
    let messages = 0;
    const onMessage = (message: LiveMessage) => {
      if (messages++ === 0) listener.onVia(via);
      if (message.type !== 'beat') after = message.seq;
      listener.onMessage(message);
    };
    await connect(open, { key, after, signal, onMessage });
    if (signal.aborted) return;
    listener.onVia(null);
    failures = messages > 0 ? 0 : failures + 1;
    // A way that told nothing may be blocked on the way here: the other one is tried.
    if (messages === 0) isSocketBlocked = !isSocketBlocked;
    if (failures !== 1) await sleep(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** failures), signal);
  }
}

/** Opens one connection; resolves when it ended, fell silent, or the page was hidden. */
async function connect(open: Transport, options: ConnectionOptions): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  const endWhenHidden = () => document.hidden && end();
  let silence = setTimeout(end, SILENCE_MS_MAX);
  const onMessage = (message: LiveMessage) => {
    clearTimeout(silence);
    silence = setTimeout(end, SILENCE_MS_MAX);
    options.onMessage(message);
  };
  options.signal.addEventListener('abort', end);
  document.addEventListener('visibilitychange', endWhenHidden);
  await open({ ...options, signal: ended.signal, onMessage }).catch(() => {
    // The connection is refused or broken: another one is opened.
  });
  clearTimeout(silence);
  options.signal.removeEventListener('abort', end);
  document.removeEventListener('visibilitychange', endWhenHidden);
}

async function readSocket({ key, after, signal, onMessage }: ConnectionOptions): Promise<void> {
  const { ticket } = await call<LiveTicket>('/v1/live/ticket', { key, method: 'POST', signal });
  const url = new URL(livePath(after, ticket), location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  const close = () => {
    // A browser complains of a socket that is closed before it is open.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
    resolve();
  };
  let messages = 0;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as LiveMessage;
    if (++messages % ACK_EVERY === 0 || message.type === 'beat') socket.send(`ack:${message.seq}`);
    if (!signal.aborted) onMessage(message);
  };
  socket.onclose = () => resolve();
  signal.addEventListener('abort', close);
  if (signal.aborted) close();
  await promise;
}

async function readEvents({ key, after, signal, onMessage }: ConnectionOptions): Promise<void> {
  const { body } = await callRaw(livePath(after), { key, signal });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (text + part.value).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      if (event.startsWith('event: close')) return;
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) onMessage(JSON.parse(data) as LiveMessage);
    }
  }
}

function livePath(after: number | null, ticket?: string): string {
  const parameters = new URLSearchParams({
    ...(ticket !== undefined && { ticket }),
    ...(after !== null && { after: String(after) }),
  });
  return `/v1/live?${parameters}`;
}

function whenVisible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return untilEvent([document, 'visibilitychange'], signal);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return untilEvent(null, signal, ms);
}

/** Resolves at an event, after a time, or when the signal ends it. */
function untilEvent(on: readonly [EventTarget, string] | null, signal: AbortSignal, ms?: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      on?.[0].removeEventListener(on[1], end);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(end, ms);
    on?.[0].addEventListener(on[1], end);
    signal.addEventListener('abort', end);
  });
}
