/**
 * Builds the page at `/` for programs that bundle the Worker themselves, such as wrangler before each deployment.
 */
import { buildDashboard } from '../src/local/build-dashboard.ts';

await buildDashboard();
