/**
 * RudderStack protocol: the calls that its SDKs make beside those of Segment's protocol, which takes their events
 * (read from @rudderstack/rudder-sdk-node 3.0 and @rudderstack/analytics-js 3.34).
 *
 *   GET  /sourceConfig/?writeKey=<key>        the question of the browser SDK before it sends anything
 *   POST /beacon/v1/batch?writeKey=<key>      events of a page that closes, as text/plain
 *
 * Reference: https://www.rudderstack.com/docs/api/http-api/
 */
import { z } from 'zod';
import { ok } from '../../../core/std/result.ts';
import { keyOf } from '../../../http/authenticate.ts';
import { verdictSchema } from '../../../wire/ingest.ts';
import { JSON_TYPES } from '../../request/body.ts';
import type { RequestHead } from '../../request/head.ts';
import { batchSchema, parseEnvelope } from '../envelope.ts';
import { type EventCall, jsonAnswer, type Protocol, type ReplyCall } from '../protocol.ts';
import { dialectOf, RUDDERSTACK } from './dialect.ts';

const KEY_PARAMETER = 'writeKey';

const keyCall = {
  keyOf: (head: RequestHead) => head.query.get(KEY_PARAMETER) || keyOf(head.headers),
  keyIsInUrl: (head: RequestHead) => head.query.has(KEY_PARAMETER),
};

const sourceConfigSchema = z.object({
  source: z.object({
    id: z.string(),
    name: z.string(),
    writeKey: z.string(),
    enabled: z.literal(true),
    workspaceId: z.string(),
    destinations: z.array(z.unknown()).describe('Empty: no destination runs in the page'),
    config: z.object({
      statsCollection: z.object({
        errors: z.object({ enabled: z.literal(false) }),
        metrics: z.object({ enabled: z.literal(false) }),
      }),
    }),
    dataplanes: z.looseObject({}),
  }),
  updatedAt: z.string(),
});

const sourceConfig: ReplyCall = {
  ...keyCall,
  methods: ['GET'],
  paths: ['/sourceConfig', '/sourceConfig/'],
  summary: "RudderStack's source configuration, which its browser SDK asks for before it sends",
  answerSchema: sourceConfigSchema,
  needsKey: true,
  reply({ head }) {
    const source = {
      id: 'tidemark',
      name: 'Tidemark',
      writeKey: head.query.get(KEY_PARAMETER) ?? '',
      enabled: true,
      workspaceId: 'tidemark',
      destinations: [],
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      dataplanes: {},
    };
    return ok({ answer: jsonAnswer({ source, updatedAt: '2026-01-01T00:00:00.000Z' }) });
  },
};

const beacon: EventCall = {
  ...keyCall,
  methods: ['POST'],
  paths: ['/beacon/v1/batch'],
  summary: "RudderStack's events of a page that closes",
  body: { types: JSON_TYPES },
  bodySchema: batchSchema,
  answerSchema: z.object({ success: z.literal(true) }).extend(verdictSchema.shape),
  decode({ bytes }) {
    const batch = parseEnvelope(bytes);
    return batch.ok ? ok({ ...batch.value, ...dialectOf(batch.value.events) }) : batch;
  },
  answer: ({ verdict }) => jsonAnswer({ success: true, ...verdict }),
};

export const rudderstackProtocol: Protocol = { source: RUDDERSTACK, calls: [sourceConfig, beacon] };
