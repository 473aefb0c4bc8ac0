/**
 * Task: one step of the seal of a big day, done in an invocation of its own. The tasks of a kind come in any order, and all of them
 * before those of the next kind.
 *
 * The names say what a task leaves: a plan that an earlier release has begun may have results of `ids-<n>`, `copies-<n>` and
 * `bucket-<n>`, which are of no use here.
 */
import { type BigPlan, type RangeCounts, type TaskResults, workOf } from './big-day.ts';

export type TaskKind = 'spread' | 'compare' | 'range';

export interface Task {
  readonly kind: TaskKind;
  readonly index: number;
}

function kindsOf(big: BigPlan): readonly (readonly [TaskKind, number])[] {
  const { stretchCount, partCount, rangeCount } = workOf(big);
  return [
    ['spread', stretchCount],
    ['compare', partCount],
    ['range', rangeCount],
  ];
}

function namesOf([kind, count]: readonly [TaskKind, number]): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${index}`);
}

/** Returns the task of this name, or null when it is none of the plan's. */
export function findTask(big: BigPlan, name: string): Task | null {
  for (const each of kindsOf(big)) {
    const index = namesOf(each).indexOf(name);
    if (index >= 0) return { kind: each[0], index };
  }
  return null;
}

/** The tasks that the plan lacks, of the first kind of which it lacks some. */
export function missingTasks(
  big: BigPlan,
  done: ReadonlyMap<string, string>,
): { readonly kind: TaskKind | null; readonly names: readonly string[] } {
  for (const each of kindsOf(big)) {
    const names = namesOf(each).filter((name) => !done.has(name));
    if (names.length > 0) return { kind: each[0], names };
  }
  return { kind: null, names: [] };
}

/** The results of all tasks, which are done. */
export function resultsOf(big: BigPlan, done: ReadonlyMap<string, string>): TaskResults {
  const [spreads, comparisons, ranges] = kindsOf(big).map((each) =>
    namesOf(each).map((name) => JSON.parse(done.get(name)!)),
  );
  return { rows: [...spreads!, ...comparisons!], ranges: ranges as RangeCounts[] };
}
