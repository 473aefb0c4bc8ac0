/**
 * Lifecycle: a bar an interval, stacked of returning, resurrected and new people, with those who went dormant below the
 * line; and the same figures as a table.
 */
import { full, short } from '../../data/format.ts';
import { type LifecycleAnswer, type LifecycleBar, type LifecycleState, lifecycleLayout } from './lifecycle-layout.ts';
import { useWidth } from './use-width.ts';
import './axes.css';
import './lifecycle.css';

export const LIFECYCLE_WORDS: Readonly<Record<LifecycleState, string>> = {
  new: 'New',
  returning: 'Returning',
  resurrected: 'Resurrected',
  dormant: 'Dormant',
};
/** The order in which the states are read. */
const SHOWN = ['new', 'returning', 'resurrected', 'dormant'] as const;
const MEANINGS: Readonly<Record<LifecycleState, string>> = {
  new: 'seen for the first time',
  returning: 'also seen in the interval before',
  resurrected: 'seen earlier, but not in the interval before',
  dormant: 'seen in the interval before and not in this one',
};

export interface LifecycleChoice {
  readonly at: string;
  readonly state: LifecycleState;
  readonly people: number;
}

export interface LifecycleProps {
  readonly points: LifecycleAnswer['points'];
  /** The words for the start of an interval. */
  readonly nameOf: (at: string) => string;
  /** Opens the people of a figure. Default: figures open nothing. */
  readonly onFigure?: ((choice: LifecycleChoice) => void) | undefined;
}

export function Lifecycle({ points, nameOf, onFigure }: LifecycleProps) {
  return (
    <>
      <ul class="lifecycle-legend">
        {SHOWN.map((state) => (
          <li key={state}>
            <span class={`lifecycle-key lifecycle-${state}`} /> {LIFECYCLE_WORDS[state]}{' '}
            <span class="muted">{MEANINGS[state]}</span>
          </li>
        ))}
      </ul>
      <Bars points={points} nameOf={nameOf} />
      <Table points={points} nameOf={nameOf} onFigure={onFigure} />
    </>
  );
}

const HEIGHT = 260;
const MARGIN = { left: 48, right: 8, top: 10, bottom: 26 } as const;
const NAME_WIDTH = 84;

/** The bars repeat the table, so a screen reader is spared them. */
function Bars({ points, nameOf }: Pick<LifecycleProps, 'points' | 'nameOf'>) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const box = {
    width: Math.max(0, width - MARGIN.left - MARGIN.right),
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const { bars, ticks, zeroY } = lifecycleLayout(points, box);
  const everyNth = Math.max(1, Math.ceil((bars.length * NAME_WIDTH) / Math.max(1, box.width)));
  return (
    <div class="lifecycle-bars" ref={ref}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
            {ticks.map(({ value, y }) => (
              <g key={value} transform={`translate(0 ${y})`}>
                <line class="grid" x2={box.width} />
                <text class="tick" x={-8} dy="0.32em" text-anchor="end">
                  {short(Math.abs(value))}
                </text>
              </g>
            ))}
            {bars.map((bar, index) => (
              <Bar
                key={bar.at}
                bar={bar}
                name={nameOf(bar.at)}
                nameY={index % everyNth === 0 ? box.height + 18 : null}
              />
            ))}
            <line class="lifecycle-zero" x2={box.width} y1={zeroY} y2={zeroY} />
          </g>
        </svg>
      )}
    </div>
  );
}

interface BarProps {
  readonly bar: LifecycleBar;
  readonly name: string;
  /** Null when the bar is not named. */
  readonly nameY: number | null;
}

function Bar({ bar, name, nameY }: BarProps) {
  const { x, width, segments, isPartial } = bar;
  return (
    <g class={isPartial ? 'lifecycle-partial' : undefined}>
      {segments.map(({ state, people, y, height }) => (
        <rect key={state} class={`lifecycle-${state}`} x={x} y={y} width={width} height={height}>
          <title>{`${name}: ${full(people)} ${LIFECYCLE_WORDS[state].toLowerCase()}`}</title>
        </rect>
      ))}
      {nameY !== null && (
        <text class="tick" x={x + width / 2} y={nameY} text-anchor="middle">
          {name}
        </text>
      )}
    </g>
  );
}

function Table({ points, nameOf, onFigure }: LifecycleProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="figures" tabIndex={0} aria-label="People by interval">
      <table>
        <thead>
          <tr>
            <th scope="col">Interval</th>
            {SHOWN.map((state) => (
              <th key={state} scope="col" class="num">
                {LIFECYCLE_WORDS[state]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map((point) => (
            <tr key={point.at}>
              <th scope="row">
                {nameOf(point.at)} {point.partial && <span class="muted">part</span>}
              </th>
              {SHOWN.map((state) => (
                <td key={state} class="num">
                  <Figure choice={{ at: point.at, state, people: point[state] }} onFigure={onFigure} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface FigureProps {
  readonly choice: LifecycleChoice;
  readonly onFigure: LifecycleProps['onFigure'];
}

function Figure({ choice, onFigure }: FigureProps) {
  const text = full(choice.people);
  if (!onFigure || choice.people === 0) return <>{text}</>;
  return (
    <button
      type="button"
      class="link"
      aria-label={`Show the ${text} ${LIFECYCLE_WORDS[choice.state].toLowerCase()} people`}
      onClick={() => onFigure(choice)}
    >
      {text}
    </button>
  );
}
