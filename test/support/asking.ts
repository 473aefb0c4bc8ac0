// An asking made by hand, from the test's own ports. It has no shards unless the test gives some.

import { LIMITS } from '../../src/core/limits.ts';
import type { ShardAddress } from '../../src/core/shard/shard-map.ts';
import type { Tenant } from '../../src/core/tenant/tenant.ts';
import { RowBudget } from '../../src/lake/scan/row-budget.ts';
import type { Asking, LakePorts } from '../../src/query/view/asking.ts';

interface Options {
  readonly uid: string;
  readonly nowMs: number;
  readonly shards?: readonly ShardAddress[];
}

export function askingOf<Ports extends LakePorts>(ports: Ports, { uid, nowMs, shards = [] }: Options): Asking<Ports> {
  const tenant: Tenant = {
    uid,
    id: 'shop',
    name: 'Shop',
    regions: ['weur'],
    timezone: 'UTC',
    hashKey: [1, 2, 3, 4],
    shardMap: [{ epoch: 0, startMs: 0, shardCount: shards.length }],
    rollups: [],
    origins: [],
  };
  return { ports, tenant, shards, nowMs, budget: new RowBudget(LIMITS.callReadRowsMax) };
}
