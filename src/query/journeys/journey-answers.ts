/** The shapes of the journeys' answers, for the API's description. */
import { z } from 'zod';
import { QUANTILE_NAMES } from '../../core/journeys/kit/quantiles.ts';
import { metaSchema } from '../../wire/meta.ts';

const share = z.number().nullable();
const instant = z.iso.datetime();
const quantiles = z
  .object({
    n: z.int(),
    mean: z.number().nullable(),
    ...Object.fromEntries(QUANTILE_NAMES.map((name) => [name, z.number().nullable()])),
  })
  .describe('By nearest rank.');
const groupKey = {
  key: z.record(z.string(), z.string().nullable()),
  other: z.literal(true).optional().describe('Everything beyond the top together; always the last group.'),
};

/** The answer as a whole, and the same for each group when there is a breakdown. */
function answerOf<G extends z.ZodRawShape, W extends z.ZodRawShape>(grouped: G, whole: W) {
  return z.object({
    ...grouped,
    ...whole,
    groups: z.array(z.object({ ...groupKey, ...grouped })).optional(),
    meta: metaSchema,
  });
}

export const funnelAnswerSchema = answerOf(
  {
    steps: z.array(
      z.object({
        name: z.string(),
        people: z.int(),
        ofFirst: share,
        ofPrevious: share,
        dropped: z.int().describe('People of the step before who did not get here.'),
        secondsToConvert: quantiles.optional().describe('From the earliest first step that gets here.'),
        secondsToConvertShortest: quantiles.optional(),
      }),
    ),
  },
  {},
);

export const peopleAnswerSchema = z.object({
  people: z.array(z.object({ person: z.string(), userId: z.string().nullable(), anonymousId: z.string().nullable() })),
  cursor: z.string().nullable().describe('For the next page; null: there is none.'),
  meta: metaSchema,
});

export const retentionAnswerSchema = answerOf(
  {
    overall: z.array(z.object({ n: z.int(), eligible: z.int(), retained: z.int(), rate: share })),
    cohorts: z.array(
      z.object({
        start: instant,
        size: z.int(),
        retained: z.array(z.int().nullable()).describe('null: not there yet.'),
      }),
    ),
  },
  { historyFrom: instant },
);

export const pathsAnswerSchema = answerOf(
  {
    people: z.int(),
    nodes: z.array(
      z.object({
        step: z.int().describe('0 is where paths begin or end.'),
        value: z.string().nullable(),
        other: z.literal(true).optional(),
        people: z.int(),
        ended: z.int(),
      }),
    ),
    links: z
      .array(z.object({ source: z.int(), target: z.int(), people: z.int() }))
      .describe('Between indexes of nodes.'),
  },
  {},
);

const pages = z.array(
  z.object({ page: z.string().nullable(), other: z.literal(true).optional(), sessions: z.int(), bounces: z.int() }),
);
export const sessionsAnswerSchema = answerOf(
  {
    sessions: z.int(),
    bounces: z.int(),
    bounceRate: share,
    duration: quantiles.describe('Seconds, by nearest rank.'),
    events: quantiles.describe('Events a session.'),
    open: z.int().describe('Sessions that may go on after the range.'),
  },
  {
    people: z.int(),
    entries: pages,
    exits: pages,
    points: z.array(z.object({ at: instant, sessions: z.int(), bounces: z.int() })).optional(),
  },
);

export const activeAnswerSchema = answerOf(
  {
    people: z.int().describe('Active in the range.'),
    days: z
      .array(z.object({ at: instant, dau: z.int(), wau: z.int(), mau: z.int(), stickiness: share }))
      .describe('Of the range, up to today.'),
  },
  {},
);

export const lifecycleAnswerSchema = answerOf(
  {
    points: z
      .array(z.object({ at: instant, new: z.int(), returning: z.int(), resurrected: z.int(), dormant: z.int() }))
      .describe('Of the range, up to the interval of now.'),
  },
  { historyFrom: instant },
);

export const frequencyAnswerSchema = answerOf(
  {
    people: z.int(),
    bars: z.array(z.object({ n: z.int(), people: z.int(), orMore: z.literal(true).optional() })),
    times: quantiles.describe('Of the times a person.'),
  },
  {},
);
