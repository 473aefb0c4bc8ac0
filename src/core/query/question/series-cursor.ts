/**
 * SeriesCursor: the place of a series in the ranking of its answer, as a text: its total and its key. The next page goes on
 * behind that place, whether or not the series is still there.
 */

export interface RankedPlace {
  readonly total: number | null;
  readonly key: readonly (string | null)[];
}

export function seriesCursor({ total, key }: RankedPlace): string {
  const bytes = new TextEncoder().encode(JSON.stringify([total, ...key]));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Returns null when the text is not a cursor of series with `keyLength` properties. */
export function parseSeriesCursor(text: string, keyLength: number): RankedPlace | null {
  const place = decoded(text);
  if (!Array.isArray(place) || place.length !== keyLength + 1) return null;
  const [total, ...key] = place as unknown[];
  if (total !== null && typeof total !== 'number') return null;
  return key.every((value) => value === null || typeof value === 'string') ? { total, key } : null;
}

function decoded(text: string): unknown {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return null;
  }
}
