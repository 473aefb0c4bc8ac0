/**
 * Events on the wire: listing the newest events of a range, page by page.
 */
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import type { DeepReadonly } from '../core/std/deep-readonly.ts';
import { metaSchema } from './meta.ts';

const PAGE_DEFAULT = 20;
const CURSOR_LENGTH_MAX = 2_000;
const INSTANT_LENGTH_MAX = 40;

const instantText = z.string().max(INSTANT_LENGTH_MAX);
const instantForm = 'An ISO time with its zone, or a date in the zone of the tenant.';

export const eventsPageSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.eventsPageMax).default(PAGE_DEFAULT),
  event: z.string().min(1).max(LIMITS.nameLengthMax).optional().describe('Lists only events of this name.'),
  from: instantText
    .optional()
    .describe(
      `First event time. ${instantForm} Default: a day before \`to\`; for one person, ${LIMITS.queryRangeDaysMax} days.`,
    ),
  to: instantText.optional().describe(`End of the event times, exclusive. ${instantForm} Default: now.`),
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional().describe('The `cursor` of the page before: lists older events.'),
});
export type EventsPage = z.output<typeof eventsPageSchema>;

export const listedEventSchema = z.object({
  id: z.string(),
  type: z.string(),
  event: z.string(),
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  timestamp: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  properties: z.record(z.string(), z.unknown()),
  context: z.record(z.string(), z.unknown()),
  columns: z
    .record(z.string(), z.string())
    .describe('Values derived from the event, such as country, browser and path.'),
});
export type ListedEvent = DeepReadonly<z.output<typeof listedEventSchema>>;

export const eventListSchema = z.object({
  events: z.array(listedEventSchema).describe('The newest event first.'),
  cursor: z.string().nullable().describe('The next page’s `cursor`; null when no older events are left.'),
  meta: metaSchema
    .pick({ asOf: true, complete: true, scannedEvents: true, elapsedMs: true, identityAsOf: true })
    .extend({
      pending: z.literal(0),
      repeats: z
        .literal(true)
        .optional()
        .describe(
          'Present when a day of the page is too big to be searched for copies before its seal: an event that came twice may be listed twice.',
        ),
      sources: metaSchema.shape.sources.omit({ rollups: true }).extend({ lake: z.object({ segments: z.int() }) }),
    }),
});
export type EventListAnswer = DeepReadonly<z.output<typeof eventListSchema>>;
