/**
 * Collect routes: the calls that take events, each with the protocol it speaks.
 *
 *   POST /v1/events                                           native
 *   POST /v1/{track,page,screen,identify,group,alias,batch}   Segment's HTTP tracking API
 *
 * Other methods are refused by the app (405 with `Allow`): `GET /v1/events` belongs to the explorer.
 */
import { Hono } from 'hono';
import { EVENT_TYPES } from '../core/event/event.ts';
import type { FlushMessage } from '../core/shard/rpc.ts';
import { describe } from '../http/describe.ts';
import { apiHeaders } from '../http/security-headers.ts';
import { type CollectDeps, collect } from './collect.ts';
import { HotReports } from './hot-reports.ts';
import { nativeProtocol } from './protocols/native.ts';
import type { Protocol } from './protocols/protocol.ts';
import { segmentProtocol } from './protocols/segment.ts';
import { BODY_CONTENT_TYPES } from './request/body.ts';
import { CORS_HEADERS, cors } from './request/origin.ts';
import { verdictSchema } from './request/verdict.ts';

interface Call {
  readonly path: string;
  readonly protocol: Protocol;
  readonly summary: string;
  readonly bodyTypes: readonly string[];
}

const CALLS: readonly Call[] = [
  {
    path: '/v1/events',
    protocol: nativeProtocol,
    summary: 'Takes events: an object, an array, {batch: […]}, or newline-delimited; gzip welcome',
    bodyTypes: BODY_CONTENT_TYPES,
  },
  ...[...EVENT_TYPES, undefined].map((type) => ({
    path: `/v1/${type ?? 'batch'}`,
    protocol: segmentProtocol(type),
    summary: `Segment's ${type ?? 'batch'} call`,
    bodyTypes: ['application/json', 'text/plain'],
  })),
];

/** The headers of an answer that is no problem. */
const TAKEN = { headers: apiHeaders({ 'content-type': 'application/json', ...CORS_HEADERS }) };

export interface CollectServices extends CollectDeps {
  readonly flushQueue: { send(message: FlushMessage): Promise<unknown> };
}

/** @example app.route('/', collectRoutes(services)) */
export function collectRoutes(services: CollectServices): Hono {
  const app = new Hono();
  const hotReports = new HotReports(services.flushQueue, services.now);
  const deps: CollectDeps = { ...services, reportHot: (address) => hotReports.report(address) };
  for (const { path, protocol, summary, bodyTypes } of CALLS) {
    app.on(['POST', 'OPTIONS'], path, cors);
    const description = {
      summary,
      tag: 'collect',
      key: 'write',
      body: protocol.bodySchema,
      bodyTypes,
      answer: verdictSchema,
    } as const;
    app.post(path, describe(description), async (c) => Response.json(await collect(c.req.raw, protocol, deps), TAKEN));
  }
  return app;
}
