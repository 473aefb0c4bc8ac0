/**
 * People on the wire: one person, by any of their ids. Their events travel as a list (events.ts).
 */
import { z } from 'zod';
import { eventsPageSchema } from './events.ts';
import { metaSchema } from './meta.ts';

const idSchema = z.string().min(1).describe('Any user id or anonymous id of the person.');
export const personSchema = z.strictObject({ id: idSchema });
export const personEventsSchema = eventsPageSchema.extend({ id: idSchema });

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
