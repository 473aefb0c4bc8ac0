/**
 * Seal routes: ask for days to be sealed, and tell what is sealed.
 *
 *   POST /v1/seal    `{from, to}` or `{days: […]}`, UTC days, both inclusive; queues them, dirty or not
 *   GET  /v1/seals   `?from&to` → for each sealed day its revision, counts and drift, and whether it is dirty by now
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import type { SealMessage } from '../core/shard/rpc.ts';
import type { KeyScope } from '../core/tenant/tenant.ts';
import type { Authenticated } from '../http/authenticate.ts';
import { describe } from '../http/describe.ts';
import { Problem, parseJson, parseParameters } from '../http/problem.ts';
import { dayText, parseDay } from '../lake/manifest/paths.ts';
import { readRange } from '../lake/manifest/range.ts';
import { queueSeals } from '../lake/seal/schedule.ts';

export interface SealRouteDeps {
  readonly db: D1Database;
  readonly auth: { authenticate(headers: Headers, needed: KeyScope): Promise<Authenticated> };
  readonly sealQueue: { sendBatch(messages: Iterable<{ body: SealMessage }>): Promise<unknown> };
}

const daySchema = z.string().transform((text, context): number => {
  const day = parseDay(text);
  if (day === null) context.addIssue({ code: 'custom', message: 'A day is written like 2026-07-01.' });
  return day ?? 0;
});
const sealSchema = z.union([
  z.strictObject({ from: daySchema, to: daySchema }),
  z.strictObject({ days: z.array(daySchema).min(1).max(LIMITS.sealDaysMax) }),
]);
const rangeSchema = z.object({ from: daySchema, to: daySchema });
const BODY_SIZE_BYTES_MAX = 128 * 1024;

const count = z.int().nonnegative();
const sealsSchema = z.object({
  days: z.array(
    z.object({
      day: z.string(),
      revision: count,
      events: count,
      people: count,
      drift: z
        .record(z.string(), z.int())
        .describe('live − sealed = duplicates + expired − beyond − imported + rest; rest is 0.'),
      sealedAt: z.string().nullable().describe('null when the day is not sealed yet.'),
      dirty: z.boolean().describe('Whether something is stored that the seal does not cover.'),
    }),
  ),
});

/** @example app.route('/', sealRoutes(services)) */
export function sealRoutes({ db, auth, sealQueue }: SealRouteDeps): Hono {
  const app = new Hono();

  const sealRoute = describe({
    summary: 'Queues days to be sealed',
    tag: 'operations',
    key: 'admin',
    body: sealSchema,
    answer: z.object({ queued: z.array(z.string()) }),
    status: 202,
  });
  app.post('/v1/seal', sealRoute, async (c) => {
    const { tenant } = await auth.authenticate(c.req.raw.headers, 'admin');
    const asked = await parseJson(c.req.raw, sealSchema, BODY_SIZE_BYTES_MAX);
    const days = 'days' in asked ? [...new Set(asked.days)] : daysBetween(asked.from, asked.to);
    await queueSeals(
      sealQueue,
      days.map((day) => ({ uid: tenant.uid, day, cause: 'command' })),
    );
    return c.json({ queued: days.map(dayText) }, 202);
  });

  const sealsRoute = describe({
    summary: 'Lists the sealed days of a range',
    tag: 'operations',
    key: 'read',
    query: rangeSchema,
    answer: sealsSchema,
  });
  app.get('/v1/seals', sealsRoute, async (c) => {
    const { tenant } = await auth.authenticate(c.req.raw.headers, 'read');
    const { from, to } = parseParameters(c.req.raw, rangeSchema);
    checkRange(from, to);
    return c.json({ days: await readSeals(db, tenant.uid, from, to) });
  });

  return app;
}

async function readSeals(db: D1Database, uid: string, dayFrom: number, dayTo: number) {
  const { days, uncovered } = await readRange(db, { uid, rollupId: null, dayFrom, dayTo, grain: 'day' });
  const dirty = new Set(uncovered.map(({ day }) => day));
  const sealed = days.map(({ day, revision, events, people, drift, sealedAtMs }) => ({
    day: dayText(day),
    revision,
    events,
    people,
    drift,
    sealedAt: new Date(sealedAtMs).toISOString(),
    dirty: dirty.has(day),
  }));
  const known = new Set(days.map(({ day }) => day));
  const unsealed = [...dirty]
    .filter((day) => !known.has(day))
    .map((day) => ({ day: dayText(day), revision: 0, events: 0, people: 0, drift: {}, sealedAt: null, dirty: true }));
  return [...sealed, ...unsealed].sort((a, b) => (a.day < b.day ? -1 : 1));
}

function daysBetween(from: number, to: number): number[] {
  checkRange(from, to);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function checkRange(from: number, to: number): void {
  if (to < from) throw new Problem(400, 'request-invalid', '`to` is before `from`.', { extra: { path: '/to' } });
  const dayCount = to - from + 1;
  if (dayCount <= LIMITS.sealDaysMax) return;
  const extra = { path: '/to', limit: LIMITS.sealDaysMax, met: dayCount };
  throw new Problem(400, 'request-invalid', `At most ${LIMITS.sealDaysMax} days, these are ${dayCount}.`, { extra });
}
