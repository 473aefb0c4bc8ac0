/**
 * Refusals that several control routes share.
 */
import { Problem } from '../http/problem.ts';

export function tenantNotFound(id: string): Problem {
  return new Problem(404, 'tenant-not-found', `There is no tenant with the id "${id}".`);
}
