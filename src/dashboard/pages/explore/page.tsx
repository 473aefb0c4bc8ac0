/** Explore: any question, built as a sentence and answered at each change. */
import { useAsk } from '../../data/ask.ts';
import { pageWhere, withPageBots } from '../../data/filters.ts';
import { compare, range } from '../../data/range.ts';
import { params } from '../../data/router.ts';
import { Answered, Empty } from '../../parts/states.tsx';
import { TabRow } from '../../parts/tabs.tsx';
import { Actions } from './actions.tsx';
import { bodyOf } from './body.ts';
import './explore.css';
import { Insights, useOpenInsight } from './insights.tsx';
import { MadeOf } from './made-of.tsx';
import { Sentence } from './sentence.tsx';
import { type ExploreAnswer, seriesOf } from './series.ts';
import { readState, VIEWS, writeState } from './state.ts';
import { Views } from './views.tsx';

const HEIGHT = 420;

export default function Explore() {
  useOpenInsight();
  const state = readState(params.value);
  const body = bodyOf(state, withPageBots({ range: range.value, where: pageWhere.value, compare: compare.value }));
  const asked = useAsk<ExploreAnswer>(body && { path: '/v1/query', body }, { isMoving: range.value.isOpen });
  return (
    <>
      <h1 class="sr">Explore</h1>
      <section class="card explore" aria-label="Question and answer">
        <Sentence state={state} />
        <TabRow tabs={VIEWS} shown={state.view} onShow={(view) => writeState({ view })} />
        {body === null ? (
          <Empty title="Choose the property to compute with." />
        ) : (
          <Answered asked={asked} height={HEIGHT}>
            {(answer) => {
              const answers = Object.values(answer.answers);
              const series = seriesOf(answer, state);
              return (
                <>
                  <Views
                    state={state}
                    series={series}
                    interval={state.interval ?? range.value.interval}
                    asOfMs={range.value.isOpen && answers[0] ? Date.parse(answers[0].meta.asOf) : null}
                    isEstimate={answers.some(({ meta }) => meta.estimated)}
                  />
                  <Actions body={body} series={series} view={state.view} />
                  <MadeOf answers={answers} />
                </>
              );
            }}
          </Answered>
        )}
      </section>
      <Insights />
    </>
  );
}
