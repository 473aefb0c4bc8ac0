/**
 * Throttled: the wire form of how many requests of a tenant were refused for now, when, and by which code.
 */
import { z } from 'zod';
import { DAY_MS, LIMITS } from '../../core/limits.ts';
import type { ProblemCode } from '../problem-codes.ts';

const KINDS = ['events', 'questions'] as const;
export type ThrottledKind = (typeof KINDS)[number];

/** What a code means for the owner of the tenant: which requests it refuses, and what to do where it lasts. */
interface Advice {
  readonly kind: ThrottledKind;
  readonly advice: string;
}

/** Every code that is counted. */
export const THROTTLED_CODES = {
  'quota-exceeded': {
    kind: 'events',
    advice: 'SDKs send these again by themselves. If it lasts, raise the quota of events, or send fewer.',
  },
  'links-quota-exceeded': {
    kind: 'events',
    advice: 'Call identify once a login, not with every event. If these are your users, raise the quota of links.',
  },
  'days-quota-exceeded': {
    kind: 'events',
    advice: 'The import goes on by itself. Sort the history by time before it is sent, so that a chunk has fewer days.',
  },
  'storage-quota-exceeded': {
    kind: 'events',
    advice: 'Nothing is taken until there is room: raise the quota of stored bytes, or keep events for a shorter time.',
  },
  'request-over-quota': {
    kind: 'events',
    advice: 'These are not sent again. Send fewer events in one request, or raise the quota.',
  },
  overloaded: {
    kind: 'events',
    advice: 'SDKs send these again by themselves. The platform adds capacity for the tenant while it lasts.',
  },
  'shard-unavailable': {
    kind: 'events',
    advice: 'SDKs send these again by themselves. If it lasts, tell the operator of the platform.',
  },
  'shard-map-stale': {
    kind: 'events',
    advice: 'The tenant was given more capacity at that moment. SDKs send these again by themselves.',
  },
  'questions-quota-exceeded': {
    kind: 'questions',
    advice: 'Ask less often: keep answers for a minute, and ask several questions in one call. Or raise the quota.',
  },
  'share-quota-exceeded': {
    kind: 'questions',
    advice: 'A shared board is read very often. If you do not know by whom, revoke its link and make another one.',
  },
  busy: {
    kind: 'questions',
    advice: 'Ask fewer heavy questions at a time, shorter ranges, or several questions in one call.',
  },
  'live-full': {
    kind: 'questions',
    advice: 'Close pages and programs that watch the live stream and are not needed.',
  },
} as const satisfies Partial<Record<ProblemCode, Advice>>;
export type ThrottledCode = keyof typeof THROTTLED_CODES;

export const throttledParametersSchema = z.strictObject({
  from: z
    .string()
    .max(40)
    .optional()
    .describe(
      `A date of the tenant’s zone, or an instant. Default: a day before \`to\`; kept for ${LIMITS.throttleKeptMs / DAY_MS} days.`,
    ),
  to: z.string().max(40).optional().describe('Default: now.'),
});

const kindSchema = z.enum(KINDS).describe('What the requests were for: sending events, or asking.');

const throttledCodeSchema = z.object({
  code: z.string().describe('Stable; `/docs/errors` lists all.'),
  kind: kindSchema,
  requests: z.int(),
  firstAt: z.iso.datetime().describe('Start of the first span with such a refusal.'),
  lastAt: z.iso.datetime().describe('Start of the last span with such a refusal.'),
  meaning: z.string(),
  advice: z.string().describe('What to do where it lasts.'),
});

const throttledPointSchema = z.object({
  at: z.iso.datetime().describe('Start of the span.'),
  code: z.string(),
  kind: kindSchema,
  requests: z.int(),
});

export const throttledSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  grainSeconds: z
    .int()
    .describe('Length of a span: a minute for two days, a quarter of an hour for 31 days, else an hour.'),
  requests: z
    .int()
    .describe(
      'All requests refused for now within the range. Those that were sent again and refused again count each time.',
    ),
  codes: z.array(throttledCodeSchema).describe('By the code, the most frequent first.'),
  points: z.array(throttledPointSchema).describe('The spans in which requests were refused, by time.'),
  complete: z.boolean().describe('Whether the counts could be read. They are a few seconds behind.'),
});
export type ThrottledAnswer = z.output<typeof throttledSchema>;
