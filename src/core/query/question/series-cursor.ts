/**
 * SeriesCursor: the place of a series in the ranking of its answer, as a text: its total and its key. The next page goes on
 * behind that place, whether or not the series is still there.
 */

export interface RankedPlace {
  readonly total: number | null;
  readonly key: readonly (string | null)[];
}

export function seriesCursor({ total, key }: RankedPlace): string {
  return encodeURIComponent(JSON.stringify([total, ...key]));
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
    return JSON.parse(decodeURIComponent(text));
  } catch {
    return null;
  }
}
