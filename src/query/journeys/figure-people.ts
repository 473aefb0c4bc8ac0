/** FigurePeople: lists the people of one figure of a journey's answer, page by page. */
import type { FigureQuestion } from '../../core/journeys/figures.ts';
import type { PeoplePage } from '../../core/journeys/funnel/funnel-people.ts';
import { FigureFold, type FigureKind } from '../../core/journeys/kit/figure.ts';
import type { Result } from '../../core/std/result.ts';
import type { Asking } from '../view/asking.ts';
import type { LakeRefusal } from '../view/refusal.ts';
import type { JourneyReading } from './journey-source.ts';
import { listPeople } from './people-page.ts';

export async function listFigurePeople(
  asking: Asking,
  { journey }: FigureKind,
  { question, counted, limit }: FigureQuestion,
  options: { readonly after: bigint | null; readonly heldMax?: number },
): Promise<Result<JourneyReading<PeoplePage>, LakeRefusal>> {
  const fold = new FigureFold(counted, options.after);
  return listPeople(asking, { reader: counted.reader, fold, spec: { kind: journey, question }, limit }, options);
}
