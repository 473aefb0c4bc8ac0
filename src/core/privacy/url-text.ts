/**
 * URL text: the parts of a URL that tell of a person by accident: credentials before the host, and the parameters of its
 * query, where sites keep tokens, e-mail addresses and searches.
 *
 * A URL is cut as text: relative and broken URLs are facts too, and what is kept stays as it was sent, to the character.
 * Parameters are looked for after every `?`, also behind a `#`, where a single-page app keeps its own URL, and in a fragment
 * that is itself a list of parameters (`#access_token=…`).
 */

/** Everything between `//` and the last `@` before the path, in any URL of the text. */
const CREDENTIALS = /([\\/]{2})[^\s\\/?#"'<>]*@/g;
const FRAGMENT_OF_PARAMETERS = /^#[^/?=&]+=/;
/** `?` begins a second list where a link was glued together: `?utm_source=a?token=b`. */
const AMPERSAND = 0x26;
const QUESTION_MARK = 0x3f;
const PARAMETER_ENDS = /[&?]/;

export function withoutCredentials(text: string): string {
  return text.includes('@') ? text.replace(CREDENTIALS, '$1') : text;
}

/** The URL with those parameters alone that `keeps` names; the same text when it keeps all. */
export function withParameters(url: string, keeps: (name: string) => boolean): string {
  const hash = url.indexOf('#');
  if (hash === -1) return queryFiltered(url, keeps);
  return queryFiltered(url.slice(0, hash), keeps) + fragmentFiltered(url.slice(hash), keeps);
}

function fragmentFiltered(fragment: string, keeps: (name: string) => boolean): string {
  if (!FRAGMENT_OF_PARAMETERS.test(fragment)) return queryFiltered(fragment, keeps);
  if (keepsAll(fragment, 1, keeps)) return fragment;
  const kept = parametersFiltered(fragment.slice(1), keeps);
  return kept === '' ? '' : `#${kept}`;
}

/** Filters what follows the first `?` of the text. A text with white space before it is prose, and no URL. */
function queryFiltered(text: string, keeps: (name: string) => boolean): string {
  const mark = text.indexOf('?');
  if (mark === -1 || keepsAll(text, mark + 1, keeps) || /\s/.test(text.slice(0, mark))) return text;
  const kept = parametersFiltered(text.slice(mark + 1), keeps);
  return kept === '' ? text.slice(0, mark) : `${text.slice(0, mark)}?${kept}`;
}

/** Tells the common case apart, a query of campaign parameters alone, without taking the text to pieces. */
function keepsAll(text: string, startIndex: number, keeps: (name: string) => boolean): boolean {
  for (let start = startIndex; start < text.length; ) {
    const end = nextEnd(text, start);
    if (end > start && !keeps(nameOf(text.slice(start, end)))) return false;
    start = end + 1;
  }
  return true;
}

function nextEnd(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === AMPERSAND || unit === QUESTION_MARK) return i;
  }
  return text.length;
}

function parametersFiltered(query: string, keeps: (name: string) => boolean): string {
  const parameters = query.split(PARAMETER_ENDS);
  return parameters.filter((parameter) => parameter !== '' && keeps(nameOf(parameter))).join('&');
}

/** The name of a parameter: decoded, without case. */
function nameOf(parameter: string): string {
  const name = parameter.slice(0, indexOrEnd(parameter, '='));
  return (name.includes('%') ? decoded(name) : name).toLowerCase();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function indexOrEnd(text: string, mark: string): number {
  const index = text.indexOf(mark);
  return index === -1 ? text.length : index;
}
