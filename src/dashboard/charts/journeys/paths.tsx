/**
 * Paths: columns of nodes by step and ribbons between them; and the same figures as a table. A node that is pointed at or
 * focused lights up all that leads to it and comes from it.
 */
import { useState } from 'preact/hooks';
import { full } from '../../data/format.ts';
import { connected, type PathNodePlace, type PathsAnswer, type PathsLayout, pathsLayout } from './paths-layout.ts';
import { shareText } from './share-text.ts';
import { useWidth } from './use-width.ts';
import './paths.css';

export interface PathsProps {
  readonly answer: Pick<PathsAnswer, 'people' | 'nodes' | 'links'>;
  /** Does something with a node that is clicked. Default: nodes do nothing. */
  readonly onNode?: ((node: PathNodePlace) => void) | undefined;
}

const NODE_WIDTH = 10;
const COLUMN_WIDTH_MIN = 168;
const TITLE_HEIGHT = 28;

export function Paths({ answer, onNode }: PathsProps) {
  const { ref, width } = useWidth<HTMLElement>();
  const layout = pathsLayout(answer, { width, columnWidthMin: COLUMN_WIDTH_MIN, nodeWidth: NODE_WIDTH });
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="paths" ref={ref} tabIndex={0} aria-label="Paths by step">
        {width > 0 && <Flow layout={layout} people={answer.people} onNode={onNode} />}
      </section>
      <PathTable answer={answer} />
    </>
  );
}

interface FlowProps {
  readonly layout: PathsLayout;
  readonly people: number;
  readonly onNode: PathsProps['onNode'];
}

function Flow({ layout, people, onNode }: FlowProps) {
  const [lit, setLit] = useState<number | null>(null);
  const shown = lit === null ? null : connected(layout.links, lit);
  return (
    <div class="paths-flow" style={{ width: `${layout.width}px`, height: `${layout.height + TITLE_HEIGHT}px` }}>
      {layout.columns.map(({ step, x }) => (
        <span key={step} class="paths-title" style={{ left: `${x}px` }}>
          {titleOf(step)}
        </span>
      ))}
      <svg width={layout.width} height={layout.height} aria-hidden="true" style={{ top: `${TITLE_HEIGHT}px` }}>
        {layout.links.map(({ source, target, people: count, path }, index) => (
          <path key={`${source} ${target}`} class={classOf('paths-link', shown?.links.has(index))} d={path}>
            <title>{`${nameOf(layout.nodes[source]!)} → ${nameOf(layout.nodes[target]!)}: ${full(count)} people`}</title>
          </path>
        ))}
        {layout.nodes.map(({ index, x, y, height }) => (
          <rect
            key={index}
            class={classOf('paths-node', shown?.nodes.has(index))}
            x={x}
            y={y}
            width={NODE_WIDTH}
            height={height}
            rx={2}
          />
        ))}
      </svg>
      {layout.nodes.map((node) => (
        <button
          key={node.index}
          type="button"
          class={classOf('paths-label', shown?.nodes.has(node.index))}
          style={{ left: `${node.x}px`, top: `${node.y + TITLE_HEIGHT}px`, height: `${Math.max(34, node.height)}px` }}
          onMouseEnter={() => setLit(node.index)}
          onMouseLeave={() => setLit(null)}
          onFocus={() => setLit(node.index)}
          onBlur={() => setLit(null)}
          onClick={() => onNode?.(node)}
        >
          <span class="paths-name" title={nameOf(node)}>
            {nameOf(node)}
          </span>
          <span class="paths-people">
            {full(node.people)} · {shareText(people === 0 ? null : node.people / people)}
          </span>
        </button>
      ))}
    </div>
  );
}

function classOf(base: string, isLit: boolean | undefined): string {
  if (isLit === undefined) return base;
  return `${base} ${isLit ? 'is-lit' : 'is-dim'}`;
}

function titleOf(step: number): string {
  if (step === 0) return 'Start';
  return step > 0 ? `Step ${step}` : `${-step} before`;
}

function nameOf({ value, isOther }: Pick<PathNodePlace, 'value' | 'isOther'>): string {
  return isOther ? 'all others' : (value ?? '(none)');
}

function PathTable({ answer: { nodes, links } }: Pick<PathsProps, 'answer'>) {
  const name = (index: number) => nameOf({ value: nodes[index]!.value, isOther: nodes[index]!.other === true });
  return (
    <details class="paths-table">
      <summary>As a table</summary>
      <div class="figures">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col" class="num">
                People
              </th>
            </tr>
          </thead>
          <tbody>
            {links.map(({ source, target, people }) => (
              <tr key={`${source} ${target}`}>
                <th scope="row">{titleOf(nodes[target]!.step)}</th>
                <td>{name(source)}</td>
                <td>{name(target)}</td>
                <td class="num">{full(people)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
