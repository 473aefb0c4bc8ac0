/** Formats: the names that `--from` takes. Each is loaded when it is asked for. */
import type { HistoryFormats } from '../inputs.ts';
import type { HistoryFormat } from './history.ts';

const FORMATS: Readonly<Record<string, () => Promise<HistoryFormat>>> = {
  segment: async () => (await import('./segment.ts')).segment,
  rudderstack: async () => (await import('./segment.ts')).segment,
  mixpanel: async () => (await import('./mixpanel.ts')).mixpanel,
  amplitude: async () => (await import('./amplitude.ts')).amplitude,
  posthog: async () => (await import('./posthog.ts')).posthog,
  snowplow: async () => (await import('./snowplow.ts')).snowplow,
  ga4: async () => (await import('./ga4.ts')).ga4,
  matomo: async () => (await import('./matomo.ts')).matomo,
  umami: async () => (await import('./umami.ts')).umami,
  plausible: async () => (await import('./plausible.ts')).plausible,
  apache: async () => (await import('./access-log.ts')).accessLog,
  nginx: async () => (await import('./access-log.ts')).accessLog,
  cloudfront: async () => (await import('./cloudfront.ts')).cloudfront,
  iis: async () => (await import('./iis.ts')).iis,
};

export const HISTORY_FORMATS: HistoryFormats = {
  names: Object.keys(FORMATS),
  find: async (name) => (Object.hasOwn(FORMATS, name) ? FORMATS[name]!() : null),
};
