/**
 * Collect routes: the calls of every protocol, mounted. A new protocol is one more in PROTOCOLS.
 *
 *   POST /v1/events                                              native
 *   POST /v1/{track,page,screen,identify,group,alias,batch}, …   Segment's HTTP tracking API, and RudderStack's
 *
 * The app refuses other methods (405 with `Allow`): `GET /v1/events` belongs to the explorer.
 */
import { Hono } from 'hono';
import type { FlushMessage } from '../core/shard/rpc.ts';
import { assert } from '../core/std/result.ts';
import { checkText } from '../http/answer-checks.ts';
import { describe } from '../http/describe.ts';
import type { ProblemCode } from '../wire/problem-codes.ts';
import { type CollectDeps, collect } from './collect.ts';
import { COLLECT_CODES, SENDER_KEY_CODES } from './collect-codes.ts';
import { HotReports } from './hot-reports.ts';
import { amplitudeProtocol } from './protocols/amplitude/amplitude.ts';
import { batchProtocol } from './protocols/batch/batch.ts';
import { cloudEventsProtocol } from './protocols/cloudevents/cloudevents.ts';
import { ga4Protocol } from './protocols/ga4/ga4.ts';
import { matomoProtocol } from './protocols/matomo/matomo.ts';
import { mixpanelProtocol } from './protocols/mixpanel/mixpanel.ts';
import { nativeProtocol } from './protocols/native.ts';
import { otlpProtocol } from './protocols/otlp/otlp.ts';
import { plausibleProtocol } from './protocols/plausible/plausible.ts';
import { posthogProtocol } from './protocols/posthog/posthog.ts';
import type { Call, Protocol } from './protocols/protocol.ts';
import { rudderstackProtocol } from './protocols/rudderstack/rudderstack.ts';
import { segmentProtocol } from './protocols/segment/segment.ts';
import { snowplowProtocol } from './protocols/snowplow/snowplow.ts';
import { umamiProtocol } from './protocols/umami/umami.ts';
import { zigpollProtocol } from './protocols/zigpoll/zigpoll.ts';
import { reply } from './reply.ts';
import { cors, type PathCors } from './request/cors.ts';
import { refusalsInFormOf, responder } from './respond.ts';

const PROTOCOLS: readonly Protocol[] = [
  nativeProtocol,
  segmentProtocol,
  rudderstackProtocol,
  posthogProtocol,
  mixpanelProtocol,
  amplitudeProtocol,
  batchProtocol,
  cloudEventsProtocol,
  ga4Protocol,
  matomoProtocol,
  otlpProtocol,
  plausibleProtocol,
  umamiProtocol,
  zigpollProtocol,
  // Its paths of one's own come after all others.
  snowplowProtocol,
];

export interface CollectServices extends CollectDeps {
  readonly flushQueue: { send(message: FlushMessage): Promise<unknown> };
}

/** @example app.route('/', collectRoutes(services)) */
export function collectRoutes(services: CollectServices, protocols: readonly Protocol[] = PROTOCOLS): Hono {
  const app = new Hono();
  const hotReports = new HotReports(services.flushQueue, services.now);
  const deps: CollectDeps = { ...services, reportHot: (address) => hotReports.report(address) };
  const corsOf = corsByPath(protocols);
  for (const [path, pathCors] of corsOf) app.on([...pathCors.methods, 'OPTIONS'], path, cors(pathCors));
  for (const { source, calls } of protocols) {
    for (const call of calls) {
      for (const path of call.paths) mountCall(app, path, { source, call, respond: responder(corsOf.get(path)), deps });
    }
  }
  return app;
}

interface Mounting {
  readonly source: string;
  readonly call: Call;
  readonly respond: ReturnType<typeof responder>;
  readonly deps: CollectDeps;
}

function mountCall(app: Hono, path: string, { source, call, respond, deps }: Mounting): void {
  const methods = [...call.methods];
  if (call.refuse !== undefined) app.on(methods, path, refusalsInFormOf(call));
  app.on(methods, path, describeCall(call), async (c) => {
    const request = c.req.raw;
    const params = c.req.param();
    const answer =
      'decode' in call
        ? call.answer(await collect(request, { source, call, path, params }, deps))
        : await reply(request, call, params, deps);
    checkText(c, call.answerSchema, answer.body);
    return respond(answer, request);
  });
}

function describeCall(call: Call) {
  const { summary, body, bodySchema, answerSchema: answer } = call;
  return describe({
    summary,
    tag: 'collect',
    key: 'decode' in call || call.needsKey ? (call.scope ?? 'write') : 'none',
    ...(bodySchema && { body: bodySchema }),
    ...(body && { bodyTypes: body.types }),
    answer,
    ...codesOf(call),
    ...(call.refuse && { hasOwnRefusals: true }),
    ...(call.example && { example: call.example }),
  });
}

function codesOf(call: Call): { readonly errors?: readonly ProblemCode[] } {
  if ('decode' in call) return { errors: COLLECT_CODES };
  return call.needsKey ? { errors: SENDER_KEY_CODES } : {};
}

/** The CORS needs of all calls of a path, by path. Two calls may not claim one method of one path. */
function corsByPath(protocols: readonly Protocol[]): ReadonlyMap<string, PathCors> {
  const byPath = new Map<string, PathCors>();
  for (const { methods, paths, cors: own = {} } of protocols.flatMap(({ calls }) => calls)) {
    for (const path of paths) {
      const others = byPath.get(path) ?? { methods: [] };
      const taken = methods.find((method) => others.methods.includes(method));
      assert(taken === undefined, `two protocols claim ${taken} ${path}`);
      byPath.set(path, {
        methods: [...others.methods, ...methods],
        requestHeaders: [...(others.requestHeaders ?? []), ...(own.requestHeaders ?? [])],
        credentials: others.credentials === true || own.credentials === true,
      });
    }
  }
  return byPath;
}
