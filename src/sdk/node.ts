/**
 * Node: the client of a server or a Worker, which speaks for many people: each call names its own.
 *
 * @example
 * const tidemark = createTidemark({ key: process.env.TIDEMARK_KEY, host: 'https://tidemark.example.com' });
 * tidemark.track('Order Paid', { value: 12.5 }, { userId: 'ann' });
 * await tidemark.flush(); // before the process ends; in a Worker: ctx.waitUntil(tidemark.flush())
 */
import type { Properties, SdkEvent } from './event.ts';
import { makeOutbox } from './outbox.ts';
import { eventsUrlOf, newId, post, warn } from './platform.ts';
import { memoryStore } from './store.ts';
import { makeClient, type Options } from './tidemark.ts';

export type { Refused } from './event.ts';

/** Whose event it is, and what else is known of it. */
export type Who = Partial<Pick<SdkEvent, 'id' | 'userId' | 'anonymousId' | 'groupId' | 'timestamp' | 'context'>>;

export interface ServerTidemark {
  track(event: string, properties: Properties | undefined, who: Who): string | null;
  page(name: string | undefined, properties: Properties | undefined, who: Who): string | null;
  identify(userId: string, traits?: Properties, who?: Who): string | null;
  group(groupId: string, traits: Properties | undefined, who: Who): string | null;
  alias(userId: string, previousId: string): string | null;
  /** Resolves when all events are answered, or are to be tried later. */
  flush(): Promise<void>;
}

/** Events that wait in memory, some 100 MB of them. Beyond it the oldest are dropped, and told. */
const EVENTS_MAX = 100_000;

export function createTidemark({
  key,
  host,
  onRefused = warn,
}: Pick<Options, 'key' | 'host' | 'onRefused'>): ServerTidemark {
  const url = eventsUrlOf(host);
  const now = Date.now;
  const kept = memoryStore();
  const { make, alias, flush } = makeClient(
    {},
    {
      kept,
      outboxOf: (store, isOpen) =>
        makeOutbox({
          store,
          isOpen,
          post: (body) => {
            const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
            return post(url, { headers, body });
          },
          eventsMax: EVENTS_MAX,
          alone: (work) => work().then(() => true),
          now,
          random: Math.random,
          later: (run, delayMs) => {
            // A process that has nothing else to do need not wait for it: `flush` does.
            const timer = setTimeout(run, delayMs) as unknown as { unref?: () => void };
            timer.unref?.();
          },
          envelope: () => ({ context: { library: { name: 'tidemark-node' } } }),
          onRefused,
        }),
      now,
      newId,
      context: () => ({}),
      hasDevice: false,
      isOptedOut: false,
    },
  );
  return {
    track: (event, properties, who) => make('track', { event, properties, ...who }),
    page: (name, properties, who) => make('page', { name, properties, ...who }),
    identify: (userId, traits, who) => make('identify', { ...who, userId, properties: traits }),
    group: (groupId, traits, who) => make('group', { ...who, groupId, properties: traits }),
    alias,
    flush,
  };
}
