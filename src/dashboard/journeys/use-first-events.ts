/** UseFirstEvents: the most frequent events, of which a page proposes a question while its URL names none. */
import type { Catalog } from '../../wire/catalog.ts';
import { IDENTITY_TYPES } from '../charts/journeys/sessions-layout.ts';
import { type Asked, useAsk } from '../data/ask.ts';

export interface FirstEvents {
  readonly asked: Asked<Catalog>;
  /** The names, the most frequent first; empty until they are known. */
  readonly names: readonly string[];
}

/** Asks nothing unless they are needed. */
export function useFirstEvents(isNeeded: boolean): FirstEvents {
  const asked = useAsk<Catalog>(isNeeded ? { path: '/v1/catalog?kind=event&limit=20' } : null);
  const names = (asked.data?.entries ?? []).map(({ name }) => name).filter((name) => !IDENTITY_TYPES.has(name));
  return { asked, names };
}
