/**
 * AfterFunnelRows: the reader of paths that begin at a funnel. An event is both a mask of the funnel's steps and the label of a
 * step of a path.
 *
 * Both are one text, `<mask>:<label>`, or `<mask>` without a label: there are few more of them than labels, because the events
 * of a name mostly fit the same steps. The filter of the question is that of the funnel; events that are no activity have no label.
 */
import type { EventColumns } from '../../event/columns.ts';
import { conditionProperties } from '../../event/condition.ts';
import { propertyColumns } from '../../event/property.ts';
import type { RowTest, RowText } from '../../query/rows/row-source.ts';
import { EventReader } from '../kit/event-reader.ts';
import { valueMark } from '../kit/matched-rows.ts';
import { MatcherMasks, matcherColumns } from '../kit/matchers.ts';
import { type CodeLabels, NOTHING, OUT, type RowNeeds, type RowReader } from '../kit/row-reader.ts';
import { TextCodes } from '../kit/text-codes.ts';
import type { AfterFunnel, PathsQuestion } from './paths-question.ts';

const SEPARATOR = ':';

export interface MaskAndLabel {
  readonly mask: number;
  readonly label: string | null;
}

/** Reads the text of a code. */
export function parseMaskAndLabel(text: string): MaskAndLabel {
  const end = text.indexOf(SEPARATOR);
  if (end === -1) return { mask: Number(text), label: null };
  return { mask: Number(text.slice(0, end)), label: text.slice(end + 1) };
}

export class AfterFunnelRows implements RowReader {
  readonly needs: RowNeeds;
  readonly breakdown: EventReader['breakdown'];
  readonly excluded: EventReader['excluded'];
  readonly labels: CodeLabels;
  readonly place = null;
  readonly mark: RowReader['mark'];
  readonly #events: EventReader;
  readonly #masks: MatcherMasks;
  readonly #text: RowText;
  readonly #isActivity: RowTest | null;
  readonly #texts = new TextCodes();

  constructor(question: PathsQuestion, { steps, exclusions, rules, same, activity }: AfterFunnel) {
    const matchers = [...steps, ...exclusions].map(({ matcher }) => matcher);
    const furtherMs = Number.isFinite(question.windowMs) ? question.windowMs : 0;
    const endMs = question.endMs + rules.windowMs + furtherMs;
    const events = new EventReader(question, { endMs, groupedBy: 'event' });
    this.#events = events;
    this.#masks = new MatcherMasks(events.source, matchers);
    this.#text = events.source.text(question.by);
    this.#isActivity = activity && events.source.test(activity);
    this.mark = same === null ? null : valueMark(events, same);
    this.needs = events.needs([
      ...matcherColumns(matchers),
      ...propertyColumns(question.by),
      ...(activity === null ? [] : conditionProperties(activity).flatMap(propertyColumns)),
      ...(same === null ? [] : propertyColumns(same)),
    ]);
    this.breakdown = events.breakdown;
    this.excluded = events.excluded;
    this.labels = { texts: this.#texts, plural: 'steps', relabel: (code, labels) => labels[code]! };
  }

  use(columns: EventColumns): null {
    this.#events.use(columns);
    this.#masks.use(columns);
    return null;
  }

  code(row: number): number {
    if (!this.#events.passes(row)) return OUT;
    const mask = this.#masks.mask(row);
    const label = this.#isActivity === null || this.#isActivity(row) ? this.#text(row) : null;
    if (this.#events.isLeftOut(row)) {
      if (label !== null || mask !== 0) this.#events.noteLeftOut(row);
      return OUT;
    }
    if (label === null) return mask === 0 ? NOTHING : this.#texts.code(String(mask));
    return this.#texts.code(`${mask}${SEPARATOR}${label}`);
  }
}
