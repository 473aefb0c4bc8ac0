/**
 * Operating on the wire: health, the status of a tenant, seals, and the policy of expiry.
 */
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import { parseDay } from '../core/std/day.ts';
import { DROP_TIERS, expirySchema } from '../core/tenant/expiry.ts';

export { expirySchema };

export const healthSchema = z.object({ status: z.literal('ok') });
export const readinessSchema = z.object({
  status: z.literal('ready'),
  warnings: z
    .int()
    .optional()
    .describe(
      'Number of conditions that the operator should end; `/metrics` with the root key names them. Absent: none.',
    ),
});

const countSchema = z.int().nonnegative();
const instantSchema = z.iso.datetime().nullable();

export const droppedSchema = z.array(
  z.object({
    tier: z.enum(DROP_TIERS),
    event: z.string().optional().describe('The name of the events, for the tier `event`.'),
    from: z.string().describe('The first day of which something was dropped.'),
    before: z.string().describe('Nothing before this day counts.'),
  }),
);
export type WireDropped = z.output<typeof droppedSchema>;

/** The policy is called retention in the API. */
export const retentionSchema = z.object({
  policy: expirySchema.nullable().describe('null when no policy was set: then nothing is dropped.'),
  dropped: droppedSchema,
});
export type WireRetention = z.output<typeof retentionSchema>;

const daySchema = z.string().transform((text, context): number => {
  const day = parseDay(text);
  if (day === null) context.addIssue({ code: 'custom', message: 'A day is written like 2026-07-01.' });
  return day ?? 0;
});

/** UTC days, both bounds inclusive. */
export const daysSchema = z.object({ from: daySchema, to: daySchema });
export const sealRequestSchema = z.union([
  z.strictObject({ from: daySchema, to: daySchema }),
  z.strictObject({ days: z.array(daySchema).min(1).max(LIMITS.sealDaysMax) }),
]);
export const queuedSealsSchema = z.object({ queued: z.array(z.string()) });

export const sealsSchema = z.object({
  days: z.array(
    z.object({
      day: z.string(),
      revision: countSchema,
      events: countSchema,
      people: countSchema,
      drift: z
        .record(z.string(), z.int())
        .describe(
          'live − sealed = duplicates + expired − beyond − imported + rest; rest is 0. `serverCopies`, `importCopies` and `browserCopies` are those of the duplicates by who sent them.',
        ),
      sealedAt: z.string().nullable().describe('null when the day is not sealed yet.'),
      dirty: z.boolean().describe('Whether something is stored that the seal does not cover.'),
    }),
  ),
});
export type WireSeals = z.output<typeof sealsSchema>;

const shardSchema = z.object({
  region: z.string(),
  index: z.int(),
  incarnation: z.string().nullable(),
  reachable: z.boolean(),
  watermark: instantSchema,
  storedSeq: z.int().nullable(),
  headSeq: z.int().nullable(),
  tailEvents: z.int().nullable(),
  pendingEvents: z.int().nullable(),
  waitingFlushes: z.int().nullable().describe('Flushes that are cut and not yet stored.'),
  oldestFlushAttempts: z.int().nullable().describe('How often the sink has begun to store the oldest of them.'),
  oldestFlushAgeMs: z.int().nullable().describe('Time since the first event of the oldest waiting flush was received.'),
  logSizeBytes: z.int().nullable(),
  rememberedIds: z.int().nullable().describe('Ids held for de-duplication.'),
  rowsWritten: z.int().nullable().describe('Rows written since the shard woke.'),
});
export type WireShardStatus = z.output<typeof shardSchema>;

const tallySchema = z.object({
  received: z.int(),
  accepted: z.int(),
  duplicate: z.int(),
  quarantined: z.int(),
  rejected: z.int(),
  clamped: z
    .int()
    .describe('The part of `accepted` whose times lay in the future: five minutes after the receipt now.'),
});

const failingFlushSchema = z.object({
  region: z.string(),
  index: z.int(),
  incarnation: z.string(),
  seqFrom: z.int(),
  attempts: z.int(),
  error: z.string().describe('The error of the latest attempt.'),
  since: z.iso.datetime(),
});

export const statusSchema = z.object({
  tenant: z.string(),
  complete: z.boolean().describe('Whether every shard answered.'),
  asOf: instantSchema.describe('The least watermark of the shards; null when no event was ever taken.'),
  lagMs: z.int().nullable().describe('Now minus `asOf`.'),
  tailEvents: z.int().describe('Events that are accepted and not yet stored: the shards answer for them.'),
  pending: z.int().describe('The part of `tailEvents` that is in no cell: counted once its day is sealed.'),
  shards: z.array(shardSchema),
  stored: z.object({
    flushes: z.int(),
    events: z.int(),
    tally: tallySchema.describe(
      'Accounts of the requests whose flushes are stored: received is the sum of the others.',
    ),
    gaps: z.int().describe('Flushes that do not begin where the one before ended; must be 0.'),
    latestAt: instantSchema,
    failing: z
      .array(failingFlushSchema)
      .describe('Flushes that could not be stored so far. Their shards hold them and keep trying.'),
  }),
  sealed: z.object({
    days: z.int(),
    dirtyDays: z.int().describe('Days with stored events that no seal covers yet.'),
    events: z.int(),
    firstDay: z.iso.date().nullable(),
    lastDay: z.iso.date().nullable(),
    latestAt: instantSchema,
  }),
  drift: z.record(z.string(), z.number()).describe('Live minus sealed counts by cause, over all sealed days.'),
  quota: z.object({
    eventsPerMinute: z.int().nullable().describe('The quota of its own; null when the default holds.'),
    limits: z
      .object({
        eventsPerMinute: z.int(),
        daysPerMinute: z.int(),
        questionsPerMinute: z.int(),
        linksPerDay: z.int(),
        storedBytes: z.int(),
      })
      .describe('The quotas that hold.'),
    storedBytes: z.int().nullable().describe('Bytes taken of the database; null before the first flush.'),
  }),
  dropped: droppedSchema.describe('What the policy of /v1/retention has dropped.'),
});
export type WireStatus = z.output<typeof statusSchema>;
