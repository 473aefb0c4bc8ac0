/**
 * App: the API's table of contents: which routes exist, in which module each lives, and what surrounds them all.
 */
import { Hono } from 'hono';
import { cohortRoutes } from './control/cohorts/cohort-routes.ts';
import { keyRoutes } from './control/keys/key-routes.ts';
import { rollupRoutes } from './control/rollups/rollup-routes.ts';
import { shardRoutes } from './control/shards/shard-routes.ts';
import { quotaRoutes } from './control/tenants/quota-routes.ts';
import { tenantRoutes } from './control/tenants/tenant-routes.ts';
import { PAGE_CONTENT_SECURITY_POLICY, pageHtml } from './dashboard/dist/page.ts';
import { importRoutes } from './edge/import-routes.ts';
import { Quotas } from './edge/quota.ts';
import { collectRoutes } from './edge/routes.ts';
import { describe } from './http/describe.ts';
import { answerNotFound } from './http/not-found.ts';
import { observe } from './http/observe.ts';
import {
  API_VERSION,
  DOCS_CONTENT_SECURITY_POLICY,
  docsPage,
  errorsPage,
  type OpenApiDocument,
  openApiOf,
} from './http/openapi.ts';
import { Problem, renderProblem, unavailable } from './http/problem.ts';
import { lakeImporter } from './lake/import/import.ts';
import { METRICS_CONTENT_TYPE, type Metric, RequestCounter, renderMetrics } from './observe/metrics.ts';
import { expiryRoutes } from './operate/expiry-routes.ts';
import { sealRoutes } from './operate/seal-routes.ts';
import { statusRoutes } from './operate/status-routes.ts';
import { queryRoutes } from './query/ask/routes.ts';
import { eventsRoutes } from './query/events/events-routes.ts';
import { exportRoutes } from './query/export/export-routes.ts';
import { insightRoutes } from './query/insights/insight-routes.ts';
import { journeyRoutes } from './query/journeys/journey-routes.ts';
import { peopleRoutes } from './query/people/people-routes.ts';
import type { Services } from './services.ts';

export function createApp(services: Services): Hono {
  const app = new Hono();
  const counter = new RequestCounter();
  const quotas = new Quotas((uid) => services.telemetry.write({ index: uid, blobs: ['quota-exceeded'], doubles: [1] }));

  app.use(observe(counter));
  app.onError((error, c) => renderProblem(c, error));
  app.notFound(answerNotFound(app));

  app.route('/', collectRoutes({ ...services, quotas }));
  app.route('/', importRoutes({ ...services, quotas }, lakeImporter(services)));
  app.route('/', tenantRoutes(services));
  app.route('/', keyRoutes(services));
  app.route('/', rollupRoutes(services));
  app.route('/', cohortRoutes(services));
  app.route('/', shardRoutes(services));
  app.route('/', quotaRoutes(services));
  app.route('/', queryRoutes(services));
  app.route('/', journeyRoutes(services));
  app.route('/', eventsRoutes(services));
  app.route('/', peopleRoutes(services));
  app.route('/', exportRoutes(services));
  app.route('/', insightRoutes(services));
  app.route('/', sealRoutes(services));
  app.route('/', expiryRoutes(services));
  app.route('/', statusRoutes(services));
  app.route('/', healthRoutes(services, counter, quotas));
  app.route('/', docsRoutes(app, services));
  app.route('/', dashboardRoutes());
  return app;
}

/** Whether it runs, whether it can work, how much it works. */
function healthRoutes({ db, auth, random }: Services, counter: RequestCounter, quotas: Quotas): Hono {
  const app = new Hono();
  const instance = Array.from(random(4), (byte) => byte.toString(16).padStart(2, '0')).join('');

  app.get('/healthz', describe({ summary: 'Answers when it runs', tag: 'operations', key: 'none' }), (c) =>
    c.json({ status: 'ok' }),
  );

  app.get('/readyz', describe({ summary: 'Answers when it can work', tag: 'operations', key: 'none' }), async (c) => {
    try {
      await db.prepare('SELECT 1 FROM tenants LIMIT 1').first();
    } catch (cause) {
      throw unavailable('not-ready', 'The database does not answer, or its migrations were not applied.', cause);
    }
    return c.json({ status: 'ready' });
  });

  app.get(
    '/metrics',
    describe({ summary: 'Metrics for Prometheus', tag: 'operations', key: 'root', answer: METRICS_CONTENT_TYPE }),
    async (c) => {
      await auth.authenticateRoot(c.req.raw.headers);
      const metrics: Metric[] = [
        {
          name: 'tidemark_build_info',
          type: 'gauge',
          help: 'The version that runs; always 1.',
          samples: [{ labels: `version="${API_VERSION}"`, value: 1 }],
        },
        {
          name: 'tidemark_http_requests_total',
          type: 'counter',
          help: 'Requests answered by this isolate.',
          samples: counter.samples(instance),
        },
        {
          name: 'tidemark_quota_refused_total',
          type: 'counter',
          help: 'Requests beyond the quota of their tenant, refused by this isolate.',
          samples: [{ labels: `instance="${instance}"`, value: quotas.refused }],
        },
        {
          name: 'tidemark_dead_letters',
          type: 'gauge',
          help: 'Queue messages that were given up on.',
          samples: [{ labels: '', value: await countDeadLetters(db) }],
        },
      ];
      return c.body(renderMetrics(metrics), 200, { 'content-type': METRICS_CONTENT_TYPE });
    },
  );

  return app;
}

async function countDeadLetters(db: D1Database): Promise<number> {
  return (await db.prepare('SELECT count(*) AS count FROM dead_letters').first<number>('count')) ?? 0;
}

/** The API about itself, and what the page at `/` may show on a local stack. */
function docsRoutes(whole: Hono, { demoKeys }: Services): Hono {
  const app = new Hono();
  let document: OpenApiDocument | undefined;
  const openApi = async () => {
    document ??= await openApiOf(whole);
    return document;
  };
  const pageHeaders = { 'content-security-policy': DOCS_CONTENT_SECURITY_POLICY };

  app.get(
    '/openapi.json',
    describe({ summary: 'This API as an OpenAPI 3.1 document', tag: 'operations', key: 'none' }),
    async (c) => c.json(await openApi()),
  );
  app.get(
    '/docs',
    describe({ summary: 'This API as a page', tag: 'operations', key: 'none', answer: 'text/html' }),
    async (c) => c.html(docsPage(await openApi()), 200, pageHeaders),
  );
  app.get(
    '/docs/errors',
    describe({ summary: 'The codes of errors as a page', tag: 'operations', key: 'none', answer: 'text/html' }),
    (c) => c.html(errorsPage(), 200, pageHeaders),
  );
  app.get(
    '/demo.json',
    describe({ summary: 'Keys of the demo tenant; on a local stack only', tag: 'operations', key: 'none' }),
    (c) => {
      if (!demoKeys) throw new Problem(404, 'route-not-found', 'There is nothing here; see /docs.');
      return c.json(demoKeys, 200, { 'cache-control': 'no-store' });
    },
  );
  return app;
}

/** The page at `/`, which talks to nothing but this API. */
function dashboardRoutes(): Hono {
  const app = new Hono();
  app.get('/', describe({ summary: 'The first page', tag: 'operations', key: 'none', answer: 'text/html' }), (c) =>
    c.html(pageHtml, 200, {
      'content-security-policy': PAGE_CONTENT_SECURITY_POLICY,
      'cache-control': 'no-cache',
    }),
  );
  return app;
}
