// Randomness: every decision is a pure function of the seed, the site and the number of earlier decisions at the site.
// A fault that is masked while a failure is shrunk therefore changes as little as possible of the rest of the run.

/** A random sequence that generates a workload. */
export class Sequence {
  #state: number;

  constructor(seed: number, name: string) {
    this.#state = mix(seed, hashText(name));
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return mix(this.#state, 0x5bd1e995) / 2 ** 32;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

interface Site {
  readonly hash: number;
  decided: number;
}

/** Decisions at named sites. */
export class Sites {
  readonly #seed: number;
  readonly #sites = new Map<string, Site>();

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** A number in [0, 1). */
  next(name: string): number {
    const site = this.#site(name);
    return mix(mix(this.#seed, site.hash), site.decided++) / 2 ** 32;
  }

  /** The name of the decision that `next(name)` made last. */
  lastOf(name: string): string {
    return `${name}#${this.#site(name).decided - 1}`;
  }

  #site(name: string): Site {
    let site = this.#sites.get(name);
    if (site === undefined) {
      site = { hash: hashText(name), decided: 0 };
      this.#sites.set(name, site);
    }
    return site;
  }
}

/** FNV-1a hash of a text. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Hash of two numbers by two rounds of the finalizer of MurmurHash3. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f);
  return (h ^ (h >>> 15)) >>> 0;
}
