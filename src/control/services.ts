/**
 * ControlServices: the ports that the control routes use.
 *
 * Each route authenticates, parses, makes one call to its store and answers. A change of a tenant invalidates the
 * tenant in this isolate at once; other isolates follow within `LIMITS.tenantCacheMs`.
 */
import type { Services } from '../services.ts';

export type ControlServices = Pick<
  Services,
  'db' | 'tenants' | 'auth' | 'keys' | 'random' | 'now' | 'shardOf' | 'directoryOf'
>;
