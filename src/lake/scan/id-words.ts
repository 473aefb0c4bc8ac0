/**
 * IdWords: a 32-bit hash of each row's id, for the filters that say which rows may be copies.
 *
 * It only filters, so it may be weak: SipHash would take longer than the rest of the reading. It is keyed all the same, because
 * ids chosen to collide would switch the filters off. The hash is multilinear: a sum of the text's UTF-16 units, each times a
 * word of its place that is drawn from the key. Two texts that are chosen without the key collide with a chance of at most
 * 2^-17, and of 2^-25 when both are ASCII.
 * Source: Lemire and Kaser, "Strongly universal string hashing is fast", 2014.
 */
import type { EventColumns } from '../../core/event/columns.ts';
import { Hasher, type HashKey } from '../../core/std/hash.ts';
import { mixWord } from '../../core/std/probes.ts';

/** Gives the hash of each row's id in these columns. Where the ids came as one packed text, no id is cut out of it. */
export type IdWords = (columns: Pick<EventColumns, 'strings' | 'packed'>) => (row: number) => number;

export function idWordsOf(hashKey: HashKey): IdWords {
  const factors = new Factors(hashKey);
  return ({ strings, packed }) => {
    const texts = packed?.id;
    if (texts !== undefined) return (row) => wordOf(factors, texts.text, texts.starts[row]!, texts.starts[row + 1]!);
    const ids = strings.id!;
    return (row) => wordOf(factors, ids[row] ?? '', 0, (ids[row] ?? '').length);
  };
}

/** A unit of 0 at the end would not count without the length. */
function wordOf(factors: Factors, text: string, from: number, to: number): number {
  const length = to - from;
  const words = factors.cover(length + 2);
  let sum = (words[0]! + Math.imul(words[1]!, length)) | 0;
  for (let place = 0; place < length; place++) {
    sum = (sum + Math.imul(words[place + 2]!, text.charCodeAt(from + place))) | 0;
  }
  return mixWord(sum);
}

/** A word of each place of a text, drawn from the key when a text is that long. */
class Factors {
  readonly #hasher: Hasher;
  #words = new Int32Array(0);

  constructor(hashKey: HashKey) {
    this.#hasher = new Hasher(hashKey);
  }

  cover(count: number): Int32Array {
    if (count <= this.#words.length) return this.#words;
    const words = new Int32Array(Math.max(64, 2 ** Math.ceil(Math.log2(count))));
    for (let at = 0; at < words.length; at++) {
      this.#hasher.hash(`id-words/${at}`);
      words[at] = this.#hasher.low;
    }
    this.#words = words;
    return words;
  }
}
