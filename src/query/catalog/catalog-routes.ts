/**
 * Catalogue routes: `GET /v1/catalog`, the names that questions may give, and `GET /v1/catalog/values`, the values of one.
 */
import { Hono } from 'hono';
import { route } from '../../http/route.ts';
import type { Services } from '../../services.ts';
import { catalogPageSchema, catalogSchema, catalogValuesPageSchema, catalogValuesSchema } from '../../wire/catalog.ts';
import { answerCall } from '../call/call.ts';
import type { QueryPorts } from '../view/asking.ts';
import { READING_CODES } from '../view/refusal.ts';
import { listCatalog } from './list-catalog.ts';
import { listValues } from './list-values.ts';

export type CatalogServices = Pick<Services, 'auth'> & QueryPorts;

/** @example app.route('/v1/catalog', catalogRoutes(services)) */
export function catalogRoutes(services: CatalogServices): Hono {
  const app = new Hono();
  route(
    app,
    services.auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lists the events, properties, traits and columns that questions may name',
      description:
        'Of each name: its types, how many events have it, when it was first and last seen, and examples of its values. ' +
        'Events are counted exactly; what is said of properties and traits beyond types and days comes from a sample of the ' +
        'newest events, whose size the answer tells.',
      tag: 'query',
      key: 'read',
      query: catalogPageSchema,
      answer: catalogSchema,
      errors: ['cursor-invalid', 'last-invalid', 'range-invalid', 'range-too-wide', ...READING_CODES],
    },
    async ({ tenant, query: page }) => {
      const call = { tenant, nowMs: services.now() };
      return answerCall(services, call, (asking) => listCatalog(asking, page));
    },
  );
  route(
    app,
    services.auth,
    {
      method: 'get',
      path: '/values',
      summary: 'Lists the most frequent values of a property, for autocompletion',
      description:
        'The range shrinks to what can be counted while somebody types; the answer names it. A property that no event has ' +
        'has no values.',
      tag: 'query',
      key: 'read',
      query: catalogValuesPageSchema,
      answer: catalogValuesSchema,
      errors: READING_CODES,
    },
    async ({ tenant, query: page }) => {
      const call = { tenant, nowMs: services.now() };
      return answerCall(services, call, (asking) => listValues(asking, page));
    },
  );
  return app;
}
