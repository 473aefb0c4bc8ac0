/**
 * Paths: what people do next, from an event on, or what they did before they came to one.
 *
 * One path a person: from their first event that `startAt` matches on, the next steps; or up to their last event that `endAt`
 * matches, the steps before it, numbered 0, −1, −2, … So counts are people, and what flows into a step is what flows out of it or
 * ends there. A step is the text of one property (the event's name unless said); events without it are no steps. With
 * `collapse`, a text that repeats the one before it is no further step. Steps of one instant go by text.
 * Of each step the `nodes` largest are told apart, ties by text; the rest is `other`.
 */
import { z } from 'zod';
import type { EventColumns } from '../event/columns.ts';
import { propertyColumn } from '../event/property.ts';
import { LIMITS } from '../limits.ts';
import type { RowText } from '../query/rows/row-source.ts';
import { ok, type Result } from '../std/result.ts';
import { type GroupKey, groupKey, rankGroups } from './kit/groups.ts';
import type { Journey } from './kit/journey.ts';
import { JourneyRows } from './kit/journey-rows.ts';
import { type Matcher, MatcherMasks, matcherColumns, matcherOf, matcherSchema } from './kit/matchers.ts';
import {
  commonFields,
  eventsField,
  type JourneyQuestion,
  type JourneyRefusal,
  parseQuestion,
  refuse,
} from './kit/request.ts';
import { NOTHING } from './kit/row-reader.ts';
import type { Sequences } from './kit/sequences.ts';
import { ABSENT, TextCodes } from './kit/text-codes.ts';

const STEPS_DEFAULT = 5;
const NODES_DEFAULT = 10;

export const pathsSchema = z.strictObject({
  ...commonFields,
  events: eventsField,
  startAt: matcherSchema.optional().describe('Paths from the first such event on. This or endAt.'),
  endAt: matcherSchema.optional().describe('Paths up to the last such event.'),
  steps: z.int().min(1).max(LIMITS.pathStepsMax).optional().describe('Beside the one they begin or end at.'),
  nodes: z.int().min(1).max(LIMITS.pathTopMax).optional().describe('Told apart in each step.'),
  by: z.string().min(1).max(LIMITS.nameLengthMax).optional().describe('Property that makes a step; event unless said.'),
  collapse: z.boolean().optional().describe('Repeats are one step.'),
  windowSeconds: z
    .number()
    .min(0.001)
    .max(LIMITS.queryRangeDaysMax * 86_400)
    .optional()
    .describe('From the event they begin or end at; the whole range unless said.'),
});

export interface PathsQuestion extends JourneyQuestion {
  readonly anchor: Matcher;
  readonly isBackward: boolean;
  readonly stepCount: number;
  readonly nodes: number;
  readonly by: string;
  readonly collapses: boolean;
  readonly windowMs: number;
}

export function parsePaths(body: unknown, timezone: string): Result<PathsQuestion, JourneyRefusal> {
  return parseQuestion(pathsSchema, body, timezone, (fields) => {
    const { startAt, endAt, windowSeconds, collapse } = fields;
    const { steps: stepCount = STEPS_DEFAULT, nodes = NODES_DEFAULT, by = 'event' } = fields;
    const end = startAt ?? endAt;
    if (end === undefined || (startAt !== undefined && endAt !== undefined)) {
      return refuse('matcher-invalid', '/startAt', 'Give startAt or endAt, one of them.');
    }
    const anchor = matcherOf(end);
    const own = {
      anchor,
      isBackward: endAt !== undefined,
      stepCount,
      nodes,
      by,
      collapses: collapse ?? false,
      windowMs: windowSeconds === undefined ? Number.POSITIVE_INFINITY : Math.round(windowSeconds * 1_000),
    };
    return ok({ own, matchers: [anchor] });
  });
}

export interface PathNode {
  readonly step: number;
  /** Null: the event has no such property, or `other`. */
  readonly value: string | null;
  readonly other?: true;
  readonly people: number;
  /** People whose path ends (going back: begins) here though there could be more steps. */
  readonly ended: number;
}
/** From the earlier to the later step; indexes into `nodes`. */
export interface PathLink {
  readonly source: number;
  readonly target: number;
  readonly people: number;
}
export interface PathGraph {
  readonly people: number;
  readonly nodes: readonly PathNode[];
  readonly links: readonly PathLink[];
}
export interface PathsAnswer extends PathGraph {
  readonly groups?: readonly (GroupKey & PathGraph)[];
}

const LABEL_FACTOR = 2 ** 21;

export class Paths extends JourneyRows implements Journey<PathsAnswer> {
  readonly #question: PathsQuestion;
  readonly #labels = new TextCodes();
  readonly #label: RowText;
  readonly #anchor: MatcherMasks;
  readonly #people = new Map<number, number>();
  /** By group and step: people at each label; people from each label to each of the next step. */
  readonly #nodes = new Map<number, Map<number, number>>();
  readonly #links = new Map<number, Map<number, number>>();
  #cellCount = 0;

  constructor(question: PathsQuestion) {
    const { anchor, by, startMs } = question;
    super(question, {
      startMs,
      groupedBy: 'event',
      columns: [propertyColumn(by), ...matcherColumns([anchor])],
    });
    this.#question = question;
    this.#label = this.reader.source.text(by);
    this.#anchor = new MatcherMasks(this.reader.source, [anchor]);
  }

  override use(columns: EventColumns): void {
    super.use(columns);
    this.#anchor.use(columns);
  }

  protected codeOf(row: number): number {
    const label = this.#labels.code(this.#label(row));
    const isAnchor = this.#anchor.of(row) & 1;
    return label === ABSENT && isAnchor === 0 ? NOTHING : codeOfLabel(label, isAnchor);
  }

  override get labelTexts(): TextCodes {
    return this.#labels;
  }

  override relabelled(code: number, labels: Uint32Array): number {
    return codeOfLabel(labels[labelOf(code)]!, code & 1);
  }

  add(people: Sequences): void {
    const { offsets, personCount } = people;
    for (let person = 0; person < personCount && this.overflow === null; person++) {
      this.#addPerson(people, offsets[person]!, offsets[person + 1]!);
      if (this.#cellCount > LIMITS.journeyCellsMax) this.overflow = 'There are too many different paths';
    }
  }

  protected override get textExcess(): string | null {
    return super.textExcess ?? (this.#labels.isFull ? 'There are too many different steps' : null);
  }

  finish(): PathsAnswer {
    const { groupBy, top } = this.#question;
    const answer = this.#graph([...this.#people.keys()]);
    if (groupBy === null) return answer;
    const { texts } = this.reader;
    const ranked = rankGroups(this.#people, texts, top);
    const groups = ranked.members.map((members, index) => ({
      ...groupKey(groupBy, texts, ranked, index),
      ...this.#graph(members),
    }));
    return { ...answer, groups };
  }

  #addPerson({ at, codes, groups }: Sequences, from: number, to: number): void {
    const { isBackward, stepCount, collapses, windowMs } = this.#question;
    const anchorMs = this.#anchorInstant(at, codes, from, to);
    if (Number.isNaN(anchorMs)) return;
    const order = this.#orderFrom(at, codes, groups, from, to, anchorMs);
    const anchor = order.findIndex((row) => (codes[row]! & 1) === 1);
    const anchorRow = order[anchor]!;
    const group = groups.length === 0 ? ABSENT : groups[anchorRow]!;
    this.#people.set(group, (this.#people.get(group) ?? 0) + 1);
    let label = labelOf(codes[anchorRow]!);
    this.#count(this.#nodes, group, 0, label);
    let step = 0;
    for (let index = anchor + 1; index < order.length && step < stepCount; index++) {
      const row = order[index]!;
      if (Math.abs(at[row]! - anchorMs) > windowMs) break;
      const next = labelOf(codes[row]!);
      if (next === ABSENT || (collapses && next === label)) continue;
      const link = isBackward ? next * LABEL_FACTOR + label : label * LABEL_FACTOR + next;
      this.#count(this.#links, group, step, link);
      step++;
      this.#count(this.#nodes, group, step, next);
      label = next;
    }
  }

  /** The instant of the first anchor, or of the last one; NaN: there is none. */
  #anchorInstant(at: Float64Array, codes: Uint32Array, from: number, to: number): number {
    if (this.#question.isBackward) {
      for (let row = to - 1; row >= from; row--) if ((codes[row]! & 1) === 1) return at[row]!;
    } else {
      for (let row = from; row < to; row++) if ((codes[row]! & 1) === 1) return at[row]!;
    }
    return Number.NaN;
  }

  /** Rows from the anchor's instant on, in the direction of the path; those of one instant by text. As many as can matter. */
  #orderFrom(
    at: Float64Array,
    codes: Uint32Array,
    groups: Uint32Array,
    from: number,
    to: number,
    anchorMs: number,
  ): number[] {
    const { isBackward, stepCount, collapses, windowMs } = this.#question;
    const ranks = this.#labels.ranks();
    const groupRanks = this.reader.texts.ranks();
    const sign = isBackward ? -1 : 1;
    const compare = (left: number, right: number) =>
      sign * (at[left]! - at[right]!) ||
      sign * (ranks[labelOf(codes[left]!)]! - ranks[labelOf(codes[right]!)]!) ||
      (codes[right]! & 1) - (codes[left]! & 1) ||
      (groups.length === 0 ? 0 : groupRanks[groups[left]!]! - groupRanks[groups[right]!]!);
    const rows: number[] = [];
    let row = isBackward ? to - 1 : from;
    const end = isBackward ? from - 1 : to;
    while (row !== end && at[row] !== anchorMs) row += sign;
    // The anchor is among its instant's; without collapsing, that instant and stepCount steps more are enough.
    let further = 0;
    for (; row !== end; row += sign) {
      if (at[row] !== anchorMs) {
        const isNewInstant = at[row] !== at[row - sign];
        if (isNewInstant && (Math.abs(at[row]! - anchorMs) > windowMs || (!collapses && further >= stepCount))) break;
        if (labelOf(codes[row]!) !== ABSENT) further++;
      }
      rows.push(row);
    }
    return rows.sort(compare);
  }

  #count(table: Map<number, Map<number, number>>, group: number, step: number, key: number): void {
    const place = group * (LIMITS.pathStepsMax + 1) + step;
    let counts = table.get(place);
    if (counts === undefined) {
      counts = new Map();
      table.set(place, counts);
    }
    const known = counts.get(key);
    if (known === undefined) this.#cellCount++;
    counts.set(key, (known ?? 0) + 1);
  }

  #graph(groups: readonly number[]): PathGraph {
    const { isBackward, stepCount, nodes: nodesMax } = this.#question;
    const nodes: { step: number; value: string | null; other?: true; people: number; ended: number }[] = [];
    const links: PathLink[] = [];
    let before = new Map<number, number>();
    for (let step = 0; step <= stepCount; step++) {
      const counts = merged(this.#nodes, groups, step);
      const ranked = rankGroups(counts, this.#labels, nodesMax);
      const nodeOf = new Map<number, number>();
      for (const [index, labels] of ranked.members.entries()) {
        const isOther = ranked.hasOther && index === ranked.members.length - 1;
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
      if (step > 0) {
        for (const link of this.#linksInto(groups, step - 1, before, nodeOf)) {
          links.push(link);
          nodes[isBackward ? link.target : link.source]!.ended -= link.people;
        }
      }
      before = nodeOf;
    }
    const people = groups.reduce((sum, group) => sum + (this.#people.get(group) ?? 0), 0);
    return { people, nodes, links };
  }

  /** The largest first. */
  #linksInto(
    groups: readonly number[],
    step: number,
    before: ReadonlyMap<number, number>,
    after: ReadonlyMap<number, number>,
  ): PathLink[] {
    const { isBackward } = this.#question;
    const together = new Map<string, { source: number; target: number; people: number }>();
    for (const [key, people] of merged(this.#links, groups, step)) {
      const source = (isBackward ? after : before).get(Math.floor(key / LABEL_FACTOR))!;
      const target = (isBackward ? before : after).get(key % LABEL_FACTOR)!;
      const link = together.get(`${source} ${target}`);
      if (link === undefined) together.set(`${source} ${target}`, { source, target, people });
      else link.people += people;
    }
    return [...together.values()].sort((a, b) => b.people - a.people || a.source - b.source || a.target - b.target);
  }
}

/** Twice the label, and 1 for an anchor; never NOTHING. */
function codeOfLabel(label: number, isAnchor: number): number {
  return 2 * (label + 1) + isAnchor;
}

function labelOf(code: number): number {
  return (code >>> 1) - 1;
}

function merged(
  table: ReadonlyMap<number, ReadonlyMap<number, number>>,
  groups: readonly number[],
  step: number,
): Map<number, number> {
  const together = new Map<number, number>();
  for (const group of groups) {
    for (const [key, people] of table.get(group * (LIMITS.pathStepsMax + 1) + step) ?? []) {
      together.set(key, (together.get(key) ?? 0) + people);
    }
  }
  return together;
}
