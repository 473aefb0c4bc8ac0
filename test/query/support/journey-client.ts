// A client of the journey routes alone, authenticated as one tenant.

import { Hono } from 'hono';
import type { Tenant } from '../../../src/core/tenant/tenant.ts';
import { renderProblem } from '../../../src/http/problem.ts';
import { type JourneyServices, journeyRoutes } from '../../../src/query/journeys/journey-routes.ts';
import type { QueryPorts } from '../../../src/query/view/asking.ts';

export function journeyClient(ports: QueryPorts, tenant: Tenant) {
  const auth = { authenticate: async () => ({ tenant }) };
  const app = new Hono().route('/v1/query', journeyRoutes({ ...ports, auth } as unknown as JourneyServices));
  app.onError((error, c) => renderProblem(c, error));
  return async (name: string, body: unknown) => {
    const response = await app.request(`/v1/query/${name}`, { method: 'POST', body: JSON.stringify(body) });
    // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
    return { status: response.status, body: (await response.json()) as any };
  };
}
