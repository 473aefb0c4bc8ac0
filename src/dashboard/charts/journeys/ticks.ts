/** Ticks: the round values at which a chart draws its grid lines. */

const STEPS = [1, 2, 2.5, 5, 10] as const;

/** At most `count` + 2 round values, ascending, that cover both bounds. */
export function niceTicks(least: number, greatest: number, count: number): number[] {
  const span = greatest - least;
  if (!(span > 0)) return [least];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * STEPS.find((factor) => factor * power >= rough * (1 - 1e-9))!;
  const first = Math.floor(least / step + 1e-9);
  const last = Math.ceil(greatest / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => roundTo((first + index) * step, step));
}

/** Removes the noise of floating point beyond the step's own digits. */
function roundTo(value: number, step: number): number {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(step)));
  return Number(value.toFixed(Math.min(digits, 12)));
}
