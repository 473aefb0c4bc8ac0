/**
 * Builds the page at `/` for programs that bundle the Worker themselves, such as wrangler before each deployment.
 */
import { buildDashboard } from '../src/local/build-dashboard.ts';
import { buildSdk } from '../src/local/build-sdk.ts';

await Promise.all([buildDashboard(), buildSdk()]);
