/**
 * Steps: long work as a generator, so that its caller may let others have the thread in between. A step yields the number of rows
 * that take about as long to read as the step took.
 */
export type Steps<Result> = Generator<number, Result>;

/** Does the work without a pause. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Rows of a step: a fraction of a millisecond. */
export const STEP_ROWS = 512;
