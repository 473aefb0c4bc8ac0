/**
 * Docs routes: the API about itself: `/openapi.json`, `/docs`, and the codes of errors at `/docs/errors`.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import {
  DOCS_CONTENT_SECURITY_POLICY,
  docsPage,
  errorsPage,
  HTML_CONTENT_TYPE,
  type OpenApiDocument,
  openApiOf,
} from './openapi.ts';
import { type RouteAuth, route } from './route.ts';

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
  const openApi = async () => {
    document ??= await openApiOf(whole);
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
      answer: z.looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.record(z.string(), z.unknown()) }),
    },
    openApi,
  );
  route(
    app,
    auth,
    { ...open, path: '/docs', summary: 'This API as a page', answer: 'text/html' },
    async () => new Response(docsPage(await openApi()), PAGE),
  );
  route(
    app,
    auth,
    { ...open, path: '/docs/errors', summary: 'The codes of errors as a page', answer: 'text/html' },
    () => new Response(errorsPage(), PAGE),
  );
  return app;
}
