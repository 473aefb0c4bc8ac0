/** UseSizes: how many people of each cohort were active of late, in all and by day. */
import { useAsk } from '../../data/ask.ts';
import type { Answer } from '../../data/questions.ts';

export const ACTIVE_DAYS = 30;
/** Questions of one call. */
const CALL_MAX = 12;

export interface Size {
  readonly total: number | null;
  readonly isEstimate: boolean;
  readonly values: readonly (number | null)[];
}

/** The sizes by the id of the cohort: of the first twelve, which one call can ask for. */
export function useSizes(ids: readonly string[]): ReadonlyMap<string, Size> {
  const asked = ids.slice(0, CALL_MAX);
  const queries = asked.map((id) => ({
    measure: 'users',
    where: { cohort: id },
    last: `${ACTIVE_DAYS} days`,
    interval: 'day',
  }));
  const { data } = useAsk<{ readonly answers: readonly Answer[] }>(
    asked.length === 0 ? null : { path: '/v1/query', body: { queries } },
  );
  return new Map(
    (data?.answers ?? []).flatMap(({ series: [first], meta }, index) => {
      const id = asked[index];
      const values = (first?.points ?? []).map(({ value }) => value);
      return id === undefined ? [] : [[id, { total: first?.total ?? 0, isEstimate: meta.estimated === true, values }]];
    }),
  );
}
