/**
 * ExcludedBots: how many events of bots a journey leaves out, over passes that read some people each.
 *
 * A pass may give up its upper people, whose events the next pass reads again. So the people of a pass are remembered until it
 * ends; of more events than are remembered the number is known only if the pass gave up nobody.
 */
import type { AskedBots } from '../../bots/asked-bots.ts';
import { LIMITS } from '../../limits.ts';

/** The events that one of several readers has left out. */
export interface ExcludedPart {
  readonly count: number;
  /** Hash of the person of each as (high, low); null when they are more than are remembered. */
  readonly people: Uint32Array | null;
}

const FIRST_ROOM = 256;

export class ExcludedBots {
  readonly asked: AskedBots;
  #total: number | null = 0;
  #count = 0;
  /** Null when the pass has more than are remembered. */
  #people: Uint32Array | null = new Uint32Array(FIRST_ROOM);

  constructor(asked: AskedBots) {
    this.asked = asked;
  }

  /** The events of the passes that have ended; null when it is not known. */
  get total(): number | null {
    return this.#total;
  }

  add(high: number, low: number): void {
    const at = 2 * this.#count++;
    if (this.#people === null) return;
    if (this.#count > LIMITS.excludedBotsHeldMax) {
      this.#people = null;
      return;
    }
    if (at === this.#people.length) this.#people = grown(this.#people);
    this.#people[at] = high;
    this.#people[at + 1] = low;
  }

  part(): ExcludedPart {
    return { count: this.#count, people: this.#people?.slice(0, 2 * this.#count) ?? null };
  }

  /**
   * Adds the part of another reader; undefined when it does not tell. `follow` replaces a person's hash, a (low, high) pair, by
   * the one that it is linked to.
   */
  absorb(part: ExcludedPart | undefined, follow: ((words: Uint32Array, at: number) => void) | null): void {
    if (part === undefined) {
      this.#total = null;
    } else if (part.people === null) {
      this.#people = null;
      this.#count += part.count;
    } else {
      const words = new Uint32Array(2);
      for (let at = 0; at < part.people.length; at += 2) {
        words[0] = part.people[at + 1]!;
        words[1] = part.people[at]!;
        follow?.(words, 0);
        this.add(words[1], words[0]);
      }
    }
  }

  /** Ends a pass. `to`: the last person whose events it kept, by the signed high word; null when it gave up nobody. */
  endPass(to: number | null): void {
    const kept = to === null ? this.#count : this.#countUpTo(to);
    this.#total = kept === null || this.#total === null ? null : this.#total + kept;
    this.#count = 0;
    this.#people ??= new Uint32Array(FIRST_ROOM);
  }

  #countUpTo(to: number): number | null {
    if (this.#people === null) return null;
    let count = 0;
    for (let at = 0; at < 2 * this.#count; at += 2) if ((this.#people[at]! | 0) <= to) count++;
    return count;
  }
}

function grown(list: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * list.length);
  larger.set(list);
  return larger;
}
