/** Client: the routes that read events, over a world, as a tenant with a read key asks them. */
import { Hono } from 'hono';
import { renderProblem } from '../../../src/http/problem.ts';
import { queryRoutes } from '../../../src/query/ask/routes.ts';
import { exportRoutes } from '../../../src/query/export/export-routes.ts';
import { journeyRoutes } from '../../../src/query/journeys/journey-routes.ts';
import type { World } from './world.ts';

/** Returns a function that posts a body with the range to a path under `/v1`. An answer of an export is its text. */
export function clientOf(world: World, range: { readonly from: string; readonly to: string }) {
  const auth = { authenticate: async () => ({ tenant: { ...world.tenant, rollups: [] } }) };
  let drawCount = 0;
  const random = (sizeBytes: number) => new Uint8Array(sizeBytes).fill(++drawCount);
  const services = { ...world.ports, auth, random } as unknown as Parameters<typeof queryRoutes>[0] &
    Parameters<typeof exportRoutes>[0];
  const app = new Hono();
  app.route('/v1/query', queryRoutes(services));
  app.route('/v1/query', journeyRoutes(services));
  app.route('/v1/export', exportRoutes(services));
  app.onError((error, c) => renderProblem(c, error));
  return async (path: string, body: object) => {
    const request = { method: 'POST', body: JSON.stringify({ ...range, ...body }) };
    const response = await app.request(`/v1/${path}`, request);
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
    return { status: response.status, body: (response.status === 200 ? text : JSON.parse(text)) as any };
  };
}
