// Shrink: reduces a failing run to a short one that breaks the same rule, with fewer clients, events and faults. Each
// reduction is tried by a replay of the seed with the rest masked.

import type { RunOptions, RunResult } from './simulation.ts';
import { runSeed } from './simulation.ts';

type Shrinkable = Pick<RunOptions, 'masked' | 'clientsMax' | 'eventsMax'>;

export interface Shrunk {
  readonly options: Shrinkable;
  readonly result: RunResult;
  readonly replays: number;
}

const REPLAYS_MAX = 250;

export async function shrink(options: RunOptions, failed: RunResult): Promise<Shrunk> {
  const rule = failed.violations[0]!.rule;
  let best: Shrinkable = { masked: options.masked ?? new Set() };
  let result = failed;
  let replays = 0;
  const attempt = async (change: Shrinkable): Promise<boolean> => {
    if (replays >= REPLAYS_MAX) return false;
    replays++;
    const candidate = { ...best, ...change };
    const replayed = await runSeed({ ...options, ...candidate });
    if (replayed.violations[0]?.rule !== rule) return false;
    best = candidate;
    result = replayed;
    return true;
  };

  await attemptCounts(failed.clients, (clientsMax) => attempt({ clientsMax }));
  await attemptCounts(100, (eventsMax) => attempt({ eventsMax }));
  await dropFaults(
    () => result.fired,
    (occasions) => attempt({ masked: new Set([...(best.masked ?? []), ...occasions]) }),
  );
  return { options: best, result, replays };
}

/** Finds the least of the counts 1, 2, 4, … that still fails. */
async function attemptCounts(max: number, attempt: (count: number) => Promise<boolean>): Promise<void> {
  for (let count = 1; count < max; count *= 2) if (await attempt(count)) return;
}

/** Drops faults by delta debugging (Zeller and Hildebrandt, 2002): halves, then quarters, down to single faults. */
async function dropFaults(
  fired: () => readonly string[],
  attempt: (occasions: readonly string[]) => Promise<boolean>,
): Promise<void> {
  let size = Math.ceil(fired().length / 2);
  while (size >= 1) {
    let dropped = false;
    for (let at = 0; at < fired().length; ) {
      if (await attempt(fired().slice(at, at + size))) dropped = true;
      else at += size;
    }
    if (size === 1 && !dropped) return;
    size = dropped ? Math.min(size, Math.ceil(fired().length / 2)) : Math.floor(size / 2);
  }
}
