/**
 * Throttled routes: how many requests of the tenant were refused for now, when, and by which code.
 *
 * The call is not charged as a question: it answers while the tenant is over its quota of questions too.
 */
import { Hono } from 'hono';
import { DAY_MS, LIMITS, SECOND_MS } from '../core/limits.ts';
import { type ThrottledRequest, type ThrottledSpan, throttleGrainMs } from '../core/live/throttle.ts';
import { isoTime } from '../core/std/instant.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { mustInstant } from '../http/instant.ts';
import { Problem } from '../http/problem.ts';
import { route } from '../http/route.ts';
import { logWarn } from '../observe/log.ts';
import type { Services } from '../services.ts';
import {
  THROTTLED_CODES,
  type ThrottledAnswer,
  type ThrottledCode,
  throttledParametersSchema,
  throttledSchema,
} from '../wire/live/throttled.ts';
import { PROBLEM_CODES } from '../wire/problem-codes.ts';

export type ThrottledServices = Pick<Services, 'auth' | 'liveOf' | 'now'>;

/** @example app.route('/v1/throttled', throttledRoutes(services)) */
export function throttledRoutes(services: ThrottledServices): Hono {
  const app = new Hono();
  route(
    app,
    services.auth,
    {
      method: 'get',
      path: '/',
      summary: 'Counts the requests that were refused for now: over a quota, or while there was no room',
      description:
        'Each such request was answered 429 (503 where a shard did not answer, 413 where it alone is beyond the quota). Senders ' +
        'try again, so a number says how often they were held up, and not that events are lost.',
      tag: 'operations',
      key: 'read',
      query: throttledParametersSchema,
      answer: throttledSchema,
      errors: ['range-invalid', 'range-inverted', 'range-too-wide'],
    },
    async ({ tenant, query }) => {
      const request = rangeOf(query, tenant, services.now());
      return answerOf(request, await askHub(services, tenant, request));
    },
  );
  return app;
}

function rangeOf(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  { timezone }: Tenant,
  nowMs: number,
): ThrottledRequest {
  const endMs = to === undefined ? nowMs : mustInstant('to', to, timezone);
  const startMs = from === undefined ? endMs - DAY_MS : mustInstant('from', from, timezone);
  if (startMs >= endMs) throw new Problem(400, 'range-inverted', 'The range ends before it begins.');
  const days = (endMs - startMs) / DAY_MS;
  if (days > LIMITS.queryLongRangeDaysMax)
    throw new Problem(400, 'range-too-wide', `The range may have ${LIMITS.queryLongRangeDaysMax} days.`);
  return { startMs, endMs, grainMs: throttleGrainMs(startMs, endMs) };
}

/** The spans of the range; null when the hub did not answer. */
async function askHub(
  { liveOf }: ThrottledServices,
  { uid, regions }: Tenant,
  request: ThrottledRequest,
): Promise<readonly ThrottledSpan[] | null> {
  try {
    return await liveOf(uid, regions[0]).throttled(request);
  } catch (cause) {
    logWarn('live.throttled', cause, { uid });
    return null;
  }
}

function answerOf(
  { startMs, endMs, grainMs }: ThrottledRequest,
  spans: readonly ThrottledSpan[] | null,
): ThrottledAnswer {
  const known = (spans ?? []).filter((span): span is KnownSpan => span.code in THROTTLED_CODES);
  return {
    from: isoTime(startMs),
    to: isoTime(endMs),
    grainSeconds: grainMs / SECOND_MS,
    requests: known.reduce((sum, { requests }) => sum + requests, 0),
    codes: codesOf(known),
    points: known.map(({ atMs, code, requests }) => {
      const { kind } = THROTTLED_CODES[code];
      return { at: isoTime(atMs), code, kind, requests };
    }),
    complete: spans !== null,
  };
}

type KnownSpan = ThrottledSpan & { readonly code: ThrottledCode };

/** `spans` ascend by time. */
function codesOf(spans: readonly KnownSpan[]): ThrottledAnswer['codes'] {
  const codes = [...new Set(spans.map(({ code }) => code))].map((code) => {
    const own = spans.filter((span) => span.code === code);
    const requests = own.reduce((sum, span) => sum + span.requests, 0);
    const firstAt = isoTime(own[0]!.atMs);
    const lastAt = isoTime(own.at(-1)!.atMs);
    return { code, requests, firstAt, lastAt, meaning: PROBLEM_CODES[code], ...THROTTLED_CODES[code] };
  });
  return codes.sort((a, b) => b.requests - a.requests);
}
