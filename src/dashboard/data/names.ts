/** Names: what events, properties and values there are, as suggestions while the user types. */
import { useEffect, useState } from 'preact/hooks';
import { useAsk } from './ask.ts';
import { short } from './format.ts';
import type { Answer } from './questions.ts';

export interface Suggestion {
  readonly value: string;
  readonly note?: string;
}

/** Columns that Tidemark fills by itself, in the words of questions. */
const COLUMNS = [
  'column.event',
  'country',
  'device',
  'browser',
  'os',
  'column.path',
  'referrer',
  'utm_source',
  'utm_medium',
  'utm_campaign',
];

/** Properties whose names contain the text. */
export function useNames(text: string): readonly Suggestion[] {
  const wanted = text.toLowerCase();
  return COLUMNS.filter((name) => name.includes(wanted)).map((value) => ({ value }));
}

const PAUSE_MS = 150;

/** Values of a property, those of most events first. */
export function useValues(property: string, text: string): readonly Suggestion[] {
  const settled = useSettled(text, PAUSE_MS);
  const where = settled === '' ? {} : { where: { property, op: 'contains', value: settled, caseInsensitive: true } };
  const body = { measure: 'count', groupBy: [property], last: '7 days', top: 20, ...where };
  const { data } = useAsk<Answer>(property === '' ? null : { path: '/v1/query', body });
  return (data?.series ?? [])
    .filter(({ other }) => !other)
    .flatMap(({ key, total }) => {
      const value = key[property];
      return value === null || value === undefined ? [] : [{ value, note: short(total ?? 0) }];
    });
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
