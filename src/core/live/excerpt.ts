/**
 * Excerpt: the beginning of a refused event or body, for people who look for their mistake.
 *
 * in: a value of JSON of any size and depth, or a text · out: a text of bounded length
 *
 * - What the tenant does not store of an event is not in its excerpt either: addresses, parameters and credentials of URLs. A
 *   text that is nothing but an address goes under any key.
 * - A body that is no JSON has no keys that tell what its parts are, so everything that looks like an address, or like a URL
 *   with parameters, goes.
 * - Keys of this platform are cut to their scope.
 * - The walk ends when the excerpt is full: it costs the same for an event of any size.
 */
import { LIMITS } from '../limits.ts';
import type { Privacy } from '../privacy/privacy.ts';
import { withoutCredentials } from '../privacy/url-text.ts';

export interface Excerpt {
  readonly text: string;
  readonly isTruncated: boolean;
}

/** Nesting beyond which an excerpt shows nothing: validation refuses half of it. */
const DEPTH_MAX = 16;
/** Characters of one text that are looked at: a part of a URL that begins in the excerpt ends in them. */
const TEXT_LOOKED_AT_MAX = 2 * LIMITS.refusalBodyLengthMax;
/** A malformed key too, as in logs: one mistyped letter makes no secret public. `utm_…` is none. */
const KEY = /(?<![a-z])tm_([a-z]+)_\w+/gi;

/** The beginning of a value of JSON, written as JSON. */
export function excerptOfJson(value: unknown, privacy: Privacy): Excerpt {
  const writer = new Writer(privacy);
  writer.value(value, '', 0);
  return bounded(writer.text);
}

/** The beginning of a text that is no JSON. */
export function excerptOfText(text: string, privacy: Privacy): Excerpt {
  const looked = withoutKeys(withoutCredentials(text.slice(0, TEXT_LOOKED_AT_MAX)));
  const hidesAddresses = privacy.removes('ip', '0');
  const words = looked.split(/([\s"'<>\\,;()]+)/).map((word) => {
    const url = privacy.filtered('url', word);
    return hidesAddresses && isAddress(url) ? '[address]' : url;
  });
  const { text: begin, isTruncated } = bounded(words.join(''));
  return { text: begin, isTruncated: isTruncated || text.length > TEXT_LOOKED_AT_MAX };
}

class Writer {
  text = '';
  readonly #privacy: Privacy;
  readonly #hidesAddresses: boolean;

  constructor(privacy: Privacy) {
    this.#privacy = privacy;
    this.#hidesAddresses = privacy.removes('ip', '0');
  }

  get #isFull(): boolean {
    return this.text.length > LIMITS.refusalBodyLengthMax;
  }

  value(value: unknown, key: string, depth: number): void {
    if (typeof value === 'string') this.text += JSON.stringify(this.#clean(value, key));
    else if (typeof value !== 'object' || value === null) this.text += String(value);
    else if (depth >= DEPTH_MAX) this.text += '…';
    else if (Array.isArray(value)) this.#items(value, key, depth);
    else this.#members(value as Readonly<Record<string, unknown>>, depth);
  }

  #items(items: readonly unknown[], key: string, depth: number): void {
    this.text += '[';
    for (let i = 0; i < items.length && !this.#isFull; i++) {
      if (i > 0) this.text += ',';
      this.value(items[i], key, depth + 1);
    }
    this.text += ']';
  }

  #members(object: Readonly<Record<string, unknown>>, depth: number): void {
    let separator = '{';
    for (const key in object) {
      if (this.#isFull) break;
      const value = object[key];
      if (this.#privacy.removes(key, value as never)) continue;
      this.text += `${separator}${JSON.stringify(withoutKeys(key.slice(0, LIMITS.nameLengthMax)))}:`;
      this.value(value, key, depth + 1);
      separator = ',';
    }
    this.text += separator === '{' ? '{}' : '}';
  }

  #clean(text: string, key: string): string {
    if (this.#hidesAddresses && isNothingButAddress(text)) return '[address]';
    return withoutKeys(this.#privacy.cleaned(key, text.slice(0, TEXT_LOOKED_AT_MAX)));
  }
}

function withoutKeys(text: string): string {
  return text.replace(KEY, 'tm_$1_…');
}

function bounded(text: string): Excerpt {
  const isTruncated = text.length > LIMITS.refusalBodyLengthMax;
  return { text: isTruncated ? text.slice(0, LIMITS.refusalBodyLengthMax).toWellFormed() : text, isTruncated };
}

/** Whether a word is an IP address, with or without brackets or a port. `12:30:45` is a time. */
function isAddress(word: string): boolean {
  if (/(?:^|[^\d.])(?:\d{1,3}\.){3}\d{1,3}(?:[^\d.]|$)/.test(word)) return true;
  return /[0-9a-f]/i.test(word) && /^\[?[0-9a-f:.]{3,45}\]?(?::\d+)?$/i.test(word) && /::|(?:[^:]*:){7}/.test(word);
}

/** Vendors keep an address under keys of their own: `cip`, `ip_override`, the value beside the key `client.address`. */
function isNothingButAddress(text: string): boolean {
  return /^[[\]0-9a-f:.]{3,64}$/i.test(text) && isAddress(text);
}
