/**
 * SharedAnswer: the answer of a tile as a share link may see it: without the names of events and properties that the tenant has
 * beside those of the board. A refusal tells its code and no more.
 */
import type { Board } from '../../control/boards/board-store.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { Problem } from '../../http/problem.ts';
import type { TileAnswer } from '../../wire/boards/board.ts';
import type { Answer } from '../../wire/query.ts';
import type { QueryPorts } from '../view/asking.ts';
import { readTileAnswer } from './tile-answer.ts';

type WithMeta = Pick<Answer, 'meta'> & { readonly compared?: Pick<Answer, 'meta'> | undefined };

/** Statuses of refusals that come from the question and may list names. */
const OF_QUESTION: ReadonlySet<number> = new Set([400, 404]);

export async function readSharedAnswer(
  ports: QueryPorts,
  tenant: Tenant,
  board: Board,
  tileId: string,
): Promise<TileAnswer> {
  try {
    const answered = await readTileAnswer(ports, tenant, board, tileId);
    return { ...answered, answer: withoutNames(answered.answer as WithMeta) } as TileAnswer;
  } catch (thrown) {
    if (!(thrown instanceof Problem) || !OF_QUESTION.has(thrown.status) || thrown.code === 'tile-not-found')
      throw thrown;
    throw new Problem(thrown.status, thrown.code, 'The question of the tile cannot be answered any more.');
  }
}

/** The answer of one question, of several, or of named ones, without names in what it vouches for. */
function withoutNames(
  answer: WithMeta | { readonly answers: Readonly<Record<string, WithMeta>> | readonly WithMeta[] },
) {
  if (!('answers' in answer)) return ownNames(answer);
  const { answers } = answer;
  if (Array.isArray(answers)) return { ...answer, answers: answers.map(ownNames) };
  return {
    ...answer,
    answers: Object.fromEntries(Object.entries(answers).map(([name, one]) => [name, ownNames(one)])),
  };
}

function ownNames({ compared, ...answer }: WithMeta): WithMeta {
  const { unknownNames: _, dropped = [], ...meta } = answer.meta;
  // Retention lists each event of the tenant that has a shorter time of its own, whatever the question is about.
  const ranges = dropped.filter(({ events }) => events === undefined);
  return {
    ...answer,
    meta: { ...meta, ...(ranges.length > 0 && { dropped: ranges }) },
    ...(compared && { compared: ownNames(compared) }),
  };
}
