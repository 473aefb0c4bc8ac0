/**
 * Grouping: numbers for the groups and the (group, bucket) slots that a fold has met, in the order it met them.
 *
 * A slot is what a tally keeps a value for. Dense numbers let tallies be flat arrays; only slots that were met exist.
 */
import type { Fold, FoldedSeries, Value } from './fold.ts';

/** Keeps one mergeable value a slot. */
export interface Tally {
  /** The value of these slots together; none: the empty value. */
  merged(slots: readonly number[]): Value;
}

interface GroupNode {
  readonly children: Map<string | null, GroupNode>;
  group: number;
}

/** Places of the array of slots: 4 MB. */
const ARRAY_MAX = 1_048_576;

export class Grouping {
  readonly bucketCount: number;
  readonly #root: GroupNode = { children: new Map(), group: -1 };
  readonly #keys: (readonly (string | null)[])[] = [];
  /** By group × buckets + bucket: the slot, from 1; beyond the array's end in the map. */
  #slotOfBucket = new Int32Array(1_024);
  readonly #slotBeyond = new Map<number, number>();
  readonly #slots: { readonly group: number; readonly bucket: number }[] = [];

  constructor(bucketCount: number) {
    this.bucketCount = bucketCount;
  }

  get groupCount(): number {
    return this.#keys.length;
  }

  key(group: number): readonly (string | null)[] {
    return this.#keys[group]!;
  }

  /** The group of these values, new or known. The array is kept. */
  group(values: readonly (string | null)[]): number {
    let node = this.#root;
    for (const value of values) {
      let child = node.children.get(value);
      if (child === undefined) {
        child = { children: new Map(), group: -1 };
        node.children.set(value, child);
      }
      node = child;
    }
    if (node.group === -1) node.group = this.#keys.push(values) - 1;
    return node.group;
  }

  slot(group: number, bucket: number): number {
    const id = group * this.bucketCount + bucket;
    const known = id < this.#slotOfBucket.length ? this.#slotOfBucket[id]! : this.#slotBeyond.get(id);
    if (known) return known - 1;
    const slot = this.#slots.push({ group, bucket });
    if (id >= this.#slotOfBucket.length && id < ARRAY_MAX) this.#grow(id);
    if (id < this.#slotOfBucket.length) this.#slotOfBucket[id] = slot;
    else this.#slotBeyond.set(id, slot);
    return slot - 1;
  }

  #grow(id: number): void {
    const larger = new Int32Array(Math.min(ARRAY_MAX, Math.max(id + 1, this.#slotOfBucket.length * 2)));
    larger.set(this.#slotOfBucket);
    this.#slotOfBucket = larger;
  }

  /** The slots of each group. */
  slotsByGroup(): number[][] {
    const lists: number[][] = this.#keys.map(() => []);
    for (const [slot, { group }] of this.#slots.entries()) lists[group]!.push(slot);
    return lists;
  }

  /** Group and bucket of each slot. */
  slots(): { readonly groups: Uint32Array; readonly buckets: Uint32Array } {
    return {
      groups: Uint32Array.from(this.#slots, ({ group }) => group),
      buckets: Uint32Array.from(this.#slots, ({ bucket }) => bucket),
    };
  }

  keys(): readonly (readonly (string | null)[])[] {
    return this.#keys;
  }

  bucketOf(slot: number): number {
    return this.#slots[slot]!.bucket;
  }
}

/** A finished grouping with its tally: nothing is added to it any more. */
export class TalliedFold implements Fold {
  readonly #grouping: Grouping;
  readonly #tally: Tally;
  readonly #slotsByGroup: readonly (readonly number[])[];
  /** Ranking asks for every total, the series of the top for theirs again. */
  readonly #totals: Value[] = [];

  constructor(grouping: Grouping, tally: Tally) {
    this.#grouping = grouping;
    this.#tally = tally;
    this.#slotsByGroup = grouping.slotsByGroup();
  }

  get groupCount(): number {
    return this.#slotsByGroup.length;
  }

  key(group: number): readonly (string | null)[] {
    return this.#grouping.key(group);
  }

  total(group: number): Value {
    this.#totals[group] ??= this.#tally.merged(this.#slotsByGroup[group]!);
    return this.#totals[group];
  }

  series(groups: readonly number[]): FoldedSeries {
    const [only] = groups;
    const isOne = groups.length === 1 && only !== undefined;
    const slots = groups.flatMap((group) => this.#slotsByGroup[group]!);
    const byBucket: number[][] = Array.from({ length: this.#grouping.bucketCount }, () => []);
    for (const slot of slots) byBucket[this.#grouping.bucketOf(slot)]!.push(slot);
    const total = isOne ? this.total(only) : this.#tally.merged(slots);
    return { total, points: byBucket.map((list) => this.#tally.merged(list)) };
  }
}
