/** App: mounts every group of routes at its path, within the middleware that all of them share. */
import { Hono } from 'hono';
import { getPath } from 'hono/utils/url';
import { annotationRoutes } from './control/annotations/annotation-routes.ts';
import { shareRoutes } from './control/boards/share-routes.ts';
import { cohortRoutes } from './control/cohorts/cohort-routes.ts';
import { deletionRoutes } from './control/deletion/deletion-routes.ts';
import { auditRoutes } from './control/keys/audit-routes.ts';
import { keyCheckRoutes } from './control/keys/check-routes.ts';
import { keyRoutes } from './control/keys/key-routes.ts';
import { privacyRoutes } from './control/privacy/privacy-routes.ts';
import { rollupRoutes } from './control/rollups/rollup-routes.ts';
import { shardRoutes } from './control/shards/shard-routes.ts';
import { botsRoutes } from './control/tenants/bots-routes.ts';
import { junkIdRoutes } from './control/tenants/junk-id-routes.ts';
import { quotaRoutes } from './control/tenants/quota-routes.ts';
import { tenantRoutes } from './control/tenants/tenant-routes.ts';
import { whoamiRoutes } from './control/tenants/whoami-routes.ts';
import { SITE } from './dashboard/dist/site.ts';
import { importRoutes } from './edge/import-routes.ts';
import { Quotas } from './edge/quota.ts';
import { HubReporter } from './edge/refusals/reporter.ts';
import { collectRoutes } from './edge/routes.ts';
import { answerNotFound } from './http/not-found.ts';
import { observe } from './http/observe.ts';
import { pageRoutes } from './http/page-routes.ts';
import { renderProblem } from './http/problem.ts';
import { scriptRoutes } from './http/script-routes.ts';
import { lakeImporter } from './lake/import/import.ts';
import { arrivalsRoutes } from './live/arrivals-routes.ts';
import { liveRoutes } from './live/live-routes.ts';
import { throttledRoutes } from './live/throttled-routes.ts';
import { RequestCounter } from './observe/metrics.ts';
import { docsRoutes } from './openapi/docs/docs-routes.ts';
import { expiryRoutes } from './operate/expiry-routes.ts';
import { healthRoutes } from './operate/health-routes.ts';
import { sealRoutes } from './operate/seal-routes.ts';
import { statusRoutes } from './operate/status-routes.ts';
import { queryRoutes } from './query/ask/routes.ts';
import { boardRoutes } from './query/boards/board-routes.ts';
import { sharedRoutes } from './query/boards/shared-routes.ts';
import { catalogRoutes } from './query/catalog/catalog-routes.ts';
import { eventsRoutes } from './query/events/events-routes.ts';
import { exportRoutes } from './query/export/export-routes.ts';
import { insightRoutes } from './query/insights/insight-routes.ts';
import { journeyRoutes } from './query/journeys/journey-routes.ts';
import { givenNamesCheck } from './query/open/check-given.ts';
import { peopleRoutes } from './query/people/people-routes.ts';
import { SCRIPTS } from './sdk/dist/scripts.ts';
import type { Services } from './services.ts';

/**
 * A path that a website hands to the Worker on a domain of its own, where no list of third parties blocks it: what lies below
 * it is what lies below `/`.
 */
const OWN_PATH = '/_tm';

function pathOf(request: Request): string {
  const path = getPath(request);
  return path.startsWith(`${OWN_PATH}/`) ? path.slice(OWN_PATH.length) : path;
}

export function createApp(services: Services): Hono {
  const checkNames = givenNamesCheck(services);
  const app = new Hono({ getPath: pathOf });
  const requests = new RequestCounter();
  const quotas = new Quotas((uid, code) => {
    services.telemetry.write({ index: uid, blobs: [code], doubles: [1] });
    services.throttles?.count(uid, code);
  });
  const refusals = new HubReporter(services.liveOf);
  const charged = services.auth.charging((tenant) => quotas.chargeQuestion(tenant, services.now()));
  const asked = { ...services, auth: charged };

  app.use(observe(requests));
  app.onError((error, c) => renderProblem(c, error));
  app.notFound(answerNotFound(app));

  // Sending events: each protocol names the paths of its vendor.
  app.route('/', collectRoutes({ ...services, quotas, refusals }));
  app.route('/v1/import', importRoutes({ ...services, quotas }, lakeImporter(services)));

  // Asking questions.
  app.route('/v1/query', queryRoutes(asked));
  app.route('/v1/query', journeyRoutes(asked));
  app.route('/v1/events', eventsRoutes(asked));
  app.route('/v1/people', peopleRoutes(asked));
  app.route('/v1/catalog', catalogRoutes(asked));
  app.route('/v1/export', exportRoutes(asked));
  app.route('/v1/insights', insightRoutes(asked));
  app.route('/v1/boards', boardRoutes(asked));
  app.route('/v1/shared', sharedRoutes(services, quotas));

  // Watching what arrives.
  app.route('/v1/live', liveRoutes(asked));
  app.route('/v1/arrivals', arrivalsRoutes(asked));

  // Configuring tenants.
  app.route('/v1/tenants', tenantRoutes(services));
  app.route('/v1/tenants', shardRoutes(services));
  app.route('/v1/tenants', quotaRoutes(services));
  app.route('/v1/deletions', deletionRoutes(services));
  app.route('/v1/keys', keyCheckRoutes(services));
  app.route('/v1/keys', keyRoutes(services));
  app.route('/v1/whoami', whoamiRoutes(services));
  app.route('/v1/rollups', rollupRoutes(services, checkNames));
  app.route('/v1/cohorts', cohortRoutes(services, checkNames));
  app.route('/v1/annotations', annotationRoutes(services));
  app.route('/v1/shares', shareRoutes(services));

  // Operating the platform.
  app.route('/v1', sealRoutes(services));
  app.route('/v1/junk-ids', junkIdRoutes(services));
  app.route('/v1/audit', auditRoutes(services));
  app.route('/v1/privacy', privacyRoutes(services));
  app.route('/v1/bots', botsRoutes(services));
  app.route('/v1/retention', expiryRoutes(services));
  app.route('/v1/status', statusRoutes(services));
  app.route('/v1/throttled', throttledRoutes(services));
  app.route('/', healthRoutes(services, { requests, quotas, refusals }));

  // The API about itself, and the pages.
  app.route('/', docsRoutes(app, services.auth));
  app.route('/', pageRoutes(SITE, services));
  app.route('/', scriptRoutes(SCRIPTS, services.auth));
  return app;
}
