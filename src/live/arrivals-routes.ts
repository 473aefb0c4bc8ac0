/**
 * Arrivals routes: the latest events with their verdicts, for somebody who asks whether an event arrived.
 */
import { Hono } from 'hono';
import { HOUR_MS } from '../core/limits.ts';
import { parseRef, type RefusalsReply } from '../core/live/refusal.ts';
import type { RecentReply } from '../core/shard/recent.ts';
import type { Tenant } from '../core/tenant/tenant.ts';
import { Problem } from '../http/problem.ts';
import { route } from '../http/route.ts';
import { logWarn } from '../observe/log.ts';
import { askEach, listShards } from '../query/view/shards.ts';
import type { Services } from '../services.ts';
import { arrivalsParametersSchema, arrivalsSchema } from '../wire/live.ts';
import { type ArrivalsQuestion, arrivalsOf, asksFor, NEWEST } from './arrivals.ts';

export type LiveServices = Pick<Services, 'auth' | 'shardOf' | 'directoryOf' | 'liveOf' | 'now'>;

/** Events asked of each shard when only some of them fit the question. */
const FILTERED_EVENTS_MAX = 1_000;
/** A question that leaves the refusals out still tells how many are kept. */
const NO_REFUSALS = 0;

/** @example app.route('/v1/arrivals', arrivalsRoutes(services)) */
export function arrivalsRoutes(services: LiveServices): Hono {
  const app = new Hono();
  route(
    app,
    services.auth,
    {
      method: 'get',
      path: '/',
      summary: 'Lists what arrived last, with the verdict on each event and the reason of each refusal',
      description:
        'Refusals are kept before the sender is answered: the last 10,000, for a day. Accepted events and duplicates are ' +
        'those of the last hour at most, while they are not stored yet; `GET /v1/events` lists all. An answer 429 or 503 ' +
        'refuses nothing: the sender tries again.',
      tag: 'query',
      key: 'read',
      query: arrivalsParametersSchema,
      answer: arrivalsSchema,
      errors: ['directory-unavailable', 'cursor-invalid'],
    },
    async ({ tenant, query }) => {
      const [refused, taken] = await Promise.all([askHub(services, tenant, query), askTaken(services, tenant, query)]);
      return arrivalsOf(query, refused, taken);
    },
  );
  return app;
}

/** The refusals of the page; null when the hub did not answer. Throws `cursor-invalid`. */
async function askHub(
  { liveOf }: LiveServices,
  { uid, regions }: Tenant,
  question: ArrivalsQuestion,
): Promise<RefusalsReply | null> {
  const { before, source, event, code } = question;
  if (before !== undefined && before !== NEWEST && parseRef(before) === null)
    throw new Problem(400, 'cursor-invalid', '`before` was not issued by this endpoint. Start again without it.');
  const limit = asksFor(question, 'refused') ? question.limit : NO_REFUSALS;
  const cursor = before === NEWEST ? undefined : before;
  try {
    return await liveOf(uid, regions[0]).refusals({ limit, before: cursor, source, event, code });
  } catch (cause) {
    logWarn('live.arrivals', cause, { uid });
    return null;
  }
}

/** The recent events of each shard, null where one did not answer; nothing when the question asks for refusals alone. */
async function askTaken(
  { shardOf, directoryOf, now }: LiveServices,
  { uid }: Tenant,
  question: ArrivalsQuestion,
): Promise<(RecentReply | null)[]> {
  if (!asksFor(question, 'accepted') && !asksFor(question, 'duplicate')) return [];
  const isFiltered = question.source !== undefined || question.event !== undefined || question.verdict !== undefined;
  const eventsMax = isFiltered ? FILTERED_EVENTS_MAX : question.limit;
  const shards = await listShards(directoryOf, uid);
  const sinceMs = now() - HOUR_MS;
  return askEach(shards, (address) => shardOf(address).recent({ address, sinceMs, eventsMax, verdicts: 'all' }));
}
