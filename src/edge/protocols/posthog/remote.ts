/**
 * Remote: what PostHog's SDKs ask for before and beside their events: flags, remote configuration, surveys, scripts. There
 * are no flags, recordings or surveys, and the answers say so in the vendor's form, so that no SDK asks another host.
 */
import { z } from 'zod';
import { ok } from '../../../core/std/result.ts';
import { scriptAnswer } from '../kit/answers.ts';
import { readPacked } from '../kit/packed.ts';
import { jsonAnswer, type ReplyCall } from '../protocol.ts';
import { keyOfRoot, POSTHOG_BODY } from './body.ts';

const REMOTE_CONFIG = {
  supportedCompression: ['gzip', 'gzip-js'],
  hasFeatureFlags: false,
  featureFlags: {},
  siteApps: [],
  surveys: false,
  sessionRecording: false,
  heatmaps: false,
  capturePerformance: false,
  capture_dead_clicks: false,
  autocapture_opt_out: false,
  autocaptureExceptions: false,
  errorTracking: { autocaptureExceptions: false, suppressionRules: [] },
  analytics: { endpoint: '/i/v0/e/' },
  elementsChainAsString: true,
  defaultIdentifiedOnly: true,
  toolbarParams: {},
  isAuthenticated: false,
};

const NO_FLAGS = {
  flags: {},
  featureFlags: {},
  featureFlagPayloads: {},
  errorsWhileComputingFlags: false,
  requestId: 'none',
  quotaLimited: [],
};

const remoteSchema = z.looseObject({ supportedCompression: z.array(z.string()), siteApps: z.array(z.unknown()) });

const flags: ReplyCall = {
  methods: ['POST'],
  paths: ['/flags', '/flags/', '/decide', '/decide/'],
  summary: "PostHog's feature flags: none, and everything that calls other hosts switched off",
  body: POSTHOG_BODY,
  answerSchema: remoteSchema,
  needsKey: true,
  keyOf: () => null,
  reply(request) {
    const packed = readPacked(request);
    if (!packed.ok) return packed;
    const answer = jsonAnswer({ ...REMOTE_CONFIG, ...NO_FLAGS });
    return ok({ answer, key: keyOfRoot(packed.value.value) });
  },
};

const keyInPath = {
  methods: ['GET'],
  needsKey: true,
  keyOf: ({ params }) => params.key ?? null,
  keyIsInUrl: () => true,
} satisfies Partial<ReplyCall>;

const config: ReplyCall = {
  ...keyInPath,
  paths: ['/array/:key/config'],
  summary: "PostHog's remote configuration",
  answerSchema: remoteSchema,
  reply: () => ok({ answer: jsonAnswer(REMOTE_CONFIG) }),
};

const configScript: ReplyCall = {
  ...keyInPath,
  paths: ['/array/:key/config.js'],
  summary: "PostHog's remote configuration, as a script",
  answerSchema: 'application/javascript;charset=UTF-8',
  reply({ head }) {
    const key = JSON.stringify(head.params.key ?? '');
    const content = JSON.stringify({ config: REMOTE_CONFIG, siteApps: [] });
    const name = 'window._POSTHOG_REMOTE_CONFIG';
    return ok({ answer: scriptAnswer(`(function(){${name}=${name}||{};${name}[${key}]=${content};})();`) });
  },
};

const scripts: ReplyCall = {
  methods: ['GET'],
  paths: ['/static/*'],
  summary: "PostHog's further scripts, such as surveys: empty",
  answerSchema: 'application/javascript;charset=UTF-8',
  needsKey: false,
  reply: () => ok({ answer: scriptAnswer('') }),
};

/** A list that is always empty. */
function emptyList(path: string, name: string): ReplyCall {
  return {
    methods: ['GET'],
    paths: [path, `${path}/`],
    summary: `PostHog's ${name}: none`,
    answerSchema: z.object({ [name]: z.array(z.unknown()) }),
    needsKey: false,
    reply: () => ok({ answer: jsonAnswer({ [name]: [] }) }),
  };
}

export const remoteCalls: readonly ReplyCall[] = [
  flags,
  config,
  configScript,
  scripts,
  emptyList('/api/surveys', 'surveys'),
  emptyList('/api/early_access_features', 'earlyAccessFeatures'),
];
