/**
 * Docs routes: the API about itself: `/openapi.json`, `/docs`, and the codes of errors at `/docs/errors`.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { HTML_CONTENT_TYPE } from '../http/html.ts';
import { type RouteAuth, route } from '../http/route.ts';
import { type OpenApiDocument, openApiOf } from './document.ts';
import { DOCS_CONTENT_SECURITY_POLICY, docsPage, errorsPage } from './pages.ts';

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
  route(
    app,
    auth,
    { ...open, path: '/docs', summary: 'This API as a page', answer: 'text/html' },
    () => new Response(docsPage(openApi()), PAGE),
  );
  route(
    app,
    auth,
    { ...open, path: '/docs/errors', summary: 'The codes of errors as a page', answer: 'text/html' },
    () => new Response(errorsPage(), PAGE),
  );
  return app;
}
