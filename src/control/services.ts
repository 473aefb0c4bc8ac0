/**
 * ControlServices: the ports that the control routes use.
 *
 * Each route authenticates, parses, makes one call to its store and answers. A change of a tenant invalidates the
 * tenant in this isolate at once; other isolates follow within `LIMITS.tenantCacheMs`.
 */
import type { Names } from '../core/names/sent-names.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import type { Services } from '../services.ts';

export type ControlServices = Pick<
  Services,
  'db' | 'tenants' | 'auth' | 'keys' | 'random' | 'now' | 'shardOf' | 'directoryOf' | 'liveOf'
>;

/** Refuses the names of a definition that is to be saved, unless events have them. */
export type CheckNames = (tenant: Tenant, names: Names) => Promise<void>;
