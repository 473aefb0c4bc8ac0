/**
 * Live watchers: the open connections of a hub, WebSockets and streams of events, and the messages to them.
 *
 * - A message is made once for all watchers of one filter.
 * - The platform buffers what a WebSocket's peer does not read, and does not tell how much. So a watcher acknowledges what it
 *   has read, and one that has too much unacknowledged is dropped: it comes back and goes on after its last message. A stream
 *   has back-pressure of its own.
 * - WebSockets outlive an eviction of the hub: what is known of each is attached to it.
 */
import { LIMITS } from '../src/core/limits.ts';
import type { LiveMessage } from '../src/core/live/message.ts';
import type { LiveFilter, WatchSpec } from '../src/core/live/watch.ts';

/** Codes with which a connection is closed. */
export const CLOSE = { slow: 4_008, renew: 4_010, ended: 4_011 } as const;
export type CloseReason = keyof typeof CLOSE;

type SocketHost = Pick<DurableObjectState, 'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse'>;

interface Known {
  readonly filter: LiveFilter;
  readonly keyId: string;
  readonly connectedAtMs: number;
}

/** One open connection. */
interface Watcher extends Known {
  readonly filterKey: string;
  /** Bytes sent and not known to be read. */
  readonly unreadBytes: number;
  send(text: string, message: LiveMessage): void;
  close(reason: CloseReason): void;
}

export class LiveWatchers {
  readonly #host: SocketHost;
  readonly #watchers = new Map<WebSocket | StreamWatcher, Watcher>();

  constructor(host: SocketHost) {
    this.#host = host;
    host.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
    for (const socket of host.getWebSockets())
      this.#watchers.set(socket, new SocketWatcher(socket, socket.deserializeAttachment() as Known));
  }

  get count(): number {
    return this.#watchers.size;
  }

  /** Opens a WebSocket and sends its first messages. */
  acceptSocket(spec: WatchSpec, welcome: readonly LiveMessage[], nowMs: number): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    const known = knownOf(spec, nowMs);
    this.#host.acceptWebSocket(server);
    server.serializeAttachment(known);
    this.#admit(server, new SocketWatcher(server, known), welcome);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Opens a stream of server-sent events and sends its first messages. */
  acceptStream(spec: WatchSpec, welcome: readonly LiveMessage[], nowMs: number): Response {
    const watcher = new StreamWatcher(knownOf(spec, nowMs), () => this.#watchers.delete(watcher));
    this.#admit(watcher, watcher, welcome);
    return new Response(watcher.readable, { headers: STREAM_HEADERS });
  }

  /** Sends a message to every watcher: `messageOf` makes it for a filter. */
  send(messageOf: (filter: LiveFilter) => LiveMessage): void {
    const made = new Map<string, readonly [text: string, message: LiveMessage]>();
    for (const watcher of this.#watchers.values()) {
      let own = made.get(watcher.filterKey);
      if (own === undefined) {
        const message = messageOf(watcher.filter);
        own = [JSON.stringify(message), message];
        made.set(watcher.filterKey, own);
      }
      watcher.send(...own);
    }
    this.#dropSlow();
  }

  acknowledge(socket: WebSocket, text: string): void {
    const [, seq] = /^ack:(\d{1,16})$/.exec(text) ?? [];
    const watcher = this.#watchers.get(socket);
    if (seq !== undefined && watcher instanceof SocketWatcher) watcher.acknowledge(Number(seq));
  }

  /** Forgets a socket that its client has closed. */
  forget(socket: WebSocket): void {
    this.#watchers.delete(socket);
  }

  /** Closes the connections that were opened before the instant. */
  closeOpenedBefore(instantMs: number): void {
    this.#close('renew', ({ connectedAtMs }) => connectedAtMs < instantMs);
  }

  closeOfKeys(keyIds: readonly string[]): void {
    this.#close('ended', ({ keyId }) => keyIds.includes(keyId));
  }

  closeAll(reason: CloseReason): void {
    this.#close(reason, () => true);
  }

  #admit(key: WebSocket | StreamWatcher, watcher: Watcher, welcome: readonly LiveMessage[]): void {
    this.#watchers.set(key, watcher);
    for (const message of welcome) watcher.send(JSON.stringify(message), message);
  }

  /** Drops the watchers that are too slow, and the slowest while all together hold too much. */
  #dropSlow(): void {
    this.#close('slow', ({ unreadBytes }) => unreadBytes > LIMITS.liveUnackedSizeBytesMax);
    let total = 0;
    for (const { unreadBytes } of this.#watchers.values()) total += unreadBytes;
    if (total <= LIMITS.liveUnackedSizeBytesAllMax) return;
    const slowest = [...this.#watchers.values()].sort((a, b) => b.unreadBytes - a.unreadBytes);
    const dropped = new Set<Watcher>();
    for (const watcher of slowest) {
      if (total <= LIMITS.liveUnackedSizeBytesAllMax) break;
      total -= watcher.unreadBytes;
      dropped.add(watcher);
    }
    this.#close('slow', (watcher) => dropped.has(watcher));
  }

  #close(reason: CloseReason, concerns: (watcher: Watcher) => boolean): void {
    for (const [key, watcher] of this.#watchers) {
      if (!concerns(watcher)) continue;
      this.#watchers.delete(key);
      watcher.close(reason);
    }
  }
}

function knownOf({ filter, keyId }: WatchSpec, connectedAtMs: number): Known {
  return { filter, keyId, connectedAtMs };
}

class SocketWatcher implements Watcher {
  readonly filter: LiveFilter;
  readonly filterKey: string;
  readonly keyId: string;
  readonly connectedAtMs: number;
  unreadBytes = 0;
  readonly #socket: WebSocket;
  /** The messages that were sent and are not acknowledged, the oldest first. */
  #sent: { readonly seq: number; readonly sizeBytes: number }[] = [];

  constructor(socket: WebSocket, { filter, keyId, connectedAtMs }: Known) {
    this.#socket = socket;
    this.filter = filter;
    this.filterKey = JSON.stringify(filter);
    this.keyId = keyId;
    this.connectedAtMs = connectedAtMs;
  }

  send(text: string, { seq }: LiveMessage): void {
    this.unreadBytes += text.length;
    this.#sent.push({ seq, sizeBytes: text.length });
    try {
      this.#socket.send(text);
    } catch {
      // The client has gone; the platform tells so by webSocketClose.
    }
  }

  acknowledge(seq: number): void {
    const first = this.#sent.findIndex((message) => message.seq > seq);
    const read = this.#sent.splice(0, first === -1 ? this.#sent.length : first);
    for (const { sizeBytes } of read) this.unreadBytes -= sizeBytes;
  }

  close(reason: CloseReason): void {
    try {
      this.#socket.close(CLOSE[reason], reason);
    } catch {
      // It is closed already.
    }
  }
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A proxy that buffers the stream would hold back every event.
  'x-accel-buffering': 'no',
};
/** Bytes of a stream that count as being on their way. */
const STREAM_BUFFER_BYTES = 65_536;
const encoder = new TextEncoder();

class StreamWatcher implements Watcher {
  readonly filter: LiveFilter;
  readonly filterKey: string;
  readonly keyId: string;
  readonly connectedAtMs: number;
  readonly readable: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor({ filter, keyId, connectedAtMs }: Known, onGone: () => void) {
    this.filter = filter;
    this.filterKey = JSON.stringify(filter);
    this.keyId = keyId;
    this.connectedAtMs = connectedAtMs;
    this.readable = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: onGone,
      },
      new ByteLengthQueuingStrategy({ highWaterMark: STREAM_BUFFER_BYTES }),
    );
  }

  get unreadBytes(): number {
    return STREAM_BUFFER_BYTES - (this.#controller.desiredSize ?? STREAM_BUFFER_BYTES);
  }

  send(text: string, { type, seq }: LiveMessage): void {
    const id = type === 'beat' ? '' : `id: ${seq}\n`;
    this.#enqueue(`${id}event: ${type}\ndata: ${text}\n\n`);
  }

  close(reason: CloseReason): void {
    this.#enqueue(`event: close\ndata: {"code":${CLOSE[reason]},"reason":"${reason}"}\n\n`);
    try {
      this.#controller.close();
    } catch {
      // The reader has gone.
    }
  }

  #enqueue(text: string): void {
    try {
      this.#controller.enqueue(encoder.encode(text));
    } catch {
      // The reader has gone; `cancel` tells so.
    }
  }
}
