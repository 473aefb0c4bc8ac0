/** CheckGiven: refuses a definition that is to be saved and names an event or a property that no event has. */
import type { Names } from '../../core/names/sent-names.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { beginAsking, type QueryPorts } from '../view/asking.ts';
import { problemOf } from '../view/refusal.ts';
import { atHandFrom, checkNames } from './known-names.ts';

/** Returns the check. It throws 400 `event-unknown` or `property-unknown`. */
export function givenNamesCheck(ports: QueryPorts): (tenant: Tenant, names: Names) => Promise<void> {
  return async (tenant, names) => {
    if (names.event.size + names.property.size === 0) return;
    const asking = await beginAsking(ports, tenant, ports.now());
    const checked = await checkNames(asking, names, atHandFrom(asking));
    if (!checked.ok) throw problemOf(checked.error);
  };
}
