/**
 * Exact JSON: JSON in which numbers beyond ±(2^53 − 1) are texts with the digits that were sent, because JSON.parse keeps
 * only the nearest double of them.
 *
 * The text is read a second time, and only for an event that holds such a number. Refused: a reviver of JSON.parse with
 * the source of each value: it is called for every value, and takes many times as long as this scan.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Shorter numbers without an exponent are safe: 2^53 − 1 has 16 digits. */
const UNSAFE_LENGTH_MIN = 16;

/** Parses a text that is known to be JSON. */
export function parseExactJson(json: string): unknown {
  return JSON.parse(quoteUnsafeNumbers(json));
}

/** The same JSON with quotes around every number that has more digits than a double keeps. */
export function quoteUnsafeNumbers(json: string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (let at = 0; at < json.length; ) {
    const char = json.charCodeAt(at);
    if (char === QUOTE) at = endOfText(json, at);
    else if (isDigit(char)) {
      const end = endOfNumber(json, at);
      const start = json[at - 1] === '-' ? at - 1 : at;
      if (isUnsafe(json, start, end)) {
        pieces.push(json.slice(copied, start), '"', json.slice(start, end), '"');
        copied = end;
      }
      at = end;
    } else at++;
  }
  return copied === 0 ? json : pieces.join('') + json.slice(copied);
}

function isUnsafe(json: string, start: number, end: number): boolean {
  const token = json.slice(start, end);
  if (end - start < UNSAFE_LENGTH_MIN && !/e/i.test(token)) return false;
  return !(Math.abs(Number(token)) <= Number.MAX_SAFE_INTEGER);
}

/** The place behind the text that begins at `start`. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end + 1;
  }
}

/** The place behind the number that has a digit at `start`. */
function endOfNumber(json: string, start: number): number {
  let end = start + 1;
  while (isDigit(json.charCodeAt(end)) || '.eE+-'.includes(json.charAt(end) || ' ')) end++;
  return end;
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}
