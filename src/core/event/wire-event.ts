/**
 * Wire event: the shape of an event as a client sends it, for the API's description and for whoever writes a client.
 *
 * The checks themselves are in validate.ts, by hand, for speed; a test holds the two together: what one takes as a shape,
 * the other takes. Further rules than the shape (depth, keys, numbers, texts) are only there.
 */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { EVENT_TYPES } from './event.ts';

const id = z.string().max(LIMITS.idLengthMax).nullish();
const instant = z.union([z.string(), z.number()]).nullish();
const bag = z.record(z.string(), z.unknown()).nullish();

export const wireEventSchema = z
  .object({
    id: id.describe('Idempotency key, unique within the tenant; made and told in the verdict when absent'),
    messageId: id.describe("Segment's name of `id`"),
    type: z.enum(EVENT_TYPES).nullish().describe('`track` when absent'),
    event: z.string().max(LIMITS.nameLengthMax).nullish().describe('The name; a track event must have one'),
    name: z.string().max(LIMITS.nameLengthMax).nullish().describe('Of a page or screen'),
    userId: id.describe('Who, when known'),
    anonymousId: id.describe('Which device'),
    groupId: id,
    timestamp: instant.describe('ISO 8601 with a zone, or epoch milliseconds; the receipt when absent'),
    sentAt: instant.describe("The client's clock when it sent: corrects one that is fast"),
    properties: bag,
    traits: bag.describe("Segment's name of `properties` in identify and group"),
    context: bag,
  })
  .meta({ id: 'Event' });
