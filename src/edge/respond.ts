/**
 * Respond: a protocol's answer, or its form of a refusal, as the Response that leaves.
 */
import type { MiddlewareHandler } from 'hono';
import { Problem } from '../http/problem.ts';
import { apiHeaders } from '../http/security-headers.ts';
import type { Call, ProtocolAnswer } from './protocols/protocol.ts';
import { type CorsSpec, corsHeaders } from './request/cors.ts';
import { RequestHead } from './request/head.ts';

/**
 * Makes the responses of the calls of one path. The headers of each object that a protocol gives are finished once,
 * because each header that is set costs a call out of JavaScript, which slows the busiest call.
 */
export function responder(cors: CorsSpec = {}): (answer: ProtocolAnswer, request: Request) => Response {
  const finished = new WeakMap<object, Headers>();
  return ({ status, headers, body }, request) => {
    if (cors.credentials === true) {
      const own = { ...headers, ...corsHeaders(cors, request.headers.get('origin')) };
      return new Response(body, { status, headers: apiHeaders(own) });
    }
    let whole = finished.get(headers);
    if (whole === undefined) {
      whole = apiHeaders({ ...headers, ...corsHeaders(cors, null) });
      finished.set(headers, whole);
    }
    return new Response(body, { status, headers: whole });
  };
}

/**
 * Gives the refusals of a call the vendor's form. `Retry-After` and `WWW-Authenticate` stay as they were; the CORS headers
 * are set by the middleware around this one.
 */
export function refusalsInFormOf(call: Call): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.error === undefined || call.refuse === undefined) return;
    const { status, headers, body } = call.refuse(problemOf(c.error), new RequestHead(c.req.raw, c.req.param()));
    const response = new Response(body, { status, headers });
    for (const name of ['retry-after', 'www-authenticate']) {
      const value = c.res.headers.get(name);
      if (value !== null) response.headers.set(name, value);
    }
    // Hono would merge the headers of the problem document into a response that replaces it.
    c.res = undefined;
    c.res = response;
  };
}

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error;
  return new Problem(500, 'internal', 'The request failed; it was logged.', { cause: error });
}
