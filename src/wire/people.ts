/**
 * People on the wire: one person, by any of their ids. Their events travel as a list (events.ts).
 */
import { z } from 'zod';
import { LIMITS } from '../core/limits.ts';
import { eventsPageSchema } from './events.ts';
import { metaSchema } from './meta.ts';

const idSchema = z.string().min(1).describe('Any user id or anonymous id of the person.');
export const personSchema = z.strictObject({ id: idSchema });
export const personEventsSchema = eventsPageSchema.extend({ id: idSchema });

const UNLINK_MAX = 1_000;
export const unlinkSchema = z
  .strictObject({
    pairs: z
      .array(z.tuple([idSchema, idSchema]))
      .max(UNLINK_MAX)
      .default([])
      .describe('Pairs of ids whose links are undone, in either direction.'),
    sources: z
      .array(z.string().min(1).max(LIMITS.idLengthMax))
      .max(UNLINK_MAX)
      .default([])
      .describe(
        'Incarnations of shards, as `GET /v1/status` names them: every link that one of them has told is undone.',
      ),
  })
  .refine(({ pairs, sources }) => pairs.length + sources.length > 0, { message: 'must name a pair or a source' });
export const unlinkedSchema = z.object({ undone: z.int().describe('Links that held until now.') });

const texts = z.array(z.string());
const touch = z.record(z.string(), z.string()).nullable();
const touchFields = 'Has `referrer_domain`, `path` and the `utm_` fields; null when there is no such event.';

export const profileSchema = z.object({
  id: z.string(),
  person: z.string().describe('The pseudonym: 16 hex digits, the same for all ids of the person.'),
  userIds: texts,
  anonymousIds: texts,
  previousIds: texts.describe('Ids that an alias has replaced.'),
  traits: z.record(z.string(), z.unknown()).describe('The latest value of each trait of the identify events.'),
  firstSeen: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  firstTouch: touch.describe(`The first event with a page, a referrer or a campaign. ${touchFields}`),
  lastTouch: touch.describe(`The last event with a referrer or a campaign, else the first touch. ${touchFields}`),
  events: z.object({
    total: z.int(),
    byName: z.array(z.object({ event: z.string(), count: z.int() })).describe('The most frequent name first.'),
  }),
  groups: texts,
  meta: metaSchema,
});
