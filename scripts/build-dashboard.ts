// Builds the page at `/` for whoever bundles the Worker by itself: wrangler, before each deployment.

import { buildDashboard } from '../src/local/build-dashboard.ts';

await buildDashboard();
