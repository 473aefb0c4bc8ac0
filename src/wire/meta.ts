/** Meta: the part of every answer that says what the answer vouches for and where it came from. */
import { z } from 'zod';
import { BOTS } from '../core/bots/bots.ts';

const liveSource = z.object({
  shards: z.int().describe('Shards that were asked.'),
  answered: z.int().describe('Shards that answered.'),
  events: z.int().describe('Events that the shards hold and that are not stored yet.'),
});

const droppedRange = z.object({ from: z.string(), before: z.string(), events: z.array(z.string()).optional() });

const unknownCohortName = z.object({
  cohort: z.string(),
  event: z.string().optional(),
  property: z.string().optional(),
  detail: z.string().describe('Lists the nearest names.'),
});
export type UnknownCohortName = z.output<typeof unknownCohortName>;

export const metaSchema = z.object({
  asOf: z.iso
    .datetime()
    .describe('The least watermark of the shards: the answer counts everything that happened before it.'),
  complete: z.boolean().describe('Whether the range is closed and nothing of it is missing.'),
  pending: z.int().describe('Events that are counted once their day is sealed again.'),
  undecided: z
    .int()
    .optional()
    .describe(
      'The part of `pending` that came in time and may be copies, because a shard has forgotten ids of their age. Absent when ' +
        'there are none.',
    ),
  sources: z.object({
    live: liveSource,
    rollups: z
      .object({ rollup: z.string(), sealedDays: z.int(), parts: z.int() })
      .nullable()
      .describe('null when no rollup was used.'),
    lake: z.object({ segments: z.int() }).nullable().describe('null when the lake was not read.'),
  }),
  revision: z.int().describe('Counts the seals of the days of the range and the late corrections since.'),
  scannedEvents: z.int().describe('Events that were read one by one; 0 when rollups answered.'),
  elapsedMs: z.int(),
  read: z
    .object({ from: z.iso.datetime(), until: z.iso.datetime() })
    .optional()
    .describe(
      'When the events were read, in an answer of `/v1/query`: it has all that were stored before `from`, and none that was ' +
        'received after `until`.',
    ),
  values: z
    .object({
      property: z.string(),
      events: z.int().describe('Events of the question.'),
      numbers: z.int().describe('Events whose value counts as a number.'),
      texts: z
        .int()
        .nullable()
        .describe('Events whose value is a text and does not count; null when rollups answered, which do not know.'),
    })
    .optional()
    .describe('Present when the question takes a statistic of a property.'),
  bots: z
    .object({
      choice: z.enum(BOTS),
      by: z
        .enum(['question', 'names', 'tenant'])
        .describe(
          'Whose choice it is: `question` by its `bots`, `tenant` by the setting, `names` when bots count because the question ' +
            'names `device` or `context.bot`.',
        ),
      excluded: z
        .int()
        .optional()
        .describe(
          'Events of bots that the question would have counted. Absent when they count or their number is not known.',
        ),
      readsRows: z
        .literal(true)
        .optional()
        .describe('Present when events were read one by one because no rollup of the range tells bots apart.'),
    })
    .optional()
    .describe('Present when events of bots were left out, or count because of what the question names.'),
  estimated: z.literal(true).optional().describe('Present when a number of the answer is an estimate.'),
  unknownNames: z
    .array(unknownCohortName)
    .optional()
    .describe(
      'Present when a cohort of the question was saved before names were checked and names an event or a property that no ' +
        'event has: it holds nobody by that. Save it anew.',
    ),
  dropped: z
    .array(droppedRange)
    .optional()
    .describe('Days that retention has removed from the range, or event names of some days; the answer lacks them.'),
  identityAsOf: z.iso
    .datetime()
    .optional()
    .describe(
      'Links between ids that were made before this instant are followed. ' +
        'Absent when the question is not about people or when a shard did not answer.',
    ),
});

export type QueryMeta = z.output<typeof metaSchema>;
