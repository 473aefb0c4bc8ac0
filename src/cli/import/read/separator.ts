/**
 * Separator: the character between the fields of a CSV row, guessed from the first rows of a file.
 *
 * The header and most of the rows have the same number of fields, more than one, when they are cut at the right one.
 */
import { UsageError } from '../../kit/command.ts';

/** In the order in which they are preferred when two fit equally well. */
const CANDIDATES = [',', ';', '\t', '|'];
const NAMES: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
};
const SHOWN: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'pipes' };
const ROWS_MAX = 50;

export function parseSeparator(text: string): string {
  const separator = NAMES[text.toLowerCase()] ?? text;
  if (!/^[\x20-\x7e\t]$/.test(separator) || separator === '"')
    throw new UsageError(`--separator takes one character, or comma, semicolon, tab or pipe, not "${text}"`);
  return separator;
}

export function showSeparator(separator: string): string {
  return SHOWN[separator] ?? `"${separator}"`;
}

/** `sample` is the text that the file begins with; its last row may be cut off unless it `isWhole`. */
export function guessSeparator(sample: string, isWhole: boolean): string {
  let best = { separator: ',', share: 0, fields: 1 };
  for (const separator of CANDIDATES) {
    const rows = splitRows(sample, separator, ROWS_MAX);
    if (!isWhole && rows.length > 1 && rows.length < ROWS_MAX) rows.pop();
    const fields = rows[0]?.length ?? 0;
    if (fields < 2) continue;
    const share = rows.filter((row) => row.length === fields).length / rows.length;
    if (share > best.share || (share === best.share && fields > best.fields)) best = { separator, share, fields };
  }
  return best.separator;
}

/** The first rows of a text as fields, blank lines left out. A text between quotes may hold separators and line ends. */
export function splitRows(text: string, separator: string, rowsMax: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  const endRow = () => {
    if (row.length > 0 || field !== '') rows.push([...row, field]);
    row = [];
    field = '';
  };
  for (let index = 0; index < text.length && rows.length < rowsMax; index++) {
    const char = text[index] as string;
    if (char === '"' && isQuoted && text[index + 1] === '"') field += text[index++];
    else if (char === '"' && (isQuoted || field === '')) isQuoted = !isQuoted;
    else if (isQuoted) field += char;
    else if (char === separator) {
      row.push(field);
      field = '';
    } else if (char === '\n' || char === '\r') endRow();
    else field += char;
  }
  if (rows.length < rowsMax) endRow();
  return rows;
}
