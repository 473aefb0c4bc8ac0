/**
 * Text: the order of texts, which is by code points, ascending, for keys at rest and ties in answers in every program;
 * copies of texts that are to be kept; and their beginnings.
 */

/** Texts shorter than this are never slices in V8. */
const SLICE_LENGTH_MIN = 13;

/**
 * Returns an equal text with memory of its own. Texts of a batch are slices of a whole column, so keeping one would
 * keep megabytes. The language has no function that copies a text; a round trip through JSON does.
 */
export function ownText(text: string): string {
  return text.length < SLICE_LENGTH_MIN ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/**
 * Compares two texts; negative, 0 or positive. Differs from `<` (UTF-16 units) where a surrogate meets U+E000 to
 * U+FFFF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const unitA = a.charCodeAt(at);
    const unitB = b.charCodeAt(at);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

/** Order of a UTF-16 unit by code points: surrogates stand for code points above all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The text, or its beginning and `…` when it is longer than `lengthMax`. */
export function shortened(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1).toWellFormed()}…`;
}
