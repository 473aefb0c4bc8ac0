/**
 * PathGraph: the paths of many people as an answer shows them: the largest nodes of each step, and the links between
 * them.
 */
import { z } from 'zod';
import { rankGroups } from '../counts/groups.ts';
import type { TextCodes } from '../kit/text-codes.ts';
import type { FlowCounts } from './flow-counts.ts';
import type { PathsQuestion } from './paths-question.ts';

const nodeSchema = z.object({
  step: z.int().describe('0 is the event at which paths begin or end.'),
  value: z.string().nullable().describe('null when the event does not have the property, and for `other`.'),
  other: z.literal(true).optional().describe('Present on the node of all further values of the step.'),
  people: z.int(),
  ended: z.int().describe('People whose path ends here (begins, going back), although there could be more steps.'),
});
const linkSchema = z.object({ source: z.int(), target: z.int(), people: z.int() });

export const graphFields = {
  people: z.int(),
  nodes: z.array(nodeSchema),
  links: z.array(linkSchema).describe('From the earlier to the later step, by indexes of `nodes`.'),
};
export type PathGraph = z.output<z.ZodObject<typeof graphFields>>;
type PathNode = z.output<typeof nodeSchema>;
type PathLink = z.output<typeof linkSchema>;

/** The counts of all paths, by group. */
export interface PathCounts {
  readonly people: ReadonlyMap<number, number>;
  /** People at each label of a step. */
  readonly nodes: FlowCounts;
  /** People from each label of a step to each label of the next, keyed by `linkKey`. */
  readonly links: FlowCounts;
}

const LABEL_FACTOR = 2 ** 21;

export function linkKey(source: number, target: number): number {
  return source * LABEL_FACTOR + target;
}

/** Label → index of its node, for the labels of one step. */
type NodeIndex = ReadonlyMap<number, number>;

export class PathGraphs {
  readonly #question: PathsQuestion;
  readonly #labels: TextCodes;
  readonly #counts: PathCounts;

  constructor(question: PathsQuestion, labels: TextCodes, counts: PathCounts) {
    this.#question = question;
    this.#labels = labels;
    this.#counts = counts;
  }

  /** The graph of these groups together. */
  graph(groups: readonly number[]): PathGraph {
    const { isBackward, stepCount } = this.#question;
    const nodes: PathNode[] = [];
    const links: PathLink[] = [];
    let before: NodeIndex = new Map();
    for (let step = 0; step <= stepCount; step++) {
      const after = this.#addNodes(groups, step, nodes);
      if (step > 0) {
        for (const link of this.#linksInto(groups, step - 1, before, after)) {
          links.push(link);
          nodes[isBackward ? link.target : link.source]!.ended -= link.people;
        }
      }
      before = after;
    }
    const people = groups.reduce((sum, group) => sum + (this.#counts.people.get(group) ?? 0), 0);
    return { people, nodes, links };
  }

  /** Appends the nodes of a step, as if every path ended there unless it is the last step. */
  #addNodes(groups: readonly number[], step: number, nodes: PathNode[]): NodeIndex {
    const { isBackward, stepCount, nodes: nodesMax } = this.#question;
    const counts = this.#counts.nodes.merged(groups, step);
    const { lots, hasOther } = rankGroups(counts, this.#labels, nodesMax);
    const nodeOf = new Map<number, number>();
    for (const [index, labels] of lots.entries()) {
      const isOther = hasOther && index === lots.length - 1;
      const people = labels.reduce((sum, label) => sum + counts.get(label)!, 0);
      for (const label of labels) nodeOf.set(label, nodes.length);
      nodes.push({
        step: isBackward && step > 0 ? -step : step,
        value: isOther ? null : this.#labels.text(labels[0]!),
        ...(isOther && { other: true as const }),
        people,
        ended: step < stepCount ? people : 0,
      });
    }
    return nodeOf;
  }

  /** The links between a step and the next, the largest first. */
  #linksInto(groups: readonly number[], step: number, before: NodeIndex, after: NodeIndex): PathLink[] {
    const { isBackward } = this.#question;
    const together = new Map<string, PathLink>();
    for (const [key, people] of this.#counts.links.merged(groups, step)) {
      const source = (isBackward ? after : before).get(Math.floor(key / LABEL_FACTOR))!;
      const target = (isBackward ? before : after).get(key % LABEL_FACTOR)!;
      const link = together.get(`${source} ${target}`);
      if (link === undefined) together.set(`${source} ${target}`, { source, target, people });
      else link.people += people;
    }
    return [...together.values()].sort((a, b) => b.people - a.people || a.source - b.source || a.target - b.target);
  }
}
