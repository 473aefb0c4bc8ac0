/** Retention who: the people of a cell, those who came back or those who did not. */
import type { RetentionAnswer } from '../../charts/journeys/retention-layout.ts';
import { at } from '../../data/format.ts';
import { setParams } from '../../data/router.ts';
import { timezone } from '../../data/session.ts';
import { addDays, addMonths, dateIn, startOfDate } from '../../data/zone.ts';
import { type PageFilters, retentionDraft } from '../../journeys/cohort-draft.ts';
import { PeopleDialog } from '../../journeys/people-dialog.tsx';
import { usePageFilters } from '../../journeys/use-page-filters.ts';
import { Button } from '../../parts/button.tsx';
import type { RetentionState } from './retention-state.ts';

interface RetentionWhoProps {
  readonly state: RetentionState;
  readonly body: { readonly from: string; readonly to: string };
  readonly answer: RetentionAnswer | undefined;
}

export function RetentionWho({ state, body, answer }: RetentionWhoProps) {
  const page = usePageFilters();
  const { shown, interval } = state;
  if (shown === null) return null;
  const { cohort, n, outcome } = shown;
  const began = at(Date.parse(cohort), interval === 'month' ? 'month' : 'date');
  const title = `${outcome === 'returned' ? 'Came back' : 'Did not come back'} in ${interval} ${n}, of those who began ${began}`;
  const other = outcome === 'returned' ? 'gone' : 'returned';
  return (
    <PeopleDialog
      title={title}
      request={{ path: '/v1/query/retention/people', body: { ...body, figure: { cohort, n, outcome } } }}
      draft={page && answer ? draftOf({ state, shown, answer, body }, page) : null}
      actions={
        <Button onClick={() => setParams({ who: `${cohort}_${n}.${other}` }, { replace: true })}>
          {other === 'gone' ? 'Who did not come back' : 'Who came back'}
        </Button>
      }
      onClose={() => setParams({ who: null }, { replace: true })}
    />
  );
}

interface Cell {
  readonly state: RetentionState;
  readonly shown: NonNullable<RetentionState['shown']>;
  readonly answer: RetentionAnswer;
  readonly body: { readonly from: string; readonly to: string };
}

/** Rolling retention looks at the n-th interval and all later ones, so its cohort does too. */
function draftOf({ state, shown, answer, body }: Cell, page: PageFilters) {
  const { start, back, mode, on } = state;
  const { cohort, n, outcome } = shown;
  const isFirst = mode === 'first' && Date.parse(answer.historyFrom) < Date.parse(cohort);
  const began = {
    from: laterOf(cohort, instantOf(body.from)),
    to: earlierOf(intervalStart(state, cohort, 1), instantOf(body.to)),
  };
  const draft = retentionDraft(
    {
      start,
      back,
      cohort: began,
      returned: {
        from: intervalStart(state, cohort, n),
        to: on === 'on' ? intervalStart(state, cohort, n + 1) : answer.returnsTo,
      },
      history: isFirst ? { from: answer.historyFrom, to: began.from } : null,
      outcome,
      name: `${outcome === 'returned' ? 'Came back' : 'Gone'}, began ${at(Date.parse(cohort), 'date')}`,
    },
    page,
  );
  // In the first interval only what follows the start counts, and a cohort knows no order.
  return { ...draft, isExact: n > 0 };
}

/** The start of the interval that is `count` after the one that begins at `start`, in the tenant's zone. */
function intervalStart({ interval }: RetentionState, start: string, count: number): string {
  const zone = timezone.value;
  const date = dateIn(zone, Date.parse(start));
  const later = interval === 'month' ? addMonths(date, count) : addDays(date, interval === 'week' ? 7 * count : count);
  return new Date(startOfDate(zone, later)).toISOString();
}

function instantOf(bound: string): string {
  return bound.includes('T') ? bound : new Date(startOfDate(timezone.value, bound)).toISOString();
}

function laterOf(left: string, right: string): string {
  return Date.parse(left) > Date.parse(right) ? left : right;
}

function earlierOf(left: string, right: string): string {
  return Date.parse(left) < Date.parse(right) ? left : right;
}
