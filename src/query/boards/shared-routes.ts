/**
 * Shared routes: a board and the answers of its tiles, for the key of a share link.
 *
 * Each call looks its link up together with the board, in one read of the database, so a link that was revoked shows nothing
 * from then on. The questions are not shown: their filters may name people.
 */
import { Hono } from 'hono';
import { type Board, boardOf } from '../../control/boards/board-store.ts';
import { findShared } from '../../control/boards/share-store.ts';
import { isoTime } from '../../core/std/instant.ts';
import type { Tenant } from '../../core/tenant/tenant.ts';
import type { ShareKey } from '../../http/authenticate.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import type { Services } from '../../services.ts';
import { tileAnswerSchema } from '../../wire/boards/board.ts';
import { sharedBoardSchema } from '../../wire/boards/share.ts';
import type { ProblemCode } from '../../wire/problem-codes.ts';
import type { QueryPorts } from '../view/asking.ts';
import { TILE_CODES } from './board-routes.ts';
import { readSharedAnswer } from './shared-answer.ts';
import { kindOf } from './tile-question.ts';

export type SharedServices = Pick<Services, 'auth' | 'tenants'> & QueryPorts;

/** The quotas that a call with a share link spends; edge/quota.ts is the one implementation. */
export interface SharedQuotas {
  chargeShare(share: ShareKey, nowMs: number): void;
  chargeQuestion(tenant: Tenant, nowMs: number): void;
}

interface Shared {
  readonly tenant: Tenant;
  readonly board: Board;
  readonly expiresAtMs: number | null;
}

const SHARED_CODES: readonly ProblemCode[] = ['share-quota-exceeded'];

/** @example app.route('/v1/shared', sharedRoutes(services, quotas)) */
export function sharedRoutes(services: SharedServices, quotas: SharedQuotas): Hono {
  const app = new Hono();
  const { auth } = services;
  const own = { tag: 'query', key: 'share' } as const;

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/',
      summary: 'Shows the board of a share link',
      answer: sharedBoardSchema,
      errors: SHARED_CODES,
    },
    async ({ share }) => {
      const { tenant, board, expiresAtMs } = await mustShared(services, quotas, share);
      const { name, timezone } = tenant;
      const tiles = board.tiles.map((tile) => {
        const { id, title, chart, place } = tile;
        return { id, title, chart, place, kind: kindOf(tile) };
      });
      const expiresAt = expiresAtMs === null ? null : isoTime(expiresAtMs);
      return {
        tenant: { name, timezone },
        board: { name: board.name, tiles, updatedAt: isoTime(board.updatedAtMs) },
        expiresAt,
      };
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/tiles/:tile/answer',
      summary: 'Answers the question of a tile of the shared board',
      answer: tileAnswerSchema,
      errors: [...TILE_CODES, ...SHARED_CODES, 'tile-not-found'],
    },
    async ({ share, params: { tile } }) => {
      const { tenant, board } = await mustShared(services, quotas, share);
      return readSharedAnswer(services, tenant, board, tile);
    },
  );

  return app;
}

/** Throws 429 `share-quota-exceeded`, `questions-quota-exceeded`; 401 `key-revoked`, `tenant-deleted`. */
async function mustShared(
  { db, tenants, now }: SharedServices,
  quotas: SharedQuotas,
  share: ShareKey,
): Promise<Shared> {
  const nowMs = now();
  quotas.chargeShare(share, nowMs);
  const found = await findShared(db, { ...share, nowMs });
  if (found === null) throw new Problem(401, 'key-revoked', 'The share link has ended.');
  const known = await tenants.byUid(share.uid);
  if (known === null) throw new Problem(401, 'tenant-deleted', 'The tenant of this link does not exist any more.');
  quotas.chargeQuestion(known.tenant, nowMs);
  const { expiresAtMs, ...row } = found;
  return { tenant: known.tenant, board: boardOf(row), expiresAtMs };
}
