/**
 * TileAnswer: answers a tile of a board with its kept answer, or asks its question and keeps the new answer.
 *
 * A board hangs on walls and is shared by links, so many viewers ask the same at once. An answer is given again for
 * `LIMITS.tileAnswerMs`; then one call at a time asks anew, and the others are given the old answer meanwhile. So what a tile
 * costs does not grow with its viewers. An answer that lacks a shard's events is not kept.
 */
import type { Board } from '../../control/boards/board-store.ts';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { Problem } from '../../http/problem.ts';
import type { Tile, TileAnswer } from '../../wire/boards/board.ts';
import { isFromAllShards } from '../ask/report-version.ts';
import { answerCall } from '../call/call.ts';
import { findInsight } from '../insights/insight-store.ts';
import type { QueryPorts } from '../view/asking.ts';
import { claimTile, findTileAnswer, type KeptTileAnswer, keepTileAnswer, type TilePlace } from './answer-store.ts';
import { type AskedTile, answerTile, kindOf, mustTileQuestion, questionHash } from './tile-question.ts';

/** Throws 404 `tile-not-found`, `insight-not-found`, and what the question is refused with. */
export async function readTileAnswer(
  ports: QueryPorts,
  tenant: Tenant,
  { id: boardId, revision, tiles }: Pick<Board, 'id' | 'revision' | 'tiles'>,
  tileId: string,
): Promise<TileAnswer> {
  const tile = tiles.find(({ id }) => id === tileId);
  if (tile === undefined) throw new Problem(404, 'tile-not-found', 'The board has no tile with this id.');
  const nowMs = ports.now();
  const { db } = ports;
  const place: TilePlace = { boardId, revision, tileId };
  const asked = await askedOf(db, tenant, tile);
  const hash = questionHash(asked, tenant);
  const kept = await findTileAnswer(db, tenant.uid, place, hash);
  if (kept !== null && (await mayGiveAgain({ db, nowMs }, tenant, place, kept)))
    return wireAnswer(tile, kept.answeredAtMs, JSON.parse(kept.answer));
  const question = mustTileQuestion(asked, tenant, nowMs);
  const answer = await answerCall(ports, { tenant, nowMs }, (asking) => answerTile(asking, question));
  if (isFromAllShards(answer)) {
    await keepTileAnswer(db, tenant.uid, place, {
      questionHash: hash,
      answer: JSON.stringify(answer),
      answeredAtMs: nowMs,
    });
  }
  return wireAnswer(tile, nowMs, answer);
}

async function askedOf(db: D1Database, { uid }: Tenant, tile: Tile): Promise<AskedTile> {
  if (tile.insight === undefined) return { tile };
  const insight = await findInsight(db, uid, tile.insight);
  if (insight === null) throw new Problem(404, 'insight-not-found', 'The saved question of the tile was removed.');
  return { tile, saved: insight.query };
}

/** Whether the kept answer is given: it is young, or another call makes a new one at this moment. */
async function mayGiveAgain(
  { db, nowMs }: { readonly db: D1Database; readonly nowMs: number },
  { uid }: Tenant,
  place: TilePlace,
  { answeredAtMs }: KeptTileAnswer,
): Promise<boolean> {
  const ageMs = nowMs - answeredAtMs;
  if (ageMs < LIMITS.tileAnswerMs) return true;
  return ageMs < LIMITS.tileAnswerMsMax && !(await claimTile(db, uid, place, nowMs));
}

function wireAnswer(tile: Tile, answeredAtMs: number, answer: unknown): TileAnswer {
  const { id, title, chart } = tile;
  // The kind tells the shape of the answer, which the answer's own parser has made.
  return { tile: { id, title, chart }, kind: kindOf(tile), answeredAt: isoTime(answeredAtMs), answer } as TileAnswer;
}
