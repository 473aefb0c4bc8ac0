/**
 * Flush links: ids that are one person, as the identify and alias events of a flush say, for the table of links.
 *
 * The tenant's hash key is read only for a flush with an alias, because the previous id of an alias is not hashed yet. The
 * key never changes. A tenant that was deleted meanwhile has no answers left that a link could change.
 */
import { loadTenant } from '../control/tenants/tenants.ts';
import type { EventColumns } from '../core/event/columns.ts';
import { findLinks, hasAliases } from '../core/people/find-links.ts';
import type { Link } from '../core/people/links.ts';
import { Hasher } from '../core/std/hash.ts';

export async function flushLinks(db: D1Database, uid: string, columns: EventColumns): Promise<Link[]> {
  if (columns.rowCount === 0) return [];
  const configured = hasAliases(columns) ? await loadTenant(db, uid) : null;
  return findLinks(columns, configured && new Hasher(configured.tenant.hashKey));
}
