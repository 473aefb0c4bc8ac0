/**
 * Loose: values that a vendor writes as texts, because its events travel in URLs: numbers, sizes of screens.
 */
import { isObject } from '../../../core/std/object.ts';
import { quoteUnsafeNumbers } from '../exact-json.ts';
import { parseJson } from '../json.ts';

/** Digits are read by one repetition alone: two beside each other take the square of the length of a text that is no number. */
const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number that a text writes; any other value, and a number that a double cannot keep, as it is. */
export function numeric(value: unknown): unknown {
  if (typeof value !== 'string' || !NUMBER.test(value)) return value;
  const number = Number(value);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : value;
}

/** The width and height of a text such as `1280x720`; null for any other value. */
export function sizeOf(value: unknown): { readonly width: number; readonly height: number } | null {
  const [, width, height] = (typeof value === 'string' && /^(\d{1,6})x(\d{1,6})$/.exec(value)) || [];
  return width === undefined ? null : { width: Number(width), height: Number(height) };
}

/** The text; null for any other value, and for an empty text. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The id as a text; null for a value that is neither a text nor a number. */
export function looseId(value: unknown): string | null {
  return typeof value === 'number' ? String(value) : textOf(value);
}

/** The object; an empty one for any other value. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : NOTHING;
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

/** What a number beyond 2^53 begins with, where no text begins before it: many digits, or some with an exponent. */
const MAY_BE_UNSAFE = /(?:^|[[,:\s])-?\d(?:\d{15}|[\d.]*e)/i;

/**
 * The JSON within a text of an event, with numbers beyond 2^53 as texts. Undefined, which JSON cannot express, when the text
 * is none.
 */
export function parseJsonText(text: string): unknown {
  const value = parseJson(text);
  if (value === undefined || !MAY_BE_UNSAFE.test(text)) return value;
  const exact = quoteUnsafeNumbers(text);
  return exact === text ? value : JSON.parse(exact);
}
