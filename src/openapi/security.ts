/** Security: the classes of keys as security schemes of the document, and the classes that open a route. */
import type { RouteKey } from '../http/describe.ts';

const HOW_TO_SEND = 'As `Authorization: Bearer <key>`, as the user name of Basic authentication, or in `x-write-key`.';

function scheme(description: string) {
  return { type: 'http', scheme: 'bearer', description: `${description} ${HOW_TO_SEND}` };
}

export const SECURITY_SCHEMES = {
  serverKey: scheme('A server key (`tm_server_…`) sends and imports events. A secret of your servers.'),
  browserKey: scheme('A browser key (`tm_browser_…`) sends events from pages and apps. Anybody may read it.'),
  readKey: scheme('A read key (`tm_read_…`) asks questions and changes nothing.'),
  adminKey: scheme('An admin key (`tm_admin_…`) configures its tenant, and reads.'),
  shareKey: scheme('The key of a share link (`tm_share_…`) reads one board, until the link is revoked.'),
  rootKey: scheme('The root key of the operator makes and deletes tenants.'),
} as const;
type SchemeName = keyof typeof SECURITY_SCHEMES;

/** Any of the schemes opens the route. */
export const SCHEMES_OF_KEY: Readonly<Record<RouteKey, readonly SchemeName[]>> = {
  none: [],
  write: ['serverKey', 'browserKey'],
  browser: ['browserKey'],
  server: ['serverKey'],
  read: ['readKey', 'adminKey'],
  admin: ['adminKey'],
  share: ['shareKey'],
  root: ['rootKey'],
  // A ticket stands in the URL of the call, where its parameters describe it.
  'read or ticket': ['readKey', 'adminKey'],
  'read or write': ['readKey', 'adminKey', 'serverKey', 'browserKey'],
  'read or server': ['readKey', 'adminKey', 'serverKey'],
  'admin or root': ['adminKey', 'rootKey'],
};
