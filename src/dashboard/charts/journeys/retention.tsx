/**
 * Retention: the overall curve, and below it the heat map of the cohorts, which is a table: a row a cohort, a column an
 * interval. A cell opens the people who came back.
 */
import { full } from '../../data/format.ts';
import {
  curvePlaces,
  type RetentionAnswer,
  type RetentionCell,
  type RetentionLayout,
  type RetentionRow,
  retentionLayout,
} from './retention-layout.ts';
import { shareText } from './share-text.ts';
import { niceTicks } from './ticks.ts';
import { useWidth } from './use-width.ts';
import './axes.css';
import './retention.css';

export type RetentionUnit = 'day' | 'week' | 'month';

export interface RetentionCellChoice {
  readonly cohort: string;
  readonly n: number;
  readonly people: number;
}

export interface RetentionProps {
  readonly answer: Pick<RetentionAnswer, 'overall' | 'cohorts'>;
  readonly unit: RetentionUnit;
  /** The words for the start of a cohort, in the tenant's zone. */
  readonly nameOf: (start: string) => string;
  /** Opens the people of a cell. Default: cells open nothing. */
  readonly onCell?: (choice: RetentionCellChoice) => void;
}

export function Retention(props: RetentionProps) {
  const layout = retentionLayout(props.answer);
  return (
    <>
      <Curve layout={layout} unit={props.unit} />
      <HeatMap {...props} layout={layout} />
    </>
  );
}

const HEIGHT = 180;
const MARGIN = { left: 44, right: 16, top: 12, bottom: 26 } as const;
const TICKS = 3;

/** The curve repeats the first row of the table, so a screen reader is spared it. */
function Curve({ layout: { curve }, unit }: { readonly layout: RetentionLayout; readonly unit: RetentionUnit }) {
  const { ref, width: full } = useWidth<HTMLDivElement>();
  const ticks = niceTicks(0, Math.max(0.01, ...curve.map(({ rate }) => rate)), TICKS);
  const top = ticks.at(-1)!;
  const box = {
    width: Math.max(0, full - MARGIN.left - MARGIN.right),
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
    top,
  };
  const places = curvePlaces(curve, box);
  const line = places.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const everyNth = Math.max(1, Math.ceil((curve.length * 34) / Math.max(1, box.width)));
  return (
    <div class="retention-curve" ref={ref}>
      {full > 0 && (
        <svg width={full} height={HEIGHT} aria-hidden="true">
          <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
            {ticks.map((tick) => (
              <g key={tick} transform={`translate(0 ${box.height * (1 - tick / top)})`}>
                <line class="grid" x2={box.width} />
                <text class="tick" x={-8} dy="0.32em" text-anchor="end">
                  {shareText(tick)}
                </text>
              </g>
            ))}
            <polyline class="retention-line" points={line} />
            {places.map(({ x, y }, index) => (
              <g key={curve[index]!.n}>
                <circle class="retention-dot" cx={x} cy={y} r={3}>
                  <title>{dotTitle(curve[index]!, unit)}</title>
                </circle>
                {index % everyNth === 0 && (
                  <text class="tick" x={x} y={box.height + 18} text-anchor="middle">
                    {curve[index]!.n}
                  </text>
                )}
              </g>
            ))}
          </g>
        </svg>
      )}
    </div>
  );
}

function dotTitle({ n, rate, retained, eligible }: RetentionLayout['curve'][number], unit: RetentionUnit): string {
  return `${unit} ${n}: ${shareText(rate)}, ${full(retained)} of ${full(eligible)} people`;
}

function HeatMap({ layout, unit, nameOf, onCell }: RetentionProps & { readonly layout: RetentionLayout }) {
  const { columns, rows, curve, people } = layout;
  const unitName = `${unit[0]!.toUpperCase()}${unit.slice(1)}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="retention-map" tabIndex={0} aria-label="Retention by cohort">
      <table>
        <thead>
          <tr>
            <th scope="col">Cohort</th>
            <th scope="col" class="num">
              People
            </th>
            {columns.map((n) => (
              <th key={n} scope="col" class="num">
                {n === 0 ? `${unitName} 0` : n}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr class="retention-all">
            <th scope="row">All</th>
            <td class="num">{full(people)}</td>
            {columns.map((n) => (
              <td key={n} class="num">
                {shareText(curve.find((point) => point.n === n)?.rate ?? null)}
              </td>
            ))}
          </tr>
          {rows.map((row) => (
            <Cohort key={row.start} row={row} name={nameOf(row.start)} unit={unit} onCell={onCell} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CohortProps {
  readonly row: RetentionRow;
  readonly name: string;
  readonly unit: RetentionUnit;
  readonly onCell: RetentionProps['onCell'];
}

function Cohort({ row, name, unit, onCell }: CohortProps) {
  const { start, isPartial, size, cells } = row;
  return (
    <tr>
      <th scope="row">
        {name}
        {isPartial && (
          <span class="muted" title="The range holds only a part of it">
            {' '}
            part
          </span>
        )}
      </th>
      <td class="num">{full(size)}</td>
      {cells.map((cell) => (
        <td key={cell.n} class="num retention-cell" style={heatOf(cell)}>
          <CellText
            cell={cell}
            label={`${name}, ${unit} ${cell.n}`}
            open={onCell && (() => onCell(choiceOf(start, cell)))}
          />
        </td>
      ))}
    </tr>
  );
}

function heatOf({ people, heat }: RetentionCell): Record<string, string> {
  return people === null ? {} : { '--heat': `${Math.round(heat * 100)}%` };
}

function choiceOf(cohort: string, { n, people }: RetentionCell): RetentionCellChoice {
  return { cohort, n, people: people ?? 0 };
}

interface CellTextProps {
  readonly cell: RetentionCell;
  readonly label: string;
  readonly open: (() => void) | undefined;
}

function CellText({ cell: { people, share }, label, open }: CellTextProps) {
  if (people === null) return <span class="sr">not yet</span>;
  const title = `${label}: ${full(people)} people`;
  if (!open || people === 0) return <span title={title}>{shareText(share)}</span>;
  return (
    <button
      type="button"
      title={title}
      aria-label={`${shareText(share)}: show the ${full(people)} people`}
      onClick={open}
    >
      {shareText(share)}
    </button>
  );
}
