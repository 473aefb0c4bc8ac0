/**
 * `npm run generate`: writes the types of the client from the document of the routes (scripts/client-types.ts). A test
 * holds the file to them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDashboard } from '../src/local/build-dashboard.ts';
import { buildSdk } from '../src/local/build-sdk.ts';
import { root } from '../src/local/paths.ts';
import { openApiOf } from '../src/openapi/document.ts';
import type { Services } from '../src/services.ts';
import { clientTypes } from './client-types.ts';

// The app imports the generated pages and scripts.
await Promise.all([buildDashboard(), buildSdk()]);
const { createApp } = await import('../src/app.ts');
/** Routes are described before anything is called: only what they are made with is needed. */
const auth = { charging: () => auth } as unknown as Services['auth'];
const services = {
  auth,
  random: (sizeBytes: number) => new Uint8Array(sizeBytes),
  now: () => 0,
} as unknown as Services;
writeFileSync(join(root, 'src/client/api.ts'), clientTypes(openApiOf(createApp(services))));
