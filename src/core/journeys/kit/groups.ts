/**
 * Groups: the answer's breakdown: the largest groups by their size, ties by key, and the rest together as `other`.
 */
import type { TextCodes } from './text-codes.ts';

export interface GroupKey {
  readonly key: { readonly [property: string]: string | null };
  /** Everything beyond the top together. */
  readonly other?: true;
}

export interface RankedGroups {
  /** Codes of each group that is listed, the largest first; the last may be all the rest. */
  readonly members: readonly (readonly number[])[];
  readonly hasOther: boolean;
}

/** `sizes`: of every group that occurred, by its code. */
export function rankGroups(sizes: ReadonlyMap<number, number>, texts: TextCodes, top: number): RankedGroups {
  const codes = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || texts.compare(a, b));
  const members: number[][] = codes.slice(0, top).map((code) => [code]);
  const rest = codes.slice(top);
  if (rest.length > 0) members.push(rest);
  return { members, hasOther: rest.length > 0 };
}

export function groupKey(
  property: string,
  texts: TextCodes,
  { members, hasOther }: RankedGroups,
  index: number,
): GroupKey {
  if (hasOther && index === members.length - 1) return { key: { [property]: null }, other: true };
  return { key: { [property]: texts.text(members[index]![0]!) } };
}

/** Numbers side by side for each group, made when the group is first met. */
export class GroupedCounts {
  readonly width: number;
  readonly #rows = new Map<number, Float64Array>();

  constructor(width: number) {
    this.width = width;
  }

  get cellCount(): number {
    return this.#rows.size * this.width;
  }

  of(group: number): Float64Array {
    let row = this.#rows.get(group);
    if (row === undefined) {
      row = new Float64Array(this.width);
      this.#rows.set(group, row);
    }
    return row;
  }

  /** Of these groups together; without groups, of all. */
  sum(groups: Iterable<number> = this.#rows.keys()): Float64Array {
    const total = new Float64Array(this.width);
    for (const group of groups) {
      const row = this.#rows.get(group);
      if (row !== undefined) for (let index = 0; index < total.length; index++) total[index]! += row[index]!;
    }
    return total;
  }

  /** The number at `index` of every group. */
  sizes(index: number): Map<number, number> {
    return new Map(Array.from(this.#rows, ([group, row]) => [group, row[index]!]));
  }
}
