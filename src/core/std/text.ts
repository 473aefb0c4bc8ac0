/**
 * Texts: their order, by code points, ascending: the one order of keys at rest and of ties in answers, the same in every
 * program; and a text by itself, to be kept.
 */

/** Texts below this are never slices. */
const SLICE_LENGTH_MIN = 13;

/**
 * The same text with memory of its own. Texts of a batch are slices of a whole column: one that is kept would keep megabytes.
 * Nothing in the language copies a text; reading it from JSON does.
 */
export function ownText(text: string): string {
  return text.length < SLICE_LENGTH_MIN ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/** Negative, 0 or positive. Differs from `<` (UTF-16 units) where a surrogate meets U+E000 to U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const unitA = a.charCodeAt(at);
    const unitB = b.charCodeAt(at);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
