/** Insights: the saved questions. A click opens one in the sentence, if its form is that of a sentence. */
import type { WireInsight } from '../../../wire/insights.ts';
import { useAsk } from '../../data/ask.ts';
import { ago } from '../../data/format.ts';
import { urlWith } from '../../data/router.ts';
import { Card } from '../../parts/card.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { stateOf } from './body.ts';
import { paramsOf } from './state.ts';

export function Insights() {
  const asked = useAsk<{ insights: readonly WireInsight[] }>({ path: '/v1/insights' });
  return (
    <Card title="Saved insights">
      <Answered asked={asked} height={80}>
        {({ insights }) =>
          insights.length === 0 ? (
            <Empty title="No insights yet.">Save a question to find it here, and to put it on a board.</Empty>
          ) : (
            <ul class="insights">
              {insights.map((insight) => (
                <li key={insight.id}>
                  <InsightLink insight={insight} />
                  <span class="muted small">saved {ago(Date.parse(insight.createdAt))}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Card>
  );
}

function InsightLink({ insight: { name, query } }: { readonly insight: WireInsight }) {
  const saved = stateOf(query);
  if (saved === null) return <span class="muted">{name} (made by the API)</span>;
  const url = urlWith({ f: null, ...paramsOf(saved.state), ...(saved.rangeId && { r: saved.rangeId }) });
  return (
    <a href={url} data-page>
      {name}
    </a>
  );
}
