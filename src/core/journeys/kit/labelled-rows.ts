/**
 * LabelledRows: the reader of journeys to which an event is the text of one property, its label: a page, a step of a
 * path.
 *
 * A code is twice the label's number plus 1 for an anchor, an event that the anchor's matcher fits. Without a matcher
 * every event is an anchor. An event that has no label and is no anchor is not kept.
 */
import type { EventColumns } from '../../event/columns.ts';
import { propertyColumns } from '../../event/property.ts';
import type { DimensionCodes } from '../../query/rows/dimension-codes.ts';
import type { RowText } from '../../query/rows/row-source.ts';
import { EventReader, type Reading } from './event-reader.ts';
import { type Matcher, MatcherMasks, matcherColumns } from './matchers.ts';
import type { JourneyQuestion } from './request.ts';
import { type CodeLabels, NOTHING, OUT, type RowNeeds, type RowReader } from './row-reader.ts';
import { ABSENT, TextCodes } from './text-codes.ts';

export interface Labelling {
  /** The property whose text is the label. */
  readonly property: string;
  /** The noun for messages: "pages". */
  readonly plural: string;
  /** The matcher of anchors; null when every event is one. */
  readonly anchor: Matcher | null;
}

export type LabelledReader = RowReader & { readonly labels: CodeLabels };

export function labelledRows(question: JourneyQuestion, labelling: Labelling, reading: Reading): LabelledReader {
  return new LabelledRows(new EventReader(question, reading), labelling);
}

export function labelOf(code: number): number {
  return (code >>> 1) - 1;
}

export function isAnchor(code: number): boolean {
  return (code & 1) === 1;
}

/** `anchorBit`: 1 for an anchor, else 0. The code is never NOTHING. */
export function codeOf(label: number, anchorBit: number): number {
  return 2 * (label + 1) + anchorBit;
}

class LabelledRows implements LabelledReader {
  readonly needs: RowNeeds;
  readonly breakdown: EventReader['breakdown'];
  readonly excluded: EventReader['excluded'];
  readonly labels: CodeLabels;
  readonly place = null;
  readonly mark = null;
  readonly #events: EventReader;
  readonly #texts = new TextCodes();
  readonly #text: RowText;
  readonly #dimension: DimensionCodes;
  /** Labels by the codes of the dimension; ABSENT for no text, undefined until one is asked for. */
  readonly #labels: number[] = [];
  readonly #anchors: MatcherMasks | null;
  /** Whether each row of the batch is an anchor that passes, so that its code follows from its text. */
  #isPlain = false;
  #codes = new Uint32Array();
  readonly #anchorOf = (row: number) => codeOf(this.#labelOf(row), 1);

  constructor(events: EventReader, { property, plural, anchor }: Labelling) {
    this.#events = events;
    this.#text = events.source.text(property);
    this.#dimension = events.source.codes(property);
    this.#anchors = anchor && new MatcherMasks(events.source, [anchor]);
    this.needs = events.needs([...propertyColumns(property), ...matcherColumns(anchor === null ? [] : [anchor])]);
    this.breakdown = events.breakdown;
    this.excluded = events.excluded;
    this.labels = {
      texts: this.#texts,
      plural,
      relabel: (code, labels) => codeOf(labels[labelOf(code)]!, code & 1),
    };
  }

  use(columns: EventColumns): null {
    this.#events.use(columns);
    this.#anchors?.use(columns);
    this.#isPlain = this.#anchors === null && !this.#events.isFiltered;
    return null;
  }

  sift(columns: EventColumns, rows: Uint32Array): Uint32Array {
    return this.#events.sift(columns, rows);
  }

  code(row: number): number {
    if (this.#isPlain) return this.#dimension.numberAt(row, this.#anchorOf);
    if (!this.#events.passes(row)) return OUT;
    const anchorBit = this.#anchors === null ? 1 : this.#anchors.mask(row) & 1;
    if (this.#events.isLeftOut(row)) {
      if (this.#text(row) !== null || anchorBit === 1) this.#events.noteLeftOut(row);
      return OUT;
    }
    const label = this.#labelOf(row);
    return label === ABSENT && anchorBit === 0 ? NOTHING : codeOf(label, anchorBit);
  }

  codesOf(rows: Uint32Array): Uint32Array | null {
    if (!this.#isPlain) return null;
    if (this.#codes.length < rows.length) this.#codes = new Uint32Array(rows.length);
    this.#dimension.mapRows(rows, this.#codes, this.#anchorOf);
    return this.#codes;
  }

  #labelOf(row: number): number {
    const dimension = this.#dimension.of(row);
    this.#labels[dimension] ??= this.#texts.code(this.#dimension.texts[dimension]!);
    return this.#labels[dimension];
  }
}
