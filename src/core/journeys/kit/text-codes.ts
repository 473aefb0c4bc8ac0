/**
 * TextCodes: small numbers for the texts that a journey reads: values of its breakdown, pages, names of events.
 *
 * 0 is the absent value. Numbers follow the order in which texts are read, which means nothing; `ranks` order them by
 * code points, so that an answer with ties does not depend on the order of reading.
 */
import { LIMITS } from '../../limits.ts';
import { compareCodePoints, ownText } from '../../std/text.ts';

export const ABSENT = 0;

export class TextCodes {
  readonly #codes = new Map<string, number>();
  readonly #texts: (string | null)[] = [null];
  #ranks: Uint32Array | null = null;

  /** The number of codes, including that of the absent value. */
  get count(): number {
    return this.#texts.length;
  }

  /** Whether there are more texts than a question may hold. */
  get isFull(): boolean {
    return this.count > LIMITS.queryGroupsMax;
  }

  code(text: string | null): number {
    if (text === null) return ABSENT;
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const own = ownText(text);
    const code = this.#texts.push(own) - 1;
    this.#codes.set(own, code);
    this.#ranks = null;
    return code;
  }

  /** The texts by code. */
  get texts(): readonly (string | null)[] {
    return this.#texts;
  }

  /** Maps the numbers of another reader, given its texts by code, to the codes here. */
  codesOf(texts: readonly (string | null)[]): Uint32Array {
    return Uint32Array.from(texts, (text) => this.code(text));
  }

  text(code: number): string | null {
    return this.#texts[code]!;
  }

  /** The rank of each code by its text, ascending; the absent value comes last. */
  ranks(): Uint32Array {
    if (this.#ranks !== null) return this.#ranks;
    const order = this.#texts.map((_, code) => code).sort((a, b) => this.compare(a, b));
    const ranks = new Uint32Array(order.length);
    for (const [rank, code] of order.entries()) ranks[code] = rank;
    this.#ranks = ranks;
    return ranks;
  }

  /** Negative when `left` comes first. */
  compare(left: number, right: number): number {
    if (left === ABSENT || right === ABSENT) return Number(left === ABSENT) - Number(right === ABSENT);
    return compareCodePoints(this.text(left)!, this.text(right)!);
  }
}
