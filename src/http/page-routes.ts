/**
 * Page routes: the dashboard, which talks to nothing but this API, its files, and the keys of the demo tenant that it uses
 * on a local stack.
 *
 * Every page has the same document; the script in it shows the page that the path names. A file's name holds the hash of
 * its content, so a browser may keep it for ever.
 */
import { Hono } from 'hono';
import { type DemoKeys, demoKeysSchema } from '../wire/demo.ts';
import { HTML_CONTENT_TYPE } from './html.ts';
import { Problem } from './problem.ts';
import { type RouteAuth, route } from './route.ts';

/** The dashboard as the build makes it. */
export interface Site {
  readonly html: string;
  readonly files: readonly { readonly path: string; readonly contentType: string; readonly text: string }[];
  /** The paths of the files of each page, beyond those that the document names, by the page's name. */
  readonly pages: Readonly<Record<string, readonly string[]>>;
}

/** The paths of the dashboard's pages and what each shows. */
const PAGES: Readonly<Record<string, string>> = {
  '/': 'The dashboard: the overview',
  '/explore': 'The dashboard: any question',
  '/funnels': 'The dashboard: funnels',
  '/retention': 'The dashboard: retention',
  '/paths': 'The dashboard: paths',
  '/sessions': 'The dashboard: sessions',
  '/lifecycle': 'The dashboard: new, returning and dormant people',
  '/people': 'The dashboard: people',
  '/person': 'The dashboard: one person',
  '/cohorts': 'The dashboard: cohorts',
  '/boards': 'The dashboard: boards',
  '/shared': 'The dashboard: a board as a link shows it',
  '/data': 'The dashboard: arrivals, the catalogue and imports',
  '/pipeline': 'The dashboard: shards, watermarks and stores',
  '/settings': 'The dashboard: tenants, keys and quotas',
};

const PAGE_HEADERS = {
  'content-type': HTML_CONTENT_TYPE,
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cache-control': 'no-cache',
};
const FILE_CACHE = 'public, max-age=31536000, immutable';

/** @example app.route('/', pageRoutes(SITE, { auth, demoKeys })) */
export function pageRoutes(
  { html, files, pages }: Site,
  { auth, demoKeys }: { readonly auth: RouteAuth; readonly demoKeys?: DemoKeys | undefined },
): Hono {
  const app = new Hono();
  const open = { method: 'get', tag: 'operations', key: 'none' } as const;
  for (const [path, summary] of Object.entries(PAGES)) {
    const headers = { ...PAGE_HEADERS, ...linkHeader(pages[path === '/' ? 'overview' : path.slice(1)]) };
    route(app, auth, { ...open, path, summary, answer: 'text/html' }, () => new Response(html, { headers }));
  }

  const byPath = new Map(files.map((file) => [file.path, file]));
  route(
    app,
    auth,
    {
      ...open,
      path: '/assets/:name',
      summary: 'A script or a style of the dashboard',
      answer: 'text/javascript',
      errors: ['route-not-found'],
    },
    ({ params }) => {
      const file = byPath.get(`/assets/${params.name}`);
      if (!file) throw new Problem(404, 'route-not-found', 'The dashboard has no such file. Reload the page.');
      return new Response(file.text, { headers: { 'content-type': file.contentType, 'cache-control': FILE_CACHE } });
    },
  );

  route(
    app,
    auth,
    {
      ...open,
      path: '/demo.json',
      summary: 'Keys of the demo tenant; on a local stack only',
      answer: demoKeysSchema,
      errors: ['route-not-found'],
    },
    ({ request }) => {
      if (!demoKeys || !isOwnPage(request))
        throw new Problem(404, 'route-not-found', 'The path does not exist; /docs lists all calls.');
      return demoKeys;
    },
  );
  return app;
}

/** Names files that the browser would else hear of once the script runs, so that it fetches them beside the script. */
function linkHeader(paths: readonly string[] = []): { readonly link?: string } {
  // The script asks for styles without credentials, and a file that was asked for otherwise is not taken.
  const relOf = (path: string) => (path.endsWith('.css') ? 'preload; as=style; crossorigin' : 'modulepreload');
  const links = paths.map((path) => `<${path}>; rel=${relOf(path)}`);
  return links.length === 0 ? {} : { link: links.join(', ') };
}

/** Whether the request comes from the page of this stack, or from no page at all. */
function isOwnPage({ url, headers }: Request): boolean {
  const { origin, hostname } = new URL(url);
  return isLoopback(hostname) && (headers.get('origin') ?? origin) === origin;
}

/**
 * Whether a host name is this machine's own. A page of another name that resolves to 127.0.0.1 (DNS rebinding) is of the
 * same origin as the stack, so the name that the browser sent is all that tells it apart.
 */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || IPV4_LOOPBACK.test(hostname)
  );
}

const IPV4_LOOPBACK = /^127(?:\.\d{1,3}){3}$/;
