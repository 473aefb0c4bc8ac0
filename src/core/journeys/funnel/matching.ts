/**
 * Matching: the number of steps that a set of events can serve when each event serves one: a maximum bipartite matching
 * of steps (at most 32) with events, maintained as events come and go.
 *
 * Events that could serve the same steps are alike: they are one node with a capacity. So the length of an augmenting
 * path is at most the number of steps, whatever the number of events.
 */
const FREE = -1;
/** Bound of the kinds of events remembered for the next set: usually they are the same few. */
const KINDS_KEPT = 64;

export class Matching {
  readonly #stepCount: number;
  readonly #indexOfMask = new Map<number, number>();
  readonly #masks: number[] = [];
  readonly #counts: number[] = [];
  readonly #used: number[] = [];
  readonly #visited: number[] = [];
  #visit = 0;
  /** The kind of event that serves each step. */
  readonly #servedBy: Int32Array;
  #size = 0;

  constructor(stepCount: number) {
    this.#stepCount = stepCount;
    this.#servedBy = new Int32Array(stepCount).fill(FREE);
  }

  /** The number of steps served. */
  get size(): number {
    return this.#size;
  }

  /** Forgets all events. */
  clear(): void {
    this.#release();
    this.#counts.fill(0);
    if (this.#masks.length <= KINDS_KEPT) return;
    this.#indexOfMask.clear();
    for (const list of [this.#masks, this.#counts, this.#used, this.#visited]) list.length = 0;
  }

  /** Makes the event known without matching it. */
  offer(mask: number): void {
    if (mask !== 0) this.#counts[this.#indexOf(mask)]!++;
  }

  add(mask: number): void {
    if (mask === 0) return;
    const index = this.#indexOf(mask);
    const hadSpare = this.#used[index]! < this.#counts[index]!;
    this.#counts[index]!++;
    // A further event of a kind that already has a spare changes nothing.
    if (!hadSpare) this.#augmentAny();
  }

  remove(mask: number): void {
    if (mask === 0) return;
    const index = this.#indexOf(mask);
    this.#counts[index]!--;
    if (this.#used[index]! <= this.#counts[index]!) return;
    this.#servedBy[this.#servedBy.indexOf(index)] = FREE;
    this.#used[index]!--;
    this.#size--;
    this.#augmentAny();
  }

  /**
   * The last step (from 1) of the longest row of steps, from index `from` on, that the offered events serve; `from`
   * when there is none.
   */
  runFrom(from: number): number {
    this.#release();
    let step = from;
    while (step < this.#stepCount && this.#augment(step)) step++;
    return step;
  }

  #release(): void {
    this.#servedBy.fill(FREE);
    this.#used.fill(0);
    this.#size = 0;
  }

  #augmentAny(): void {
    if (this.#size === this.#stepCount) return;
    for (let step = 0; step < this.#stepCount; step++) {
      if (this.#servedBy[step] === FREE && this.#augment(step)) return;
    }
  }

  #augment(step: number): boolean {
    this.#visit++;
    if (!this.#serve(step)) return false;
    this.#size++;
    return true;
  }

  #serve(step: number): boolean {
    for (let index = 0; index < this.#masks.length; index++) {
      if (this.#visited[index] === this.#visit || (this.#masks[index]! & (1 << step)) === 0) continue;
      if (this.#counts[index] === 0) continue;
      this.#visited[index] = this.#visit;
      if (this.#used[index]! < this.#counts[index]!) {
        this.#used[index]!++;
        this.#servedBy[step] = index;
        return true;
      }
      for (let other = 0; other < this.#stepCount; other++) {
        if (this.#servedBy[other] !== index || !this.#serve(other)) continue;
        this.#servedBy[step] = index;
        return true;
      }
    }
    return false;
  }

  #indexOf(mask: number): number {
    const known = this.#indexOfMask.get(mask);
    if (known !== undefined) return known;
    const index = this.#masks.push(mask) - 1;
    this.#indexOfMask.set(mask, index);
    this.#counts.push(0);
    this.#used.push(0);
    this.#visited.push(0);
    return index;
  }
}
