/**
 * NotFound: the answer to a request that no route takes: 405 with `Allow` when the path exists for other methods, else
 * 404.
 */
import type { Context, Hono } from 'hono';
import { Problem, renderProblem } from './problem.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export function answerNotFound(app: Hono) {
  return (c: Context): Response => {
    const allowed = METHODS.filter((method) => hasRoute(app, method, c.req.path));
    if (allowed.length === 0) {
      return renderProblem(c, new Problem(404, 'route-not-found', 'The path does not exist; /docs lists all calls.'));
    }
    const detail = `This path does not take ${c.req.method}; it takes ${allowed.join(', ')}.`;
    return renderProblem(c, new Problem(405, 'method-not-allowed', detail, { headers: { allow: allowed.join(', ') } }));
  };
}

/** Whether a route takes this method and path; the middleware that matches everything does not count. */
function hasRoute(app: Hono, method: string, path: string): boolean {
  const [handlers] = app.router.match(method, path);
  return handlers.some(([[, route]]) => route.method === method);
}
