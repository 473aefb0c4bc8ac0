/**
 * Board routes: list, show, put and remove boards, and answer their tiles. The questions of a board are checked when it is put.
 */
import { Hono } from 'hono';
import {
  type Board,
  type BoardEntry,
  type BoardRefusal,
  deleteBoard,
  findBoard,
  listBoards,
  putBoard,
} from '../../control/boards/board-store.ts';
import { mustGivenId } from '../../control/boards/given-id.ts';
import { boardNotFound } from '../../control/boards/refusals.ts';
import { JOURNEYS } from '../../core/journeys/kinds.ts';
import { COMMON_CODES } from '../../core/journeys/kit/request.ts';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import type { Services } from '../../services.ts';
import {
  boardListSchema,
  boardSchema,
  newBoardSchema,
  type Tile,
  tileAnswerSchema,
  type WireBoard,
} from '../../wire/boards/board.ts';
import { deletedSchema } from '../../wire/deleted.ts';
import type { ProblemCode } from '../../wire/problem-codes.ts';
import { REPORT_CODES } from '../ask/report-problems.ts';
import { listInsights } from '../insights/insight-store.ts';
import { givenNamesCheck } from '../open/check-given.ts';
import type { QueryPorts } from '../view/asking.ts';
import { readTileAnswer } from './tile-answer.ts';
import { mustTileQuestion, namesOf } from './tile-question.ts';

export type BoardServices = Pick<Services, 'auth'> & QueryPorts;

/** Codes with which the question of a tile may be refused. */
export const TILE_CODES: readonly ProblemCode[] = [
  ...REPORT_CODES,
  ...COMMON_CODES,
  ...JOURNEYS.flatMap(({ codes }) => Object.values(codes)),
  'insight-not-found',
];

const own = { tag: 'query' } as const;

/** @example app.route('/v1/boards', boardRoutes(services)) */
export function boardRoutes(services: BoardServices): Hono {
  const app = new Hono();
  listing(app, services);
  putting(app, services);
  answering(app, services);
  return app;
}

function listing(app: Hono, { db, auth }: BoardServices): void {
  route(
    app,
    auth,
    { ...own, method: 'get', path: '/', summary: 'Lists the boards by name', key: 'read', answer: boardListSchema },
    async ({ tenant }) => ({ boards: (await listBoards(db, tenant.uid)).map(wireEntry) }),
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/:id',
      summary: 'Shows a board with its tiles',
      key: 'read',
      answer: boardSchema,
      errors: ['board-not-found'],
    },
    async ({ tenant, params: { id } }) => wireBoard(await mustFind(db, tenant.uid, id)),
  );
}

function putting(app: Hono, services: BoardServices): void {
  const { db, auth, now } = services;
  const checkTiles = tilesCheck(services);
  route(
    app,
    auth,
    {
      ...own,
      method: 'put',
      path: '/:id',
      summary: 'Adds a board, or replaces the one with that id',
      description:
        'The question of each tile is checked. With `revision`, the board is replaced only if nobody has changed it since.',
      key: 'admin',
      body: { schema: newBoardSchema, sizeBytesMax: LIMITS.boardBodySizeBytesMax },
      answer: boardSchema,
      errors: [...TILE_CODES, 'board-changed', 'boards-full'],
      example: {
        body: {
          name: 'Every morning',
          tiles: [
            {
              id: 'visitors',
              title: 'Visitors',
              chart: 'line',
              place: { x: 0, y: 0, w: 8, h: 4 },
              query: { measure: 'users', interval: 'day', last: '30 days' },
            },
          ],
        },
      },
    },
    async ({ tenant, params, body: { name, tiles, revision = null } }) => {
      const id = mustGivenId(params.id);
      const updatedAtMs = now();
      await checkTiles(tenant, tiles, updatedAtMs);
      const put = await putBoard(db, tenant.uid, { id, name, tiles, updatedAtMs, replaces: revision });
      if (!put.ok) throw refusalOf(put.error);
      return wireBoard({ id, name, tiles, revision: put.value, updatedAtMs });
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'delete',
      path: '/:id',
      summary: 'Removes a board; its share links end with it',
      key: 'admin',
      answer: deletedSchema,
      errors: ['board-not-found'],
    },
    async ({ tenant, keyHash, params: { id } }) => {
      if (!(await deleteBoard(db, tenant.uid, { id, keyHash, nowMs: now() }))) throw boardNotFound();
      return { deleted: { id } };
    },
  );
}

function answering(app: Hono, services: BoardServices): void {
  const { db, auth } = services;
  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/:id/tiles/:tile/answer',
      summary: 'Answers the question of a tile; the answer may be half a minute old',
      key: 'read',
      answer: tileAnswerSchema,
      errors: [...TILE_CODES, 'board-not-found', 'tile-not-found'],
    },
    async ({ tenant, params: { id, tile } }) =>
      readTileAnswer(services, tenant, await mustFind(db, tenant.uid, id), tile),
  );
}

/** Returns the check of a board's questions and of the names in them. It throws 400 with the code and place of the fault. */
function tilesCheck(services: BoardServices): (tenant: Tenant, tiles: readonly Tile[], nowMs: number) => Promise<void> {
  const checkNames = givenNamesCheck(services);
  return async (tenant, tiles, nowMs) => {
    const insights = new Map((await insightsOf(services.db, tenant.uid, tiles)).map(({ id, query }) => [id, query]));
    const names = { event: new Set<string>(), property: new Set<string>() };
    for (const [index, tile] of tiles.entries()) {
      const place = `/tiles/${index}`;
      const { insight } = tile;
      if (insight !== undefined && !insights.has(insight)) throw insightNotFound(`${place}/insight`);
      const asked = insight === undefined ? { tile } : { tile, saved: insights.get(insight) };
      const given = namesOf(mustTileQuestion(asked, tenant, nowMs, place));
      for (const name of given.event) names.event.add(name);
      for (const name of given.property) names.property.add(name);
    }
    await checkNames(tenant, names);
  };
}

async function insightsOf(db: D1Database, uid: string, tiles: readonly Tile[]) {
  return tiles.some(({ insight }) => insight !== undefined) ? listInsights(db, uid) : [];
}

async function mustFind(db: D1Database, uid: string, id: string): Promise<Board> {
  const board = await findBoard(db, uid, id);
  if (board === null) throw boardNotFound();
  return board;
}

function insightNotFound(path: string): Problem {
  return new Problem(404, 'insight-not-found', 'The tenant has no insight with this id.', { extra: { path } });
}

function refusalOf(refusal: BoardRefusal): Problem {
  if (refusal.reason === 'full') {
    const detail = `A tenant may have ${LIMITS.boardsMax} boards.`;
    return new Problem(409, 'boards-full', detail, { extra: { limit: LIMITS.boardsMax } });
  }
  const { revision } = refusal;
  const detail = revision === 0 ? 'There is no such board any more.' : `The board has the revision ${revision} by now.`;
  return new Problem(409, 'board-changed', detail, { extra: { revision } });
}

function wireEntry({ updatedAtMs, ...entry }: BoardEntry) {
  return { ...entry, updatedAt: isoTime(updatedAtMs) };
}

function wireBoard({ updatedAtMs, tiles, ...board }: Board): WireBoard {
  return { ...board, tiles: [...tiles] as WireBoard['tiles'], updatedAt: isoTime(updatedAtMs) };
}
