/**
 * PostHog protocol: the capture API as the vendor's SDKs speak it (read from posthog-node 5.70 and posthog-js 1.449).
 *
 *   POST /batch/                            servers; Amplitude shares the path (batch/batch.ts)
 *   POST /e/, /i/v0/e/, /capture/           browsers; GET with `data` in the query, where no other way is left
 *   POST /flags/, /decide/; GET /array/…    questions before and beside events (remote.ts)
 *
 * The key is `api_key` beside the events, or `token` in their properties. `uuid` is the id, else `$insert_id`.
 *
 * The SDKs look at the status only: 200 is delivered, 4xx is given up and told to the console or the `error` listener, 5xx
 * is tried again (429 too, by servers), 413 is tried again in halves. So the problem document serves as the refusal, and
 * a request whose events were all rejected is a 400 with the verdict.
 * Reference: https://posthog.com/docs/api/capture
 */
import { z } from 'zod';
import { verdictSchema } from '../../../wire/ingest.ts';
import { statusAnswer } from '../kit/answers.ts';
import { outcomeOf } from '../kit/companions.ts';
import { type EventCall, jsonAnswer, type Protocol, type ProtocolAnswer, type Taken } from '../protocol.ts';
import { decodeCapture, POSTHOG_BODY } from './body.ts';
import { remoteCalls } from './remote.ts';

const eventSchema = z.looseObject({
  event: z.string().describe('`$pageview` is a page, `$identify` and `$set` identify, `$create_alias` an alias'),
  distinct_id: z.union([z.string(), z.number()]).optional(),
  uuid: z.string().optional(),
  timestamp: z.string().optional(),
  properties: z.looseObject({}).optional(),
});

export const posthogBodySchema = z.union([
  z.looseObject({ api_key: z.string(), batch: z.array(eventSchema), sent_at: z.string().optional() }),
  eventSchema.extend({ api_key: z.string().optional() }),
  z.array(eventSchema),
]);

export const posthogAnswerSchema = z
  .object({
    status: z.union([z.literal(1), z.literal(0)]).describe('0, with status 400, when every event was rejected'),
  })
  .extend(verdictSchema.shape);

const capture: EventCall = {
  methods: ['POST'],
  paths: ['/e', '/e/', '/i/v0/e', '/i/v0/e/', '/capture', '/capture/'],
  summary: "PostHog's events",
  body: POSTHOG_BODY,
  bodySchema: posthogBodySchema,
  answerSchema: posthogAnswerSchema,
  keyOf: () => null,
  decode: decodeCapture,
  answer: answerPosthog,
};

const captureInUrl: EventCall = {
  methods: ['GET'],
  paths: ['/e', '/e/', '/i/v0/e', '/i/v0/e/', '/capture', '/capture/'],
  summary: "PostHog's events in a URL",
  answerSchema: posthogAnswerSchema,
  keyOf: () => null,
  keyIsInUrl: () => true,
  decode: decodeCapture,
  answer: answerPosthog,
};

export function answerPosthog(taken: Taken): ProtocolAnswer {
  const { verdict } = taken;
  return outcomeOf(taken).isAllRefused
    ? statusAnswer(400, { status: 0, ...verdict })
    : jsonAnswer({ status: 1, ...verdict });
}

export const POSTHOG = 'posthog';

export const posthogProtocol: Protocol = { source: POSTHOG, calls: [capture, captureInUrl, ...remoteCalls] };
