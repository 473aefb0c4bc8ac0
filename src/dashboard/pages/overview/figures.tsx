/** Figures: the metrics side by side. A click shows one over time in the chart below. */
import { Delta, Num } from '../../parts/figure.tsx';
import { figureOf, METRICS, type MetricId, type Sources } from './metrics.ts';

interface FiguresProps {
  readonly sources: Sources;
  /** Whether an answer failed: a figure without a value then has none to wait for. */
  readonly hasFailed: boolean;
  readonly shown: MetricId;
  readonly onShow: (id: MetricId) => void;
}

/** The session length has no values over time. */
const WITHOUT_LINE: MetricId = 'duration';

export function Figures({ sources, hasFailed, shown, onShow }: FiguresProps) {
  return (
    <div class="figures">
      {METRICS.map((metric) => {
        const figure = figureOf(metric.id, sources);
        const content = (
          <>
            <span class="figure-name">{metric.name}</span>
            <span class="figure-value" id={`figure-${metric.id}`}>
              {figure ? (
                <Num value={figure.now} format={metric.format} isEstimate={figure.isEstimate} />
              ) : hasFailed ? (
                '–'
              ) : (
                <span class="skeleton figure-wait" />
              )}
            </span>
            <span class="figure-delta">
              {figure && (
                <Delta
                  now={figure.now}
                  before={figure.before}
                  isInverse={metric.isInverse === true}
                  isShare={metric.isShare === true}
                />
              )}
            </span>
          </>
        );
        if (metric.id === WITHOUT_LINE)
          return (
            <div key={metric.id} class="figure">
              {content}
            </div>
          );
        return (
          <button
            key={metric.id}
            type="button"
            class="figure"
            aria-pressed={shown === metric.id}
            onClick={() => onShow(metric.id)}
          >
            {content}
          </button>
        );
      })}
    </div>
  );
}
