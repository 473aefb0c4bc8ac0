/**
 * Grouping: numbers for the groups and the (group, bucket) slots of a fold, in the order they first occur.
 *
 * A tally keeps one value a slot. Dense numbers let tallies be flat arrays; only slots that occur exist. Slots are
 * found in an array by group and bucket, and beyond its end by open addressing: 8 to 24 bytes a slot, no object each.
 */
import { STEP_ROWS, type Steps } from '../../std/steps.ts';
import type { Fold, FoldedSeries, Value, ValueCounts } from './fold.ts';

/** Numbers of slots: a list of them, or a part of one. */
export type Slots = ArrayLike<number> & Iterable<number>;

/** Keeps one mergeable value a slot. */
export interface Tally {
  /** Returns the value of these slots together; of no slots the empty value. */
  merged(slots: Slots): Value;
  /** The rows that take about as long to read as a slot takes to be put together with others. */
  readonly rowsPerSlot: number;
}

/** Tally of single events, with its approximate memory. */
export interface SizedTally extends Tally {
  readonly sizeBytes: number;
  /** True once an event could not be counted any more: the tally is then void. */
  readonly isFull: boolean;
}

interface GroupNode {
  /** Null before the first child: a map takes more than everything else of a group. */
  children: Map<string | null, GroupNode> | null;
  group: number;
}

/** Places of the array of slots: 4 MB. */
const ARRAY_MAX = 1_048_576;
/** Memory of a group with its node, list of values and the places that point to it, without its texts. */
const GROUP_SIZE_BYTES = 220;
/** Maximum memory of a slot: group, bucket, two to four places of the table, and one of the final list by group. */
const SLOT_SIZE_BYTES = 28;

export class Grouping {
  readonly bucketCount: number;
  readonly #root: GroupNode = { children: null, group: -1 };
  readonly #keys: (readonly (string | null)[])[] = [];
  #textLength = 0;
  /** Slot, from 1, at group × buckets + bucket. */
  #slotOfBucket = new Int32Array(1_024);
  /** Slots beyond the array's end, from 1; 0 marks a free place. */
  #places = new Uint32Array(1_024);
  #placed = 0;
  /** Group and bucket of each slot. */
  #groups = new Uint32Array(1_024);
  #buckets = new Uint32Array(1_024);
  #slotCount = 0;

  constructor(bucketCount: number) {
    this.bucketCount = bucketCount;
  }

  get groupCount(): number {
    return this.#keys.length;
  }

  get slotCount(): number {
    return this.#slotCount;
  }

  /** Approximate memory of the grouping. */
  get sizeBytes(): number {
    return this.#keys.length * GROUP_SIZE_BYTES + this.#textLength + this.#slotCount * SLOT_SIZE_BYTES;
  }

  key(group: number): readonly (string | null)[] {
    return this.#keys[group]!;
  }

  /** Returns the group of these values, which is made when it is new. The grouping keeps the array. */
  group(values: readonly (string | null)[]): number {
    let node = this.#root;
    for (const value of values) {
      node.children ??= new Map();
      let child = node.children.get(value);
      if (child === undefined) {
        child = { children: null, group: -1 };
        node.children.set(value, child);
        this.#textLength += value?.length ?? 0;
      }
      node = child;
    }
    if (node.group === -1) node.group = this.#keys.push(values) - 1;
    return node.group;
  }

  slot(group: number, bucket: number): number {
    const id = group * this.bucketCount + bucket;
    if (id >= ARRAY_MAX) return this.#seek(group, bucket);
    if (id >= this.#slotOfBucket.length) this.#growTo(id);
    const known = this.#slotOfBucket[id]!;
    if (known !== 0) return known - 1;
    const slot = this.#newSlot(group, bucket);
    this.#slotOfBucket[id] = slot + 1;
    return slot;
  }

  #seek(group: number, bucket: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let place = placeOf(group, bucket) & mask;
    for (; places[place] !== 0; place = (place + 1) & mask) {
      const slot = places[place]! - 1;
      if (this.#groups[slot] === group && this.#buckets[slot] === bucket) return slot;
    }
    const slot = this.#newSlot(group, bucket);
    places[place] = slot + 1;
    if (++this.#placed * 2 > places.length) this.#growPlaces();
    return slot;
  }

  #newSlot(group: number, bucket: number): number {
    const slot = this.#slotCount++;
    if (slot === this.#groups.length) {
      this.#groups = grown(this.#groups, 2 * slot);
      this.#buckets = grown(this.#buckets, 2 * slot);
    }
    this.#groups[slot] = group;
    this.#buckets[slot] = bucket;
    return slot;
  }

  #growTo(id: number): void {
    const larger = new Int32Array(Math.min(ARRAY_MAX, Math.max(id + 1, this.#slotOfBucket.length * 2)));
    larger.set(this.#slotOfBucket);
    this.#slotOfBucket = larger;
  }

  #growPlaces(): void {
    const old = this.#places;
    const places = new Uint32Array(2 * old.length);
    const mask = places.length - 1;
    for (const slot of old) {
      if (slot === 0) continue;
      let place = placeOf(this.#groups[slot - 1]!, this.#buckets[slot - 1]!) & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = slot;
    }
    this.#places = places;
  }

  /** Returns the slots of each group. */
  slotsByGroup(): SlotsByGroup {
    return new SlotsByGroup(this.#groups.subarray(0, this.#slotCount), this.#keys.length);
  }

  /** Returns the group and bucket of each slot. */
  slots(): { readonly groups: Uint32Array; readonly buckets: Uint32Array } {
    return { groups: this.#groups.slice(0, this.#slotCount), buckets: this.#buckets.slice(0, this.#slotCount) };
  }

  keys(): readonly (readonly (string | null)[])[] {
    return this.#keys;
  }

  bucketOf(slot: number): number {
    return this.#buckets[slot]!;
  }
}

/** Hash of a group and bucket: large odd numbers spread them. */
function placeOf(group: number, bucket: number): number {
  const mixed = Math.imul(group, 0x9e3779b1) ^ Math.imul(bucket, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function grown(list: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length);
  larger.set(list);
  return larger;
}

/**
 * Lists the slots of each group side by side in one array: an array for each of many groups would be mostly its own
 * header.
 */
class SlotsByGroup {
  readonly #offsets: Uint32Array;
  readonly #slots: Uint32Array;

  constructor(groupOfSlot: Uint32Array, groupCount: number) {
    const offsets = new Uint32Array(groupCount + 1);
    for (const group of groupOfSlot) offsets[group + 1]!++;
    for (let group = 0; group < groupCount; group++) offsets[group + 1]! += offsets[group]!;
    const next = offsets.slice();
    this.#slots = new Uint32Array(groupOfSlot.length);
    for (let slot = 0; slot < groupOfSlot.length; slot++) this.#slots[next[groupOfSlot[slot]!]!++] = slot;
    this.#offsets = offsets;
  }

  get groupCount(): number {
    return this.#offsets.length - 1;
  }

  get slotCount(): number {
    return this.#slots.length;
  }

  of(group: number): Uint32Array {
    return this.#slots.subarray(this.#offsets[group]!, this.#offsets[group + 1]!);
  }
}

/** The rows that take as long to read as a slot takes to be listed, and as a point takes to be made. */
const LISTED_ROWS = 0.05;
const POINT_ROWS = 0.2;

/** A finished grouping with its tally; nothing is added to it any more. */
export class TalliedFold implements Fold {
  readonly values: ValueCounts | undefined;
  readonly excludedBots: number | undefined;
  readonly #grouping: Grouping;
  readonly #tally: Tally;
  readonly #slotsByGroup: SlotsByGroup;
  /** Totals by group. Ranking asks for every total, and the series of the top ask for theirs again. */
  readonly #totals: Value[] = [];

  constructor(grouping: Grouping, tally: Tally, { values, excludedBots }: Pick<Fold, 'values' | 'excludedBots'> = {}) {
    this.values = values;
    this.excludedBots = excludedBots;
    this.#grouping = grouping;
    this.#tally = tally;
    this.#slotsByGroup = grouping.slotsByGroup();
  }

  get groupCount(): number {
    return this.#slotsByGroup.groupCount;
  }

  key(group: number): readonly (string | null)[] {
    return this.#grouping.key(group);
  }

  total(group: number): Value {
    this.#totals[group] ??= this.#tally.merged(this.#slotsByGroup.of(group));
    return this.#totals[group];
  }

  get rowsPerTotal(): number {
    const { groupCount, slotCount } = this.#slotsByGroup;
    return (this.#tally.rowsPerSlot * slotCount) / Math.max(1, groupCount);
  }

  *series(groups: readonly number[]): Steps<FoldedSeries> {
    const [only] = groups;
    const isOne = groups.length === 1 && only !== undefined;
    const slots: number[] = [];
    const byBucket: number[][] = Array.from({ length: this.#grouping.bucketCount }, () => []);
    for (const group of groups) {
      for (const slot of this.#slotsByGroup.of(group)) {
        slots.push(slot);
        byBucket[this.#grouping.bucketOf(slot)]!.push(slot);
      }
    }
    const total = isOne ? this.total(only) : this.#tally.merged(slots);
    let rows = slots.length * (LISTED_ROWS + this.#tally.rowsPerSlot);
    const points: Value[] = [];
    for (const list of byBucket) {
      points.push(this.#tally.merged(list));
      rows += POINT_ROWS + list.length * this.#tally.rowsPerSlot;
      if (rows < STEP_ROWS) continue;
      yield rows;
      rows = 0;
    }
    yield rows;
    return { total, points };
  }
}
