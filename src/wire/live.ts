/**
 * Live: the wire form of what arrives: the latest events with their verdicts.
 */
import { z } from 'zod';
import { EVENT_TYPES, SENDERS } from '../core/event/event.ts';
import { LIMITS } from '../core/limits.ts';

const ARRIVALS_PAGE_DEFAULT = 50;
const VERDICTS = ['accepted', 'duplicate', 'refused'] as const;
export type Verdict = (typeof VERDICTS)[number];

const filterSchema = z.string().max(LIMITS.nameLengthMax).optional();

export const arrivalsParametersSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.arrivalsPageMax).default(ARRIVALS_PAGE_DEFAULT),
  verdict: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(VERDICTS)))
    .optional()
    .describe('`accepted`, `duplicate`, `refused`, or several with commas. Default: all.'),
  before: z.string().max(40).optional().describe('The `next` of the page before; the page then has refusals alone.'),
  source: filterSchema.describe('The protocol, such as `native` or `segment`.'),
  event: filterSchema.describe('The name of the event.'),
  code: filterSchema.describe('The code of a refusal; the page then has refusals alone.'),
});

const keyClassSchema = z.enum(['server', 'browser']).describe('The class of the key that sent it.');

const takenSchema = z.object({
  verdict: z.enum(['accepted', 'duplicate']),
  receivedAt: z.iso.datetime(),
  at: z.iso.datetime().describe('The time of the event.'),
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  event: z.string(),
  path: z.string().nullable().describe('The path of the page.'),
  country: z.string().nullable(),
  source: z.string().nullable(),
  keyClass: z.enum(SENDERS).nullable().describe('The class of the sender; null in events from before classes.'),
  person: z.string().nullable().describe('The first digits of the person’s pseudonym; null without a person.'),
});

export const refusalSchema = z.object({
  verdict: z.literal('refused'),
  ref: z.string().describe('Names the refusal within its tenant.'),
  receivedAt: z.iso.datetime(),
  whole: z.boolean().describe('Whether the whole request was refused, and not one event of it.'),
  code: z.string().describe('Stable; `/docs/errors` lists all.'),
  reason: z.string(),
  pointer: z
    .string()
    .nullable()
    .describe('JSON pointer into the event (or the body) as it was sent; null when no place is concerned.'),
  index: z.int().nullable().describe('Position in the request; null when the whole request was refused.'),
  id: z.string().nullable(),
  event: z.string().nullable(),
  type: z.string().nullable(),
  source: z.string().describe('The protocol.'),
  path: z.string().describe('The route called.'),
  keyClass: keyClassSchema,
  keyHint: z.string().describe('The first digits of the key’s id, as `GET /v1/keys` lists it.'),
  userAgent: z.string().nullable(),
  body: z
    .string()
    .nullable()
    .describe('The beginning of the event or the body, without what the tenant does not store; null when unreadable.'),
  bodyTruncated: z.boolean(),
});
export type WireRefusal = z.output<typeof refusalSchema>;

export const arrivalSchema = z.discriminatedUnion('verdict', [takenSchema, refusalSchema]);
export type WireArrival = z.output<typeof arrivalSchema>;

export const arrivalsSchema = z.object({
  arrivals: z
    .array(arrivalSchema)
    .describe(
      'The newest first. Accepted events and duplicates are those that are not stored yet, of the last minutes.',
    ),
  next: z.string().nullable().describe('`before` of the next page of refusals; null when there are no older ones.'),
  counts: z.object({
    accepted: z.int().describe('Accepted events that are not stored yet.'),
    duplicate: z.int().describe('Duplicates among them.'),
    refused: z.int().describe('Refusals that are kept.'),
  }),
  complete: z.boolean().describe('Whether the hub and every shard answered.'),
  kept: z.object({
    refusals: z.int(),
    since: z.iso.datetime().nullable().describe('Receipt of the oldest that is kept; null when none is.'),
    notKept: z
      .int()
      .describe('Refusals of the last day that were counted but not kept: beyond the bounds, or unreachable.'),
  }),
});
export type ArrivalsAnswer = z.output<typeof arrivalsSchema>;

export const liveTicketSchema = z.object({
  ticket: z.string().describe('The `ticket` of one connection.'),
  expiresAt: z.iso.datetime(),
});
export type LiveTicket = z.output<typeof liveTicketSchema>;

const valueSchema = z.string().max(LIMITS.nameLengthMax).optional();

/** Each filter may repeat; the schema sees the last. */
export const liveParametersSchema = z.strictObject({
  ticket: z.string().max(200).optional().describe('Needed by a WebSocket.'),
  after: z
    .string()
    .regex(/^\d{1,16}$/)
    .optional()
    .describe('The `seq` of the last message that the client has: the stream goes on after it.'),
  event: valueSchema.describe('The name of the event.'),
  path: valueSchema.describe('The path of the page.'),
  country: valueSchema,
  referrer: valueSchema.describe('The domain that referred.'),
  source: valueSchema.describe('The protocol.'),
  device: valueSchema,
});

const topSchema = z
  .array(z.tuple([z.string(), z.int()]))
  .describe('Values and numbers of events, the most frequent first.');

const fedEventSchema = z.strictObject({
  at: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  type: z.string(),
  event: z.string(),
  path: z.string().nullable(),
  title: z.string().nullable(),
  country: z.string().nullable(),
  device: z.string().nullable(),
  referrer: z.string().nullable(),
  source: z.string().nullable(),
  person: z.string().nullable().describe('The first digits of the person’s pseudonym; null without a person.'),
  late: z.boolean(),
});

const bodyShape = {
  seconds: z.array(
    z.strictObject({
      at: z.int().describe('Seconds since 1970.'),
      accepted: z.int(),
      duplicate: z.int(),
      refused: z.int(),
    }),
  ),
  top: z.strictObject({
    event: topSchema,
    path: topSchema,
    country: topSchema,
    referrer: topSchema,
    source: topSchema,
    device: topSchema,
  }),
  events: z.array(fedEventSchema).describe('The newest first.'),
  omitted: z.int().describe('Accepted events of `seconds` that are not in `events`.'),
  sampled: z.boolean().describe('Whether `top`, and with a filter `seconds`, are those of a sample.'),
  refused: z
    .array(refusalSchema.omit({ body: true, bodyTruncated: true }))
    .describe('The newest first, without bodies.'),
  people: z.int().nullable().describe('People of the last five minutes; null with a filter.'),
};

const messageShape = { seq: z.int(), at: z.iso.datetime() };

/** A message of the live stream. */
export const liveMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    ...messageShape,
    resumed: z.boolean().describe('Whether the stream goes on after `after`: the messages that were missed follow.'),
    gap: z.boolean().describe('Whether messages after `after` are lost: begin anew from this one.'),
    windowSeconds: z.int().describe('Time that this message covers.'),
    ...bodyShape,
  }),
  z.strictObject({
    type: z.literal('tick'),
    ...messageShape,
    gap: z.boolean().describe('Whether events were stored before they could be told: they are in no message.'),
    ...bodyShape,
  }),
  z.strictObject({
    type: z.literal('beat'),
    ...messageShape,
    people: z.int(),
    shards: z.strictObject({ asked: z.int(), answered: z.int() }),
  }),
]);
export type LiveMessage = z.output<typeof liveMessageSchema>;
