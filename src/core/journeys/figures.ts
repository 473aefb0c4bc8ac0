/**
 * Figures: the journeys of which a figure's people can be listed, and the parsing of a question for such a list: the
 * journey's own question, the figure, and a page.
 */
import { z } from 'zod';
import { settleBots } from '../bots/asked-bots.ts';
import type { Bots } from '../bots/bots.ts';
import { jsonPointer } from '../std/pointer.ts';
import { ok, type Result } from '../std/result.ts';
import { frequencyFigure } from './frequency.ts';
import { peoplePageFields } from './funnel/funnel-people.ts';
import { JOURNEYS, type JourneyRefusalCode } from './kinds.ts';
import type { CountedFigure, FigureKind } from './kit/figure.ts';
import type { JourneyKind } from './kit/journey-kind.ts';
import { type JourneyQuestion, type JourneyRefusal, refuse } from './kit/request.ts';
import { lifecycleFigure } from './lifecycle.ts';
import { pathsFigure } from './paths/paths.ts';
import { retentionFigure } from './retention.ts';

export const FIGURES: readonly FigureKind[] = [
  retentionFigure,
  pathsFigure,
  lifecycleFigure,
  frequencyFigure,
] as readonly FigureKind[];

/** The question for the people of a figure, parsed. */
export interface FigureQuestion {
  /** The journey's question without its breakdown, which the people do not depend on. */
  readonly question: JourneyQuestion;
  readonly counted: CountedFigure;
  readonly limit: number;
  /** Null for the first page. */
  readonly cursor: string | null;
}

export function kindOf({ journey }: FigureKind): JourneyKind<JourneyQuestion, JourneyRefusalCode> {
  return JOURNEYS.find(({ name }) => name === journey)!;
}

/** The schema of the question: that of the journey, the figure, and the page. */
export function figureSchema(kind: FigureKind): z.ZodObject {
  return kindOf(kind).question.extend({ figure: kind.figure, ...peoplePageFields });
}

export function parseFigure(
  kind: FigureKind,
  body: unknown,
  at: { readonly timezone: string; readonly nowMs: number; readonly bots?: Bots | undefined },
): Result<FigureQuestion, JourneyRefusal<JourneyRefusalCode>> {
  const parsed = z.looseObject({ figure: kind.figure, ...peoplePageFields }).safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse('query-invalid', jsonPointer(issue!.path), issue!.message);
  }
  const { figure, limit, cursor = null, ...own } = parsed.data;
  const resolved = kindOf(kind).parse(own, at.timezone, at.nowMs);
  if (!resolved.ok) return resolved;
  const question = { ...settleBots(resolved.value, at.bots), groupBy: null };
  const counted = kind.make(question, figure as never);
  if (counted === null) return refuse('query-invalid', '/figure', 'The answer to this question has no such figure.');
  return ok({ question, counted, limit, cursor });
}
