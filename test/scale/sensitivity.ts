// Sensitivity: whether a load turns red when the handling of a limit is taken away.

import { LIMIT_MUTATIONS, type LimitMutation } from './mutations.ts';
import { runLoads } from './pool.ts';
import { isKept, targetsOf } from './targets.ts';

export interface Sensed {
  readonly mutation: LimitMutation;
  /** Names of the limits that the mutated product exceeds; its run ends at the first. */
  readonly exceeded: readonly string[];
}

export async function senseAll(): Promise<Sensed[]> {
  const results = await runLoads(
    LIMIT_MUTATIONS.map(({ load, patches }) => ({ load: { ...load, endsAtBreach: true }, patches })),
  );
  return results.map((result, index) => ({
    mutation: LIMIT_MUTATIONS[index]!,
    exceeded: targetsOf(result)
      .filter((target) => !isKept(target))
      .map(({ name }) => name),
  }));
}
