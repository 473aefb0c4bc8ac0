/** HighRange: people by the signed high word of their hash, both ends included: the order in which the lake sorts them. */
export interface HighRange {
  readonly from: number;
  readonly to: number;
}

export const ALL_PEOPLE: HighRange = { from: -(2 ** 31), to: 2 ** 31 - 1 };

/** Returns the lower half. `range` has at least two high words. */
export function lowerHalf({ from, to }: HighRange): HighRange {
  return { from, to: Math.floor((from + to) / 2) };
}
