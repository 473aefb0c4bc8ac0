/**
 * Script routes: the SDK for pages at `/tm.js`, and its extras at `/tm/<name>.js`.
 */
import { Hono } from 'hono';
import { type RouteAuth, route } from './route.ts';

export interface Script {
  readonly path: string;
  readonly text: string;
  readonly etag: string;
}

/** A new release reaches pages within the hour. */
const CACHE_CONTROL = 'public, max-age=3600, stale-while-revalidate=86400';

/** @example app.route('/', scriptRoutes(SCRIPTS, auth)) */
export function scriptRoutes(scripts: readonly Script[], auth: RouteAuth): Hono {
  const app = new Hono();
  for (const { path, text, etag } of scripts) {
    const headers = {
      'content-type': 'text/javascript; charset=UTF-8',
      'cache-control': CACHE_CONTROL,
      // A page may load the script with `crossorigin`, and extras are modules, which are always fetched with CORS.
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      etag,
    };
    const summary = path === '/tm.js' ? 'The SDK for pages' : `The extra ${path.slice(4, -3)} of the SDK for pages`;
    const description = {
      method: 'get',
      path,
      summary,
      tag: 'collect',
      key: 'none',
      answer: 'text/javascript',
    } as const;
    route(app, auth, description, ({ request }) => {
      const isKnown = request.headers.get('if-none-match') === etag;
      return new Response(isKnown ? null : text, { status: isKnown ? 304 : 200, headers });
    });
  }
  return app;
}
