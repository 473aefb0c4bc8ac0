/**
 * Paths: what people do next after an event, or what they did before one.
 *
 * Each person has one path: the steps after their first event that `startAt` matches, or the steps before their last
 * event that `endAt` matches, numbered 0, −1, −2, …, or the steps after the moment at which they got to a step of a funnel,
 * of those alone who dropped after it. So counts are people, and the people who flow into a step flow out
 * of it or end there. A step is the text of one property; events without it are no steps. With `collapse`, a text that
 * repeats the one before it is no further step. Steps of one instant are ordered by text. The `nodes` largest texts of
 * each step are listed, ties by text; the remainder is `other`.
 */
import { z } from 'zod';
import { LIMITS } from '../../limits.ts';
import { groupedAnswer, groupsField } from '../counts/groups.ts';
import type { FigureKind } from '../kit/figure.ts';
import type { JourneyFold } from '../kit/journey.ts';
import type { JourneyKind } from '../kit/journey-kind.ts';
import { isAnchor, labelledRows, labelOf } from '../kit/labelled-rows.ts';
import type { RowReader } from '../kit/row-reader.ts';
import type { Sequences } from '../kit/sequences.ts';
import { ABSENT, TextCodes } from '../kit/text-codes.ts';
import { AfterFunnelFold } from './after-funnel.ts';
import { AfterFunnelRows } from './after-funnel-rows.ts';
import { FlowCounts } from './flow-counts.ts';
import { graphFields, linkKey, PathGraphs } from './path-graph.ts';
import { PathOrder } from './path-order.ts';
import { type PathsQuestion, parsePaths, pathsCodes, pathsSchema } from './paths-question.ts';

const answer = groupedAnswer(graphFields, {});
type PathsAnswer = z.output<typeof answer>;

class PathsFold implements JourneyFold<PathsAnswer> {
  readonly #question: PathsQuestion;
  readonly #groupTexts: TextCodes;
  readonly #order: PathOrder;
  readonly #graphs: PathGraphs;
  readonly #people = new Map<number, number>();
  readonly #nodes = new FlowCounts();
  readonly #links = new FlowCounts();
  excess: string | null = null;

  constructor(question: PathsQuestion, labels: TextCodes, groupTexts: TextCodes) {
    this.#question = question;
    this.#groupTexts = groupTexts;
    this.#order = new PathOrder(question, labels, groupTexts);
    const counts = { people: this.#people, nodes: this.#nodes, links: this.#links };
    this.#graphs = new PathGraphs(question, labels, counts);
  }

  add(people: Sequences): void {
    const { offsets, personCount } = people;
    for (let person = 0; person < personCount && this.excess === null; person++) {
      this.#addPerson(people, offsets[person]!, offsets[person + 1]!);
      const cells = this.#nodes.cellCount + this.#links.cellCount;
      if (cells > LIMITS.journeyCellsMax) this.excess = 'There are too many different paths';
    }
  }

  /** The people counted so far at a label of a step. */
  people(step: number, label: number): number {
    return this.#nodes.count(ABSENT, step, label);
  }

  finish(): PathsAnswer {
    const graphs = (lots: readonly (readonly number[])[]) => lots.map((groups) => this.#graphs.graph(groups));
    return {
      ...this.#graphs.graph([...this.#people.keys()]),
      ...groupsField(this.#question, this.#groupTexts, this.#people, graphs),
    };
  }

  #addPerson(people: Sequences, from: number, to: number): void {
    const { at, codes, groups } = people;
    const { isBackward, stepCount, collapses, windowMs } = this.#question;
    const anchorMs = this.#order.anchorInstant(people, from, to);
    if (Number.isNaN(anchorMs)) return;
    const order = this.#order.rowsFrom(anchorMs, people, from, to);
    const anchor = order.findIndex((row) => isAnchor(codes[row]!));
    const anchorRow = order[anchor]!;
    const group = groups.length === 0 ? ABSENT : groups[anchorRow]!;
    this.#people.set(group, (this.#people.get(group) ?? 0) + 1);
    let label = labelOf(codes[anchorRow]!);
    this.#nodes.add(group, 0, label);
    let step = 0;
    for (let index = anchor + 1; index < order.length && step < stepCount; index++) {
      const row = order[index]!;
      if (Math.abs(at[row]! - anchorMs) > windowMs) break;
      const next = labelOf(codes[row]!);
      if (next === ABSENT || (collapses && next === label)) continue;
      this.#links.add(group, step, isBackward ? linkKey(next, label) : linkKey(label, next));
      step++;
      this.#nodes.add(group, step, next);
      label = next;
    }
  }
}

export const paths = {
  name: 'paths',
  summary: 'What people do next, or did before',
  description:
    'Each person has one path: from the first event of `startAt` on, up to the last event of `endAt`, or from the moment on at ' +
    'which the person got to the last step of a funnel before dropping out.',
  question: pathsSchema,
  codes: pathsCodes,
  answer,
  parse: parsePaths,
  make: makePaths,
} as const satisfies JourneyKind<PathsQuestion>;

interface PathsJourney {
  readonly reader: RowReader;
  readonly fold: JourneyFold<PathsAnswer>;
  readonly labels: TextCodes;
  /** The people counted so far at a label of a step. */
  readonly people: (step: number, label: number) => number;
}

function makePaths(question: PathsQuestion): PathsJourney {
  const { by: property, anchor, afterFunnel } = question;
  if (afterFunnel !== null) {
    const reader = new AfterFunnelRows(question, afterFunnel);
    const labels = new TextCodes();
    const inner = new PathsFold(question, labels, reader.breakdown.texts);
    const fold = new AfterFunnelFold(afterFunnel, { inner, labels, codes: reader.labels.texts });
    return { reader, fold, labels, people: (step, label) => inner.people(step, label) };
  }
  const reader = labelledRows(question, { property, plural: 'steps', anchor }, { groupedBy: 'event' });
  const fold = new PathsFold(question, reader.labels.texts, reader.breakdown.texts);
  return { reader, fold, labels: reader.labels.texts, people: (step, label) => fold.people(step, label) };
}

const figure = z.strictObject({
  step: z.int().min(-LIMITS.pathStepsMax).max(LIMITS.pathStepsMax).describe('`step` of a node.'),
  value: z.string().nullable().describe('`value` of the node, whether or not it is among those listed.'),
});

export const pathsFigure = {
  journey: paths.name,
  figure,
  make(question: PathsQuestion, { step, value }: z.output<typeof figure>) {
    const { isBackward, stepCount } = question;
    const place = isBackward ? -step : step;
    if (place < 0 || place > stepCount) return null;
    const { reader, fold, labels, people } = makePaths(question);
    const label = labels.code(value);
    return { reader, fold, count: () => people(place, label) };
  },
} as const satisfies FigureKind<PathsQuestion>;
