/**
 * Health routes: whether the Worker runs, whether it can work, and its metrics for Prometheus.
 */
import { Hono } from 'hono';
import { toHex } from '../core/std/hex.ts';
import type { KeyWarning } from '../http/keys.ts';
import { unavailable } from '../http/problem.ts';
import { route } from '../http/route.ts';
import { API_VERSION } from '../http/version.ts';
import { METRICS_CONTENT_TYPE, type Metric, type RequestCounter, renderMetrics } from '../observe/metrics.ts';
import type { Services } from '../services.ts';
import { healthSchema, readinessSchema } from '../wire/operate.ts';
import { countDeadLetters } from './health-store.ts';
import { Readiness } from './readiness.ts';

export type HealthServices = Pick<Services, 'db' | 'auth' | 'keys' | 'random' | 'now'>;

/** The counters of this isolate. */
export interface IsolateCounts {
  readonly requests: RequestCounter;
  readonly quotas: { readonly refused: number };
  readonly refusals: { readonly unkept: number };
}

/** @example app.route('/', healthRoutes(services, counts)) */
export function healthRoutes({ db, auth, keys, random, now }: HealthServices, counts: IsolateCounts): Hono {
  const app = new Hono();
  const instance = toHex(random(4));
  const readiness = new Readiness(db, now);
  const open = { method: 'get', tag: 'operations', key: 'none' } as const;

  route(
    app,
    auth,
    { ...open, path: '/healthz', summary: 'Answers while the Worker runs', answer: healthSchema },
    () => ({ status: 'ok' as const }),
  );

  route(
    app,
    auth,
    {
      ...open,
      path: '/readyz',
      summary: 'Answers when the Worker can work',
      answer: readinessSchema,
      errors: ['not-ready'],
    },
    async () => {
      try {
        await readiness.check();
      } catch (cause) {
        throw unavailable('not-ready', 'The database does not answer, or its migrations were not applied.', cause);
      }
      // Everybody may ask: which condition it is, such as a weak key, is told to the operator alone.
      const { length } = keys.warnings;
      return { status: 'ready' as const, ...(length > 0 && { warnings: length }) };
    },
  );

  route(
    app,
    auth,
    {
      method: 'get',
      path: '/metrics',
      summary: 'Metrics for Prometheus',
      tag: 'operations',
      key: 'root',
      answer: METRICS_CONTENT_TYPE,
    },
    async () => {
      const metrics = [...metricsOf(counts, instance, await countDeadLetters(db)), warningsOf(keys.warnings)];
      return new Response(renderMetrics(metrics), { headers: { 'content-type': METRICS_CONTENT_TYPE } });
    },
  );

  return app;
}

function warningsOf(warnings: readonly KeyWarning[]): Metric {
  return {
    name: 'tidemark_warning',
    type: 'gauge',
    help: 'Conditions that the operator should end, each with the value 1.',
    samples: warnings.map((code) => ({ labels: `code="${code}"`, value: 1 })),
  };
}

function metricsOf({ requests, quotas, refusals }: IsolateCounts, instance: string, deadLetterCount: number): Metric[] {
  return [
    {
      name: 'tidemark_build_info',
      type: 'gauge',
      help: 'The running version is in the label; the value is always 1.',
      samples: [{ labels: `version="${API_VERSION}"`, value: 1 }],
    },
    {
      name: 'tidemark_http_requests_total',
      type: 'counter',
      help: 'Requests answered by this isolate.',
      samples: requests.samples(instance),
    },
    {
      name: 'tidemark_quota_refused_total',
      type: 'counter',
      help: 'Requests beyond the quota of their tenant, refused by this isolate.',
      samples: [{ labels: `instance="${instance}"`, value: quotas.refused }],
    },
    {
      name: 'tidemark_refusals_unkept_total',
      type: 'counter',
      help: 'Refused events that no hub could keep for GET /v1/arrivals, by this isolate.',
      samples: [{ labels: `instance="${instance}"`, value: refusals.unkept }],
    },
    {
      name: 'tidemark_dead_letters',
      type: 'gauge',
      help: 'Queue messages that were given up on.',
      samples: [{ labels: '', value: deadLetterCount }],
    },
  ];
}
