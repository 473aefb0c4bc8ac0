// R2: the binding of one caller: the fake bucket behind the network.

import type { Caller } from './network.ts';
import type { World } from './world.ts';

const OPERATIONS = ['get', 'head', 'put', 'delete', 'list'] as const;

export function bucketBinding(world: World, caller: Caller): R2Bucket {
  const binding: Record<string, unknown> = {};
  for (const name of OPERATIONS) {
    binding[name] = (...args: [never, never]) =>
      world.network.call({ caller, site: `r2 ${name}`, detail: String(args[0]) }, () =>
        (world.bucket[name] as (...args: unknown[]) => Promise<unknown>).apply(world.bucket, args),
      );
  }
  return binding as unknown as R2Bucket;
}
