/** Funnel who: the people of a step, those who got there or those who left before it, and where to go on from them. */
import type { FunnelAnswer } from '../../charts/journeys/funnel-layout.ts';
import { hrefOf, setParams } from '../../data/router.ts';
import { funnelDraft } from '../../journeys/cohort-draft.ts';
import { PeopleDialog } from '../../journeys/people-dialog.tsx';
import { formatStep } from '../../journeys/step.ts';
import { usePageFilters } from '../../journeys/use-page-filters.ts';
import type { FunnelState, funnelBody } from './funnel-state.ts';

interface FunnelWhoProps {
  readonly state: FunnelState;
  readonly body: NonNullable<ReturnType<typeof funnelBody>>;
  readonly answer: FunnelAnswer | undefined;
}

export function FunnelWho({ state, body, answer }: FunnelWhoProps) {
  const page = usePageFilters();
  const { steps, windowSeconds, shown } = state;
  if (shown === null || shown.step > steps.length || (shown.outcome === 'dropped' && shown.step < 2)) return null;
  const { step, outcome } = shown;
  const name = body.steps[step - 1]!.name;
  const span = { from: body.from, to: body.to };
  const told = answer?.steps.length === steps.length ? answer.steps[step - 1] : undefined;
  const last = steps[outcome === 'dropped' ? step - 2 : step - 1]!;
  return (
    <PeopleDialog
      title={outcome === 'reached' ? `Reached ${name}` : `Left before ${name}`}
      count={outcome === 'reached' ? told?.people : told?.dropped}
      request={{ path: '/v1/query/funnel/people', body: { ...body, step, outcome } }}
      draft={page && funnelDraft({ steps, windowSeconds, span, step, outcome }, page)}
      actions={
        <a class="button" href={hrefOf('/paths', { start: formatStep(last) })} data-page>
          Paths after {last.event || 'any event'}
        </a>
      }
      onClose={() => setParams({ who: null }, { replace: true })}
    />
  );
}
