/** Insights: the saved questions. A click opens one in the sentence, if its form is that of a sentence. */
import { useEffect } from 'preact/hooks';
import type { WireInsight } from '../../../wire/insights.ts';
import { useAsk } from '../../data/ask.ts';
import { ago } from '../../data/format.ts';
import { go, params, urlWith } from '../../data/router.ts';
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

/** Opens the insight that the URL names, in place of the question of the page. */
export function useOpenInsight(): void {
  const id = params.value.get('insight');
  const { data } = useAsk<WireInsight>(id === null ? null : { path: `/v1/insights/${encodeURIComponent(id)}` });
  useEffect(() => {
    const url = data && data.id === id ? urlOf(data.query) : null;
    if (url !== null) go(url, { replace: true });
  }, [data, id]);
}

/** The page with a saved question; null for one that is no sentence. */
function urlOf(query: unknown): string | null {
  const saved = stateOf(query);
  if (saved === null) return null;
  return urlWith({ insight: null, f: null, ...paramsOf(saved.state), ...(saved.rangeId && { r: saved.rangeId }) });
}

function InsightLink({ insight: { name, query } }: { readonly insight: WireInsight }) {
  const url = urlOf(query);
  if (url === null) return <span class="muted">{name} (made by the API)</span>;
  return (
    <a href={url} data-page>
      {name}
    </a>
  );
}
