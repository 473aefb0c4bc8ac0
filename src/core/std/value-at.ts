/**
 * ValueAt: the value at a place of numbers in ascending order, without sorting them all (Hoare, "Algorithm 65: find", 1961).
 *
 * Whoever sends the numbers also chooses their order. So the rounds are bounded, and what is left then is sorted.
 */

/** Below so many numbers a sort is as fast. */
const SORTED_MAX = 64;

/** Reorders the values, of which none is NaN. `place`: from 0. */
export function valueAt(values: Float64Array, place: number): number {
  let from = 0;
  let to = values.length;
  let rounds = 3 * Math.ceil(Math.log2(values.length + 1));
  while (to - from > SORTED_MAX && rounds-- > 0) {
    const pivot = middleOf(values[from]!, values[(from + to) >>> 1]!, values[to - 1]!);
    const { left, right } = partition(values, { from, to, pivot });
    if (place <= right) to = right + 1;
    else if (place >= left) from = left;
    else return pivot;
  }
  return values.subarray(from, to).sort()[place - from]!;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly pivot: number;
}

/** Puts lesser values before greater ones: none beyond `right` is less than the pivot, none before `left` greater. */
function partition(values: Float64Array, { from, to, pivot }: Stretch): { left: number; right: number } {
  let left = from;
  let right = to - 1;
  while (left <= right) {
    while (values[left]! < pivot) left++;
    while (values[right]! > pivot) right--;
    if (left > right) break;
    const value = values[left]!;
    values[left++] = values[right]!;
    values[right--] = value;
  }
  return { left, right };
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
