/**
 * Settings: what analytics.js asks its CDN for before it sends: where events go, and which destinations run in the page.
 * None do. A page that asks with a key that is wrong, or a server's, is refused, and the SDK shows why.
 */
import { z } from 'zod';
import { ok } from '../../../core/std/result.ts';
import { jsonAnswer, type ReplyCall } from '../protocol.ts';

const settingsSchema = z.object({
  integrations: z.object({
    'Segment.io': z.looseObject({ apiKey: z.string(), apiHost: z.string(), protocol: z.string() }),
  }),
  plan: z.looseObject({}),
  metrics: z.object({ sampleRate: z.literal(0).describe("The SDK's reports about itself are not taken") }),
  remotePlugins: z.array(z.unknown()),
  edgeFunction: z.looseObject({}),
  analyticsNextEnabled: z.boolean(),
  middlewareSettings: z.looseObject({}),
  enabledMiddleware: z.looseObject({}),
  legacyVideoPluginsEnabled: z.boolean(),
});

const ALL_ENABLED = { __default: { enabled: true, integrations: {} } };

export const settingsCall: ReplyCall = {
  methods: ['GET'],
  paths: ['/v1/projects/:key/settings'],
  summary: "Segment's settings, which analytics.js asks for before it sends",
  answerSchema: settingsSchema,
  needsKey: true,
  keyOf: ({ params }) => params.key ?? null,
  keyIsInUrl: () => true,
  reply({ head }) {
    const { protocol, host } = new URL(head.url);
    const segmentIo = {
      apiKey: head.params.key ?? '',
      apiHost: `${host}/v1`,
      protocol: protocol.slice(0, -1),
      unbundledIntegrations: [],
      addBundledMetadata: true,
      maybeBundledConfigIds: {},
    };
    const settings = {
      integrations: { 'Segment.io': segmentIo },
      plan: { track: ALL_ENABLED, identify: ALL_ENABLED, group: ALL_ENABLED },
      edgeFunction: {},
      analyticsNextEnabled: true,
      middlewareSettings: {},
      enabledMiddleware: {},
      metrics: { sampleRate: 0 },
      legacyVideoPluginsEnabled: false,
      remotePlugins: [],
    };
    return ok({ answer: jsonAnswer(settings) });
  },
};
