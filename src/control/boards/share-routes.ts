/**
 * Share routes: make, list and revoke the links by which one board is read without a key of the tenant.
 *
 * The secret of a link is a key of its own scope. It belongs into the fragment of a URL, which a browser sends to no server and
 * puts into no referrer; the page sends it as a Bearer.
 */
import { Hono } from 'hono';
import { LIMITS } from '../../core/limits.ts';
import { isoTime } from '../../core/std/instant.ts';
import { SHARE_SCOPE } from '../../core/tenant/tenant.ts';
import { keyRevoked } from '../../http/authenticate.ts';
import { Problem } from '../../http/problem.ts';
import { route } from '../../http/route.ts';
import {
  createdShareSchema,
  newShareSchema,
  revokedShareSchema,
  shareIdSchema,
  shareListSchema,
  sharesPageSchema,
  type WireShare,
} from '../../wire/boards/share.ts';
import type { ControlServices } from '../services.ts';
import { boardNotFound } from './refusals.ts';
import { createShare, listShares, revokeShare, type Share } from './share-store.ts';

type ShareServices = Pick<ControlServices, 'db' | 'auth' | 'keys' | 'now'>;

/** @example app.route('/v1/shares', shareRoutes(services)) */
export function shareRoutes({ db, auth, keys, now }: ShareServices): Hono {
  const app = new Hono();
  const own = { tag: 'control', key: 'admin' } as const;

  route(
    app,
    auth,
    {
      ...own,
      method: 'post',
      path: '/',
      summary: 'Makes a link that reads one board; its key is shown this once',
      description:
        'The key reads the board and the answers of its tiles, and nothing else. It belongs behind the # of ' +
        '`/shared#<key>`: a browser sends a fragment to no server.',
      body: { schema: newShareSchema, sizeBytesMax: LIMITS.controlBodySizeBytesMax },
      answer: createdShareSchema,
      status: 201,
      errors: ['board-not-found', 'shares-full'],
      example: { body: { board: 'morning' } },
    },
    async ({ tenant: { uid }, keyHash, body: { board, expiresAt } }) => {
      const nowMs = now();
      const expiresAtMs = expiresAt === null ? null : Date.parse(expiresAt);
      if (expiresAtMs !== null && expiresAtMs <= nowMs) throw endsInThePast();
      const { key, hash, hint } = await keys.make(SHARE_SCOPE, uid);
      const share = { boardId: board, hash, hint, makerHash: keyHash, expiresAtMs, nowMs };
      const created = await createShare(db, uid, share);
      if (created.ok) return { key, ...wireShare(created.value) };
      if (created.error === 'maker-revoked') throw keyRevoked();
      throw created.error === 'full' ? sharesFull() : boardNotFound();
    },
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'get',
      path: '/',
      summary: 'Lists the active share links, the oldest first',
      query: sharesPageSchema,
      answer: shareListSchema,
    },
    async ({ tenant: { uid }, query: { board = null } }) => ({
      shares: (await listShares(db, uid, { boardId: board, nowMs: now() })).map(wireShare),
    }),
  );

  route(
    app,
    auth,
    {
      ...own,
      method: 'delete',
      path: '/:id',
      summary: 'Revokes a share link, at once and everywhere',
      answer: revokedShareSchema,
      errors: ['share-not-found'],
    },
    async ({ tenant: { uid }, keyHash, params }) => {
      const id = shareIdSchema.safeParse(params.id);
      if (!id.success) throw shareNotFound();
      const revoked = await revokeShare(db, uid, { id: id.data, keyHash, nowMs: now() });
      if (!revoked.ok) throw revoked.error === 'not-found' ? shareNotFound() : keyRevoked();
      return { revoked: { id: id.data } };
    },
  );

  return app;
}

function endsInThePast(): Problem {
  return new Problem(400, 'request-invalid', 'The link would have ended already.', { extra: { path: '/expiresAt' } });
}

function shareNotFound(): Problem {
  return new Problem(404, 'share-not-found', 'The tenant has no active share link with this id.');
}

function sharesFull(): Problem {
  const detail = `A tenant may have ${LIMITS.sharesMax} active share links.`;
  return new Problem(409, 'shares-full', detail, { extra: { limit: LIMITS.sharesMax } });
}

function wireShare({ id, boardId, hint, createdAtMs, madeBy, expiresAtMs }: Share): WireShare {
  const expiresAt = expiresAtMs === null ? null : isoTime(expiresAtMs);
  return { id, board: boardId, hint, createdAt: isoTime(createdAtMs), madeBy, expiresAt };
}
