/**
 * Page routes: the pages, which talk to nothing but this API, and the keys of the demo tenant that they use on a local
 * stack.
 */
import { Hono } from 'hono';
import { type DemoKeys, demoKeysSchema } from '../wire/demo.ts';
import { HTML_CONTENT_TYPE } from './openapi.ts';
import { Problem } from './problem.ts';
import { type RouteAuth, route } from './route.ts';

export interface Page {
  /** `/` for the first page, `/<name>` for another one. */
  readonly path: string;
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** @example app.route('/', pageRoutes(PAGES, { auth, demoKeys })) */
export function pageRoutes(
  pages: readonly Page[],
  { auth, demoKeys }: { readonly auth: RouteAuth; readonly demoKeys?: DemoKeys | undefined },
): Hono {
  const app = new Hono();
  const open = { method: 'get', tag: 'operations', key: 'none' } as const;
  for (const { path, html, contentSecurityPolicy } of pages) {
    const summary = path === '/' ? 'The first page' : `The page ${path.slice(1)}`;
    const headers = {
      'content-type': HTML_CONTENT_TYPE,
      'content-security-policy': contentSecurityPolicy,
      'cache-control': 'no-cache',
    };
    route(app, auth, { ...open, path, summary, answer: 'text/html' }, () => new Response(html, { headers }));
  }

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
