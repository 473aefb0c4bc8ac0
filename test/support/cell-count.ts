// Cell count: how many rollup cells a shard's engine holds in memory.

import type { Engine } from '../../src/core/shard/engine.ts';

/** The cells of the open flush and of the waiting ones. */
export function cellCountOf({ open, outbox }: Engine): number {
  const cells = [...outbox, open].flatMap((flush) => [...flush.cells.values()]);
  return cells.reduce((sum, { cellCount }) => sum + cellCount, 0);
}
