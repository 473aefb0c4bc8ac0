/**
 * Digest span: 32 days whose traits are digested together. A digest is known by the seals it was made from.
 */
export const SPAN_DAYS = 32;

export function spanOf(day: number): number {
  return Math.floor(day / SPAN_DAYS);
}

/** The revision of each day as text, always in the same order: an object keeps whole, positive keys in ascending order. */
export function sealsText(days: readonly { readonly day: number; readonly revision: number }[]): string {
  return JSON.stringify(Object.fromEntries(days.map(({ day, revision }) => [day, revision])));
}
