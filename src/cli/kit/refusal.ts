/**
 * Refusal: what the server says about a bad request, in the words of a command line. The server checks requests with
 * schemas, and a schema's texts speak of types, not of options.
 */

const FIELD = /^\/(\w+)(?:\/\d+)?: /;
/** Options whose name is not that of the request's field. */
const OPTION_OF_FIELD: Readonly<Record<string, string>> = {
  groupBy: '--group-by',
  windowSeconds: '--within',
  steps: 'the list of steps',
  id: 'the id',
  scope: 'the scope',
  limit: '--limit',
};
const REWRITES: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [
    /^Invalid option: expected one of (.+)$/,
    ([, list = '']) => `takes ${list.replaceAll('"', '').replaceAll('|', ', ')}`,
  ],
  [/^Invalid input: expected "?([^",]+)"?$/, ([, value]) => `takes ${value}`],
  [/^Invalid input: expected (\w+), received undefined$/, () => 'is missing'],
  [
    /^Invalid input: expected (\w+), received (\w+)$/,
    ([, wanted, sent]) => `takes a value of the type ${wanted}, not ${sent}`,
  ],
  [/^Invalid input$/, () => 'has a value that does not fit'],
  [/^Unrecognized keys?: (.+)$/, ([, names = '']) => `has no field ${names.replaceAll('"', '')}`],
  [/^Too small: expected .*?>=?\s?(\S+).*$/, ([, least]) => `is too short or too small: at least ${least}`],
  [/^Too big: expected .*?<=?\s?(\S+).*$/, ([, most]) => `is too long or too big: at most ${most}`],
  [/^Invalid string: must match pattern .*$/, () => 'has characters that are not allowed'],
];

/** The detail of a refusal with the names of options, and without the terms of the schema library. */
export function plainDetail(detail: string): string {
  const [prefix = '', field] = FIELD.exec(detail) ?? [];
  const text = rewrite(detail.slice(prefix.length));
  if (field === undefined) return text === detail ? detail : `The request ${text}`;
  return `${OPTION_OF_FIELD[field] ?? `--${field}`} ${text}`;
}

function rewrite(text: string): string {
  for (const [pattern, render] of REWRITES) {
    const match = pattern.exec(text);
    if (match) return render(match);
  }
  return text;
}
