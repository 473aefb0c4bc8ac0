/** Names: the events, properties and values that there are, from the catalogue, as suggestions while the user types. */
import { useEffect, useState } from 'preact/hooks';
import type { Catalog, CatalogKind, CatalogValues } from '../../wire/catalog.ts';
import { useAsk } from './ask.ts';
import { short } from './format.ts';

export interface Suggestion {
  readonly value: string;
  readonly note?: string;
}

const PAUSE_MS = 120;
const SHOWN_MAX = 50;

/** Names of events that begin with the text, those of most events first. */
export function useEventNames(text: string): readonly Suggestion[] {
  return useCatalog(text, ['event']);
}

/** Names of properties, traits and columns that begin with the text. `numbersOnly` leaves out those without numbers. */
export function useNames(text: string, { numbersOnly = false } = {}): readonly Suggestion[] {
  return useCatalog(text, ['column', 'property', 'trait'], numbersOnly);
}

function useCatalog(text: string, kinds: readonly CatalogKind[], numbersOnly = false): readonly Suggestion[] {
  const settled = useSettled(text, PAUSE_MS);
  const query = new URLSearchParams({ limit: '500', ...(kinds.length === 1 && { kind: kinds[0]! }) });
  if (settled !== '') query.set('prefix', settled);
  const { data } = useAsk<Catalog>({ path: `/v1/catalog?${query}` });
  return (data?.entries ?? [])
    .filter(({ kind, types }) => kinds.includes(kind) && (!numbersOnly || types.includes('number')))
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
    .slice(0, SHOWN_MAX)
    .map(({ name, events, kind }) => ({ value: name, note: events === null ? kind : short(events) }));
}

/** Values of a property that begin with the text, those of most events first. */
export function useValues(property: string, text: string): readonly Suggestion[] {
  const settled = useSettled(text, PAUSE_MS);
  const query = new URLSearchParams({ property, ...(settled !== '' && { prefix: settled }) });
  const { data } = useAsk<CatalogValues>(property === '' ? null : { path: `/v1/catalog/values?${query}` });
  return (data?.values ?? []).map(({ value, events }) => ({ value, note: short(events) }));
}

/** The value once it has not changed for a while. */
export function useSettled<T>(value: T, pauseMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return settled;
}
