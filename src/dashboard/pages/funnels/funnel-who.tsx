/** Funnel who: the people of a step, those who got there or those who left before it, and where to go on from them. */
import type { FunnelAnswer } from '../../charts/journeys/funnel-layout.ts';
import { hrefOf, setParams } from '../../data/router.ts';
import type { AfterFunnel } from '../../journeys/after-funnel.ts';
import { funnelDraft } from '../../journeys/cohort-draft.ts';
import { PeopleDialog } from '../../journeys/people-dialog.tsx';
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
  const { from: _from, to: _to, where: _where, ...funnel } = body;
  const after: AfterFunnel = { ...funnel, step, outcome };
  return (
    <PeopleDialog
      title={outcome === 'reached' ? `Reached ${name}` : `Left before ${name}`}
      count={outcome === 'reached' ? told?.people : told?.dropped}
      request={{ path: '/v1/query/funnel/people', body: { ...body, step, outcome } }}
      draft={page && funnelDraft({ steps, windowSeconds, span, step, outcome }, page)}
      actions={
        <a class="button" href={hrefOf('/paths', { after: JSON.stringify(after) })} data-page>
          What they did next
        </a>
      }
      onClose={() => setParams({ who: null }, { replace: true })}
    />
  );
}
