import { describe, expect, it } from 'vitest';
import { connected, pathsLayout } from '../../../../src/dashboard/charts/journeys/paths-layout.ts';

const node = (step: number, value: string | null, people: number, ended = 0) => ({ step, value, people, ended });
const graph = {
  nodes: [node(0, 'Start', 100, 10), node(1, 'A', 60, 60), node(1, 'B', 30, 0), node(2, 'C', 30, 30)],
  links: [
    { source: 0, target: 1, people: 60 },
    { source: 0, target: 2, people: 30 },
    { source: 2, target: 3, people: 30 },
  ],
};
const box = { width: 600, columnWidthMin: 100, nodeWidth: 8 };

describe('the layout of paths', () => {
  it('puts each step into a column of its own', () => {
    const { nodes, columns, width } = pathsLayout(graph, box);
    expect(columns).toEqual([
      { step: 0, x: 0 },
      { step: 1, x: 200 },
      { step: 2, x: 400 },
    ]);
    expect(nodes.map(({ x }) => x)).toEqual([0, 200, 200, 400]);
    expect(width).toBe(600);
  });

  it('is wider than its place where the columns need it', () => {
    expect(pathsLayout(graph, { ...box, width: 120 }).width).toBe(300);
  });

  it('gives people one height in every column, and each node a label of its own', () => {
    const { nodes, height } = pathsLayout(graph, box);
    const perPerson = nodes[0]!.height / 100;
    for (const { people, height: own } of nodes) expect(own).toBeCloseTo(people * perPerson);
    expect(nodes[2]!.y).toBeGreaterThanOrEqual(nodes[1]!.y + nodes[1]!.height);
    expect(Math.max(...nodes.map(({ y, height: own }) => y + own))).toBeLessThanOrEqual(height);
  });

  it('begins each link where the one above it ends', () => {
    const { links, nodes } = pathsLayout(graph, box);
    const tops = links.filter(({ source }) => source === 0).map(({ path }) => Number(path.split(/[M C]/)[2]));
    expect(tops[0]).toBe(nodes[0]!.y);
    expect(tops[1]).toBeCloseTo(nodes[0]!.y + nodes[1]!.height, 1);
  });

  it('puts the event at which paths end into the last column', () => {
    const back = {
      nodes: [node(0, 'End', 10), node(-1, 'A', 6), node(-2, 'B', 2)],
      links: [
        { source: 1, target: 0, people: 6 },
        { source: 2, target: 1, people: 2 },
      ],
    };
    expect(pathsLayout(back, box).nodes.map(({ x }) => x)).toEqual([400, 200, 0]);
  });

  it('is nothing without nodes', () => {
    expect(pathsLayout({ nodes: [], links: [] }, box)).toMatchObject({ nodes: [], links: [], columns: [], height: 0 });
  });
});

describe('what hangs together with a node', () => {
  it('leads to it and comes from it, and nothing else', () => {
    const b = connected(graph.links, 2);
    expect([...b.nodes].sort()).toEqual([0, 2, 3]);
    expect([...b.links].sort()).toEqual([1, 2]);
    expect([...connected(graph.links, 0).nodes].sort()).toEqual([0, 1, 2, 3]);
    expect([...connected(graph.links, 1).links]).toEqual([0]);
  });
});
