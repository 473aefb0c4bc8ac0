/**
 * Browser: the client of a page. Events outlive a reload, a lost connection and a page that is closed in mid-send; all tabs
 * of an origin share the device, the session and the outbox.
 *
 * @example
 * const tidemark = createTidemark({ key: 'tm_browser_…', host: 'https://tidemark.example.com' });
 * tidemark.track('Signed Up', { plan: 'pro' });
 */
import type { Properties } from './event.ts';
import { makeOutbox } from './outbox.ts';
import { eventsUrlOf, newId, post, warn } from './platform.ts';
import { localStore, type Store } from './store.ts';
import { type Client, makeClient, type Options } from './tidemark.ts';

export type { Refused } from './event.ts';
export type { Consent, Options, Tidemark } from './tidemark.ts';

export interface BrowserOptions extends Options {
  /** When page views are sent: `auto`, `hash` (the route stands behind the #, too), or `manual`. Default: `auto`. */
  readonly pages?: 'auto' | 'hash' | 'manual';
}

/** Above this, a browser refuses to let the request outlive its page. */
const KEEPALIVE_LENGTH_MAX = 60_000;

export function createTidemark(options: BrowserOptions): Client {
  const { key, host, onRefused = warn } = options;
  const now = Date.now;
  const url = eventsUrlOf(host);
  const kept = localStore(`tm:${key.slice(-8)}:`, () => localStorage);
  const envelope = () => ({ writeKey: key, context: deviceContext() });
  const makeOutboxOf = (store: () => Store, isOpen: () => boolean) =>
    makeOutbox({
      store,
      isOpen,
      // Text, which a page may send across origins without a preflight.
      post: (body) =>
        post(url, {
          headers: { 'content-type': 'text/plain' },
          body,
          keepalive: body.length < KEEPALIVE_LENGTH_MAX,
          credentials: 'omit',
        }),
      alone: (work) => alone(`tm:${key}`, work),
      now,
      random: Math.random,
      later: (run, delayMs) => void setTimeout(run, delayMs),
      envelope,
      onRefused,
    });
  const client = makeClient(options, {
    kept,
    outboxOf: makeOutboxOf,
    now,
    newId,
    context: pageContext,
    hasDevice: true,
    isOptedOut: asksNotToBeTracked(),
  });
  addEventListener('pagehide', client.outbox.flushAtEnd);
  document.addEventListener('visibilitychange', () => document.hidden && client.outbox.flushAtEnd());
  addEventListener('online', client.outbox.flush);
  // Events of an earlier page, which was closed before they were answered.
  client.outbox.flush();
  if (options.pages !== 'manual') watchPages(() => client.page(), options.pages === 'hash');
  return client;
}

async function alone(name: string, work: () => Promise<void>): Promise<boolean> {
  // Absent in old browsers and on pages without TLS. Two tabs may then send an event both: the server keeps one.
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) return work().then(() => true);
  return locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await work();
    return lock !== null;
  });
}

/** Context that all events of the browser share, sent once a request. */
function deviceContext(): Properties {
  const { language } = navigator;
  return {
    library: { name: 'tidemark-browser' },
    locale: language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, height: screen.height },
  };
}

let cameFrom = '';

function pageContext(): Properties {
  const { title, referrer } = document;
  const { href, pathname, search } = location;
  return { page: { url: href, path: pathname, search, title, referrer: cameFrom || referrer } };
}

/** Global Privacy Control (https://w3c.github.io/gpc/), and its forerunner, Do Not Track. */
function asksNotToBeTracked(): boolean {
  const { globalPrivacyControl, doNotTrack } = navigator as {
    globalPrivacyControl?: boolean;
    doNotTrack?: string | null;
  };
  return globalPrivacyControl === true || doNotTrack === '1';
}

/** Calls `onPage` for the page and for each further route of a single-page app. */
function watchPages(onPage: () => void, isHashed: boolean): void {
  const routeOf = () => location.pathname + location.search + (isHashed ? location.hash : '');
  let route: string | null = null;
  let address = '';
  const look = () => {
    if (route === routeOf()) return;
    cameFrom = address;
    route = routeOf();
    address = location.href;
    onPage();
  };
  for (const name of ['pushState', 'replaceState'] as const) {
    const own = history[name];
    history[name] = function (this: History, ...given) {
      own.apply(this, given);
      // After the app's own code, which sets the title.
      setTimeout(look);
    };
  }
  addEventListener('popstate', () => setTimeout(look));
  if (isHashed) addEventListener('hashchange', () => setTimeout(look));
  look();
}
