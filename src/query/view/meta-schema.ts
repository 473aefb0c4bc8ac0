/** The shape of `meta`, which every answer carries: what it vouches for and where it came from. */
import { z } from 'zod';

export const metaSchema = z.object({
  asOf: z.iso.datetime().describe('What happened before it is in the answer.'),
  complete: z.boolean().describe('Nothing of the range is missing or still open.'),
  pending: z.int().describe('Events that are counted once their day is sealed again.'),
  sources: z.object({
    live: z.object({ shards: z.int(), answered: z.int(), events: z.int() }),
    rollups: z.object({ rollup: z.string(), sealedDays: z.int(), parts: z.int() }).nullable(),
    lake: z.object({ segments: z.int() }).nullable(),
  }),
  revision: z.int(),
  scannedEvents: z.int(),
  elapsedMs: z.int(),
  estimated: z.literal(true).optional(),
  dropped: z
    .array(z.object({ from: z.string(), before: z.string(), events: z.array(z.string()).optional() }))
    .optional()
    .describe('Days that retention has taken from the range, or events of some names: they are not in the answer.'),
  identityAsOf: z.iso
    .datetime()
    .optional()
    .describe(
      'Links between ids that were made by then are followed. Where people were asked for and all shards answered.',
    ),
});
