/**
 * TileQuestion: the question of a board's tile, checked: a report, or a journey's.
 *
 * in: a tile, with the saved question that it names, if it names one · out: the question, or a problem that points into the
 * board. `last` is resolved at the time of asking, so a tile moves with the days.
 */
import { createHash } from 'node:crypto';
import { type JourneySpec, journeyOf } from '../../core/journeys/kinds.ts';
import { namesOfQueries } from '../../core/names/given-names.ts';
import type { Names } from '../../core/names/sent-names.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import type { Tile, TileKind } from '../../wire/boards/board.ts';
import type { Answer, ReportAnswer } from '../../wire/query.ts';
import { rangeOfLast } from '../ask/parse-report.ts';
import { type Report, runReport } from '../ask/report.ts';
import { mustAnswer, mustReport } from '../ask/report-problems.ts';
import { answerJourney, mustJourney } from '../journeys/answer-journey.ts';
import type { Asking, QueryPorts } from '../view/asking.ts';
import { invalidQuestion } from '../view/refusal.ts';

export type TileQuestion =
  | { readonly kind: 'query'; readonly report: Report }
  | { readonly kind: JourneyKindName; readonly spec: JourneySpec };
type JourneyKindName = Exclude<TileKind, 'query'>;

/** A tile with the body of its question. */
export interface AskedTile {
  readonly tile: Tile;
  /** The body of the saved question that the tile names; absent when it names none. */
  readonly saved?: unknown;
}

export function kindOf({ journey }: Pick<Tile, 'journey'>): TileKind {
  return journey?.kind ?? 'query';
}

/** `place`: JSON pointer of the tile in the request. Throws 400 with the code and path of the fault. */
export function mustTileQuestion({ tile, saved }: AskedTile, tenant: Tenant, nowMs: number, place = ''): TileQuestion {
  const { journey } = tile;
  if (journey === undefined) {
    const report = mustReport(
      saved ?? tile.query,
      tenant,
      nowMs,
      `${place}/${saved === undefined ? 'query' : 'insight'}`,
    );
    return { kind: 'query', report };
  }
  const { kind } = journey;
  const questionPlace = `${place}/journey/question`;
  const body = withRange(journey.question, { timezone: tenant.timezone, nowMs }, questionPlace);
  return { kind, spec: mustJourney({ kind, body, place: questionPlace }, tenant, nowMs) };
}

/** The names of events and properties that the question gives, none if it allows unknown ones. */
export function namesOf(question: TileQuestion): Names {
  if (question.kind !== 'query') return journeyOf(question.spec).reader.needs.names;
  return namesOfQueries(question.report.questions.map(({ query }) => query));
}

export async function answerTile(
  asking: Asking<QueryPorts>,
  question: TileQuestion,
): Promise<ReportAnswer | Pick<Answer, 'meta'>> {
  if (question.kind !== 'query') return answerJourney(asking, question.spec);
  return mustAnswer(await runReport(asking, question.report));
}

/** Differs between questions that may have different answers at one time. */
export function questionHash({ tile, saved }: AskedTile, { timezone }: Tenant): string {
  const { journey, query } = tile;
  return createHash('sha256')
    .update(JSON.stringify([saved ?? query ?? journey, timezone]))
    .digest('hex');
}

function withRange(
  question: Readonly<Record<string, unknown>>,
  context: { readonly timezone: string; readonly nowMs: number },
  place: string,
): unknown {
  const { last, ...fields } = question;
  if (last === undefined) return question;
  const range = rangeOfLast(last, fields, place, context);
  if (!range.ok) throw invalidQuestion(range.error);
  return { ...fields, ...range.value };
}
