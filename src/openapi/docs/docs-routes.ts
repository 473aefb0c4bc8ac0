/**
 * Docs routes: the API about itself: `/openapi.json`, the pages at `/docs`, and the codes of errors at `/docs/errors`.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { HTML_CONTENT_TYPE } from '../../http/html.ts';
import { Problem } from '../../http/problem.ts';
import { type RouteAuth, route } from '../../http/route.ts';
import { type OpenApiDocument, openApiOf } from '../document.ts';
import { DOCS_CONTENT_SECURITY_POLICY, errorsPage, overviewPage, tagPage } from './pages.ts';
import { DOCS_STYLE } from './style.ts';

const documentSchema = z
  .looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.record(z.string(), z.unknown()) })
  .meta({ id: 'OpenApi' });

/** A browser may keep what anybody may read, and asks each time whether it is still so. */
const OPEN_TO_ALL = { 'cache-control': 'no-cache' };
const PAGE = {
  headers: {
    ...OPEN_TO_ALL,
    'content-type': HTML_CONTENT_TYPE,
    'content-security-policy': DOCS_CONTENT_SECURITY_POLICY,
  },
};

/** @example app.route('/', docsRoutes(app, auth)) */
export function docsRoutes(whole: Hono, auth: RouteAuth): Hono {
  const app = new Hono();
  const open = { method: 'get', tag: 'operations', key: 'none' } as const;
  let document: OpenApiDocument | undefined;
  const openApi = () => {
    document ??= openApiOf(whole);
    return document;
  };

  const page = (path: '/docs' | '/docs/errors', summary: string, make: () => string) =>
    route(app, auth, { ...open, path, summary, answer: 'text/html' }, () => new Response(make(), PAGE));

  route(
    app,
    auth,
    {
      ...open,
      path: '/openapi.json',
      summary: 'This API as an OpenAPI 3.1 document',
      headers: OPEN_TO_ALL,
      answer: documentSchema,
    },
    () => ({ ...openApi() }),
  );
  page('/docs', 'This API as pages: an overview', () => overviewPage(openApi()));
  page('/docs/errors', 'The codes of errors as a page', () => errorsPage(openApi()));
  route(
    app,
    auth,
    { ...open, path: '/docs/style.css', summary: 'The style of the pages about this API', answer: 'text/css' },
    () => new Response(DOCS_STYLE, { headers: { ...OPEN_TO_ALL, 'content-type': 'text/css; charset=UTF-8' } }),
  );
  route(
    app,
    auth,
    {
      ...open,
      path: '/docs/:part',
      summary: 'The calls of one part of this API as a page',
      answer: 'text/html',
      errors: ['route-not-found'],
    },
    ({ params: { part } }) => {
      const html = tagPage(openApi(), part);
      if (html === null) throw new Problem(404, 'route-not-found', 'There is no such part; /docs lists them.');
      return new Response(html, PAGE);
    },
  );
  return app;
}
