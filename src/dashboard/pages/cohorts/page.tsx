/** Cohorts: the saved definitions, how many of their people are active, and where to go on with them. */

import { useState } from 'preact/hooks';
import type { WireCohort } from '../../../wire/cohorts.ts';
import { marksOf, useAnnotations } from '../../boards/marks.ts';
import { LineChart } from '../../charts/line-chart.tsx';
import { Spark } from '../../charts/spark.tsx';
import { change, useAsk } from '../../data/ask.ts';
import { useAttempt } from '../../data/attempt.ts';
import { at } from '../../data/format.ts';
import type { Answer } from '../../data/questions.ts';
import { params, setParams, urlWith } from '../../data/router.ts';
import { isAdmin } from '../../data/session.ts';
import type { Who } from '../../journeys/cohort-draft.ts';
import { CohortLinks } from '../../journeys/cohort-form.tsx';
import type { CohortList } from '../../journeys/use-page-filters.ts';
import { WhoWords, whoText } from '../../journeys/who-words.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/card.tsx';
import { Num } from '../../parts/figure.tsx';
import { Answered, Empty, ErrorBox } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { NewCohort } from './new-cohort.tsx';
import { ACTIVE_DAYS, useSizes } from './use-sizes.ts';
import '../../journeys/journeys.css';

export default function Cohorts() {
  const asked = useAsk<CohortList>({ path: '/v1/cohorts' });
  const shown = asked.data?.cohorts.find(({ id }) => id === params.value.get('id'));
  const isMaking = params.value.has('new');
  return (
    <>
      <div class="page-head">
        <h1>Cohorts</h1>
        {!isMaking && (
          <Button kind="primary" onClick={() => setParams({ new: '1', id: null })}>
            New cohort
          </Button>
        )}
      </div>
      {isMaking && (
        <NewCohort
          onDone={() => {
            setParams({ new: null });
            asked.retry();
          }}
        />
      )}
      {shown && <Shown key={shown.id} cohort={shown} onGone={asked.retry} />}
      <Card title="All cohorts">
        <Answered asked={asked} height={240}>
          {({ cohorts }) => <List cohorts={cohorts} />}
        </Answered>
      </Card>
    </>
  );
}

function List({ cohorts }: CohortList) {
  const sizes = useSizes(cohorts.map(({ id }) => id));
  if (cohorts.length === 0)
    return (
      <Empty title="No cohort yet.">
        A cohort is a group of people by what they did or who they are. Make one here, or from a bar of a funnel.
      </Empty>
    );
  return (
    <Table
      caption="Cohorts"
      rows={cohorts}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Name',
          render: ({ id, name }) => (
            <a href={urlWith({ id, new: null })} data-page>
              {name}
            </a>
          ),
        },
        { title: 'Who', render: ({ who }) => <span class="muted who-line">{whoText(who as Who)}</span> },
        {
          title: `Active people, ${ACTIVE_DAYS} days`,
          isNumber: true,
          render: ({ id }) => <Num value={sizes.get(id)?.total} isEstimate={sizes.get(id)?.isEstimate} />,
        },
        { title: 'By day', render: ({ id }) => <Spark values={sizes.get(id)?.values ?? []} /> },
        { title: 'Made', render: ({ createdAt }) => at(Date.parse(createdAt), 'date') },
      ]}
    />
  );
}

function Shown({ cohort, onGone }: { readonly cohort: WireCohort; readonly onGone: () => void }) {
  const { id, name, who } = cohort;
  const body = { measure: 'users', where: { cohort: id }, last: `${ACTIVE_DAYS} days`, interval: 'day' };
  const asked = useAsk<Answer>({ path: '/v1/query', body });
  const marks = marksOf(useAnnotations().data);
  return (
    <Card title={name} actions={isAdmin.value && <Remove cohort={cohort} onGone={onGone} />}>
      <div class="stack">
        <WhoWords who={who as Who} />
        <CohortLinks id={id} />
        <Answered asked={asked} height={240}>
          {({ series: [first], meta }) => (
            <LineChart
              title="Active people of the cohort by day"
              interval="day"
              startsMs={(first?.points ?? []).map((point) => Date.parse(point.at))}
              series={[{ label: 'Active people', values: (first?.points ?? []).map(({ value }) => value) }]}
              asOfMs={Date.parse(meta.asOf)}
              marks={marks}
            />
          )}
        </Answered>
      </div>
    </Card>
  );
}

/** Removes the cohort after a second press: boards and links that name it would stop working. */
function Remove({ cohort: { id }, onGone }: { readonly cohort: WireCohort; readonly onGone: () => void }) {
  const [isSure, setSure] = useState(false);
  const { error, attempt } = useAttempt();
  const remove = async () => {
    if (!(await attempt(() => change(`/v1/cohorts/${encodeURIComponent(id)}`, undefined, 'DELETE')))) return;
    setParams({ id: null }, { replace: true });
    onGone();
  };
  if (error) return <ErrorBox error={error} onRetry={remove} />;
  if (!isSure) return <Button onClick={() => setSure(true)}>Delete</Button>;
  return (
    <>
      <span>Questions that name it will be refused.</span>
      <Button kind="danger" onClick={remove}>
        Delete for good
      </Button>
      <Button kind="quiet" onClick={() => setSure(false)}>
        Keep
      </Button>
    </>
  );
}
