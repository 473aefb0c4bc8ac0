/**
 * PathsLayout: columns of nodes by step, and between them links whose width is their people.
 *
 * All columns have one scale, so a width means the same people everywhere. A node's links are stacked in the order of
 * the nodes that they lead to, so that they cross as little as they can. Going back, step 0 is the last column.
 */
import type { JourneyAnswer } from '../../../wire/journeys.ts';

export type PathsAnswer = JourneyAnswer<'paths'>;
type PathsGraph = Pick<PathsAnswer, 'nodes' | 'links'>;

export interface PathNodePlace {
  /** Index in the answer's nodes. */
  readonly index: number;
  readonly step: number;
  readonly value: string | null;
  readonly isOther: boolean;
  readonly people: number;
  readonly ended: number;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export interface PathLinkPlace {
  readonly source: number;
  readonly target: number;
  readonly people: number;
  /** Path of the ribbon between the two nodes. */
  readonly path: string;
}

export interface PathsLayout {
  readonly nodes: readonly PathNodePlace[];
  readonly links: readonly PathLinkPlace[];
  readonly columns: readonly { readonly step: number; readonly x: number }[];
  readonly width: number;
  readonly height: number;
}

interface Box {
  /** Width there is; the chart is wider where its columns need more. */
  readonly width: number;
  readonly columnWidthMin: number;
  readonly nodeWidth: number;
}

/** Height of a node's label, which each node has to itself. */
const LABEL_HEIGHT = 34;
/** Height of the tallest column's bars, beside the labels. */
const FLOW_HEIGHT = 260;
const GAP = 8;

export function pathsLayout({ nodes, links }: PathsGraph, box: Box): PathsLayout {
  const steps = [...new Set(nodes.map(({ step }) => step))].sort((a, b) => a - b);
  const columnWidth = Math.max(box.columnWidthMin, steps.length === 0 ? 0 : box.width / steps.length);
  const most = Math.max(1, ...steps.map((step) => total(nodes.filter((node) => node.step === step))));
  const places: PathNodePlace[] = [];
  let height = 0;
  for (const [column, step] of steps.entries()) {
    let y = 0;
    for (const [index, node] of nodes.entries()) {
      if (node.step !== step) continue;
      const nodeHeight = Math.max(2, (node.people / most) * FLOW_HEIGHT);
      places[index] = place(node, { index, x: column * columnWidth, y, height: nodeHeight });
      y += Math.max(nodeHeight, LABEL_HEIGHT) + GAP;
    }
    height = Math.max(height, y - GAP);
  }
  return {
    nodes: places,
    links: ribbons(places, links, { nodeWidth: box.nodeWidth, scale: FLOW_HEIGHT / most }),
    columns: steps.map((step, column) => ({ step, x: column * columnWidth })),
    width: columnWidth * steps.length,
    height,
  };
}

function total(nodes: readonly { readonly people: number }[]): number {
  return nodes.reduce((sum, { people }) => sum + people, 0);
}

type At = Pick<PathNodePlace, 'index' | 'x' | 'y' | 'height'>;

function place(node: PathsGraph['nodes'][number], at: At): PathNodePlace {
  const { step, value, other, people, ended } = node;
  return { step, value, isOther: other === true, people, ended, ...at };
}

function ribbons(
  nodes: readonly PathNodePlace[],
  links: PathsGraph['links'],
  { nodeWidth, scale }: { readonly nodeWidth: number; readonly scale: number },
): PathLinkPlace[] {
  const leaves = new Map<number, number>();
  const enters = new Map<number, number>();
  const sourceY = new Map<PathsGraph['links'][number], number>();
  const byTarget = [...links].sort((a, b) => nodes[a.target]!.y - nodes[b.target]!.y);
  for (const link of byTarget)
    sourceY.set(link, stacked(leaves, link.source, nodes[link.source]!.y, link.people * scale));
  const bySource = [...links].sort((a, b) => nodes[a.source]!.y - nodes[b.source]!.y);
  return bySource.map((link) => {
    const width = link.people * scale;
    const targetY = stacked(enters, link.target, nodes[link.target]!.y, width);
    const from = { x: nodes[link.source]!.x + nodeWidth, y: sourceY.get(link)! };
    const to = { x: nodes[link.target]!.x, y: targetY };
    return { source: link.source, target: link.target, people: link.people, path: ribbon(from, to, width) };
  });
}

/** The place of the next link at a node, below those placed before. */
function stacked(next: Map<number, number>, node: number, top: number, width: number): number {
  const y = next.get(node) ?? top;
  next.set(node, y + width);
  return y;
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

function ribbon(from: Corner, to: Corner, width: number): string {
  const middle = (from.x + to.x) / 2;
  const [x0, y0, x1, y1, mid] = [from.x, from.y, to.x, to.y, middle].map(short);
  const [below0, below1] = [short(from.y + width), short(to.y + width)];
  return `M${x0} ${y0}C${mid} ${y0} ${mid} ${y1} ${x1} ${y1}V${below1}C${mid} ${below1} ${mid} ${below0} ${x0} ${below0}Z`;
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** The nodes and links that hang together with a node: all that lead to it, and all that come from it. */
export function connected(
  links: readonly { readonly source: number; readonly target: number }[],
  node: number,
): { readonly nodes: ReadonlySet<number>; readonly links: ReadonlySet<number> } {
  const nodes = new Set([node]);
  const found = new Set<number>();
  const follow = (from: 'source' | 'target', to: 'source' | 'target') => {
    const open = [node];
    const seen = new Set(open);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const [index, link] of links.entries()) {
        if (link[from] !== at) continue;
        found.add(index);
        nodes.add(link[to]);
        if (!seen.has(link[to])) open.push(link[to]);
        seen.add(link[to]);
      }
    }
  };
  follow('source', 'target');
  follow('target', 'source');
  return { nodes, links: found };
}
