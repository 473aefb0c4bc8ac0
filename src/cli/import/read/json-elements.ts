/**
 * JSON elements: the texts of the elements of one JSON array, also of one that an object holds (`{"events": [...]}`), or of objects that
 * follow each other over several lines, from a stream. The array is never held as a whole.
 *
 * The scanner counts brackets outside of strings and leaves the rest of the grammar to `JSON.parse`, so a wrong element
 * costs its own row, unless its brackets or quotes do not match: then the rest of the file is one wrong row.
 */
import { StringDecoder } from 'node:string_decoder';
import { type Codec, invalidReason, shownText } from './encoding.ts';
import type { Line } from './lines.ts';
import { ROW_LENGTH_MAX, tooLong, Unreadable } from './row.ts';

/** Where the elements stand: in one array, in the array of one object, or one after another. */
export type ElementLayout = 'array' | 'wrapped' | 'objects';

/** The depth at which elements stand. */
const DEPTHS: Readonly<Record<ElementLayout, number>> = { array: 1, wrapped: 2, objects: 0 };
/** The end of an object after its array: further fields are not read. */
const WRAPPER_END = /^(,[\s\S]*)?\}$/;

/** What follows the last element. */
type Ending = 'open' | 'closed' | 'junk';

export async function* readElements(
  source: AsyncIterable<Uint8Array>,
  codec: Codec,
  layout: ElementLayout,
): AsyncGenerator<Line[]> {
  const decoder = new StringDecoder(codec.stage);
  const scanner = new ElementScanner(layout);
  const finished = (text: string): Line => {
    if (text.length > ROW_LENGTH_MAX) return tooLong(text);
    if (codec.finish === null) return text;
    return codec.finish(text) ?? new Unreadable(invalidReason(text, codec), shownText(text, codec));
  };
  for await (const chunk of source) {
    const elements = scanner.scan(decoder.write(chunk as Buffer));
    if (elements.length > 0)
      yield elements.map((element) => (typeof element === 'string' ? finished(element) : element));
  }
  const last = scanner.end();
  if (last) yield [last];
}

class ElementScanner {
  readonly #isArray: boolean;
  readonly #isWrapped: boolean;
  /** The depth at which elements stand. */
  readonly #base: number;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #text = '';
  #isTooLong = false;
  #ending: Ending = 'open';

  constructor(layout: ElementLayout) {
    this.#isArray = layout !== 'objects';
    this.#isWrapped = layout === 'wrapped';
    this.#base = DEPTHS[layout];
  }

  scan(text: string): Line[] {
    const elements: Line[] = [];
    let start = 0;
    const cut = (index: number) => {
      const element = (this.#text + text.slice(start, index)).trim();
      if (this.#isTooLong) elements.push(tooLong(element));
      else if (element !== '') elements.push(element);
      this.#text = '';
      this.#isTooLong = false;
      start = index;
    };
    for (let index = 0; index < text.length; index++) {
      const char = text.charCodeAt(index);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (this.#inString) {
        if (char === 0x5c) this.#isEscaped = true;
        else if (char === 0x22) this.#inString = false;
      } else if (char === 0x22) this.#inString = true;
      else if (char === 0x7b || char === 0x5b) {
        if (++this.#depth === this.#base && this.#isArray && this.#ending === 'open') {
          this.#text = '';
          start = index + 1;
        }
      } else if (char === 0x7d || char === 0x5d) {
        this.#depth--;
        if (this.#depth === this.#base - 1 && this.#isArray && this.#ending === 'open') {
          cut(index);
          this.#ending = 'closed';
          start = index + 1;
        } else if (this.#depth === this.#base && !this.#isArray) cut(index + 1);
      } else if (char === 0x2c && this.#isArray && this.#ending === 'open' && this.#depth === this.#base) {
        cut(index);
        start = index + 1;
      }
    }
    this.#keep(text.slice(start));
    return elements;
  }

  /** The rest of the file, when there is one that should not be there. */
  end(): Unreadable | undefined {
    const rest = this.#text.trim();
    if (this.#isArray && this.#ending === 'open')
      return new Unreadable('the array has no end: the file is cut short', rest);
    if ((this.#isWrapped ? WRAPPER_END.test(rest) : rest === '') && !this.#isTooLong) return undefined;
    return new Unreadable(
      this.#isArray ? 'text follows the end of the array' : 'the object has no end: the file is cut short',
      rest,
    );
  }

  #keep(text: string): void {
    if (this.#text.length + text.length <= ROW_LENGTH_MAX) this.#text += text;
    else this.#isTooLong = true;
  }
}
