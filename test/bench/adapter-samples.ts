// Adapter samples: the same hundred page views in each vendor's words, as its SDK writes them; one page view where a vendor's
// request has one event.

import { amplitudeProtocol } from '../../src/edge/protocols/amplitude/amplitude.ts';
import { cloudEventsProtocol } from '../../src/edge/protocols/cloudevents/cloudevents.ts';
import { ga4Protocol } from '../../src/edge/protocols/ga4/ga4.ts';
import { matomoProtocol } from '../../src/edge/protocols/matomo/matomo.ts';
import { mixpanelProtocol } from '../../src/edge/protocols/mixpanel/mixpanel.ts';
import { nativeProtocol } from '../../src/edge/protocols/native.ts';
import { otlpProtocol } from '../../src/edge/protocols/otlp/otlp.ts';
import { plausibleProtocol } from '../../src/edge/protocols/plausible/plausible.ts';
import { posthogProtocol } from '../../src/edge/protocols/posthog/posthog.ts';
import type { Protocol } from '../../src/edge/protocols/protocol.ts';
import { segmentProtocol } from '../../src/edge/protocols/segment/segment.ts';
import { snowplowProtocol } from '../../src/edge/protocols/snowplow/snowplow.ts';
import { umamiProtocol } from '../../src/edge/protocols/umami/umami.ts';
import { zigpollProtocol } from '../../src/edge/protocols/zigpoll/zigpoll.ts';

const EVENTS = 100;
export const NOW_MS = Date.UTC(2026, 2, 10, 12);
const NOW = new Date(NOW_MS).toISOString();

const URL = 'https://shop.example/tea?utm_source=news&utm_campaign=may';
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const DEVICE = '2bdac57a-1141-48d7-a5e3-a059a4f964be';
const ids = Array.from({ length: EVENTS }, (_, i) => `01a2245f-4954-7584-bade-${String(i).padStart(12, '0')}`);

const context = {
  page: { url: URL, path: '/tea', title: 'Tea', referrer: 'https://news.example/', search: '?utm_source=news' },
  userAgent: USER_AGENT,
  locale: 'en-US',
  timezone: 'UTC',
  sessionId: '1795906581144',
  library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
};
const segment = (id: string) => ({
  timestamp: NOW,
  integrations: {},
  type: 'page',
  properties: { n: 1, section: 'tea' },
  context,
  messageId: id,
  anonymousId: DEVICE,
});

const plausible = {
  n: 'pageview',
  u: URL,
  d: 'shop.example',
  r: 'https://news.example/',
  p: { n: '1', section: 'tea' },
};

export interface Sample {
  readonly name: string;
  readonly protocol: Protocol;
  readonly path: string;
  readonly body: object;
  /** The events of the body. Default: a hundred. */
  readonly events?: number;
  /** Default: JSON. */
  readonly contentType?: string;
}

export const SAMPLES: readonly Sample[] = [
  { name: 'native', protocol: nativeProtocol, path: '/v1/events', body: { batch: ids.map(native) } },
  { name: 'native, one event', protocol: nativeProtocol, path: '/v1/events', body: native(ids[0]!), events: 1 },
  { name: 'Segment', protocol: segmentProtocol, path: '/v1/batch', body: { batch: ids.map(segment) } },
  {
    name: 'RudderStack',
    // The calls that both have are Segment's.
    protocol: segmentProtocol,
    path: '/v1/batch',
    body: {
      batch: ids.map((id) => {
        const { timestamp: originalTimestamp, ...event } = segment(id);
        return { ...event, originalTimestamp, channel: 'web', context: { ...context, traits: { plan: 'pro' } } };
      }),
    },
  },
  {
    name: 'PostHog',
    protocol: posthogProtocol,
    path: '/e/',
    body: { api_key: 'k', batch: ids.map(posthog) },
  },
  { name: 'Mixpanel', protocol: mixpanelProtocol, path: '/track', body: ids.map(mixpanel) },
  {
    name: 'Amplitude',
    protocol: amplitudeProtocol,
    path: '/2/httpapi',
    body: { api_key: 'k', events: ids.map(amplitude), client_upload_time: NOW },
  },
  {
    name: 'Snowplow',
    protocol: snowplowProtocol,
    path: '/com.snowplowanalytics.snowplow/tp2',
    body: {
      schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
      data: ids.map(snowplow),
    },
  },
  {
    name: 'CloudEvents',
    protocol: cloudEventsProtocol,
    path: '/v1/cloudevents',
    contentType: 'application/cloudevents-batch+json',
    body: ids.map(cloudEvent),
  },
  {
    name: 'OTLP',
    protocol: otlpProtocol,
    path: '/v1/logs',
    body: {
      resourceLogs: [{ resource: {}, scopeLogs: [{ scope: { name: 'shop' }, logRecords: ids.map(logRecord) }] }],
    },
  },
  {
    name: 'GA4',
    protocol: ga4Protocol,
    path: '/mp/collect',
    events: 25,
    body: { client_id: '1.2', timestamp_micros: String(NOW_MS * 1_000), events: ids.slice(0, 25).map(ga4) },
  },
  { name: 'Matomo', protocol: matomoProtocol, path: '/matomo.php', body: { requests: ids.map(matomo) } },
  { name: 'Plausible', protocol: plausibleProtocol, path: '/api/event', body: plausible, events: 1 },
  { name: 'Umami', protocol: umamiProtocol, path: '/api/batch', body: ids.map(umami) },
  { name: 'Zigpoll', protocol: zigpollProtocol, path: '/v1/zigpoll', body: { batch: ids.map(survey) } },
];

function native(id: string) {
  const properties = { n: 1, section: 'tea' };
  return { id, type: 'page', anonymousId: DEVICE, timestamp: NOW, properties, context };
}

function posthog(uuid: string) {
  return {
    uuid,
    event: '$pageview',
    properties: {
      $os: 'Linux',
      $browser: 'Chrome',
      $device_type: 'Desktop',
      $timezone: 'UTC',
      $current_url: URL,
      $host: 'shop.example',
      $pathname: '/tea',
      $raw_user_agent: USER_AGENT,
      $browser_language: 'en-US',
      $screen_height: 720,
      $screen_width: 1280,
      $lib: 'web',
      $lib_version: '1.449.2',
      $insert_id: '84r1zovne7fd524v',
      $time: NOW_MS / 1_000,
      distinct_id: DEVICE,
      $device_id: DEVICE,
      $referrer: 'https://news.example/',
      title: 'Tea',
      token: 'k',
      $session_id: '01a2245f-491c-704c-ad3b-9b025ade6957',
      n: 1,
      section: 'tea',
    },
  };
}

function mixpanel(id: string) {
  return {
    event: '$mp_web_page_view',
    properties: {
      $os: 'Linux',
      $browser: 'Chrome',
      $current_url: URL,
      $screen_height: 720,
      $screen_width: 1280,
      mp_lib: 'web',
      $lib_version: '2.83.0',
      $insert_id: id,
      time: NOW_MS / 1_000,
      distinct_id: `$device:${DEVICE}`,
      $device_id: DEVICE,
      $referrer: 'https://news.example/',
      current_page_title: 'Tea',
      current_url_path: '/tea',
      token: 'k',
      n: 1,
      section: 'tea',
    },
  };
}

function amplitude(insert_id: string) {
  return {
    device_id: DEVICE,
    user_id: 'u',
    session_id: 1795906581144,
    time: NOW_MS,
    platform: 'Web',
    language: 'en-US',
    ip: '$remote',
    insert_id,
    event_type: '[Amplitude] Page Viewed',
    event_properties: {
      '[Amplitude] Page Location': URL,
      '[Amplitude] Page Path': '/tea',
      '[Amplitude] Page Title': 'Tea',
      referrer: 'https://news.example/',
      n: 1,
      section: 'tea',
    },
    library: 'amplitude-ts/2.48.1',
    user_agent: USER_AGENT,
  };
}

function snowplow(eid: string) {
  return {
    e: 'pv',
    eid,
    url: URL,
    page: 'Tea',
    refr: 'https://news.example/',
    tv: 'js-4.10.1',
    tna: 'sp',
    aid: 'shop',
    p: 'web',
    lang: 'en-US',
    res: '1280x720',
    tz: 'UTC',
    ua: USER_AGENT,
    dtm: String(NOW_MS - 1_000),
    stm: String(NOW_MS),
    sid: '00767f23-b432-4314-8101-b5d4547a2945',
    duid: DEVICE,
    co: JSON.stringify({
      schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
      data: [{ schema: 'iglu:com.example/section/jsonschema/1-0-0', data: { n: 1, section: 'tea' } }],
    }),
  };
}

function cloudEvent(id: string) {
  const page = { url: URL, path: '/tea', title: 'Tea', referrer: 'https://news.example/', n: 1, section: 'tea' };
  return {
    specversion: '1.0',
    id,
    source: '/shop',
    type: 'page',
    time: NOW,
    tmtype: 'page',
    anonymousid: DEVICE,
    data: page,
  };
}

function logRecord(id: string) {
  const texts = {
    'log.record.uid': id,
    'tidemark.type': 'page',
    'app.installation.id': DEVICE,
    'session.id': '1795906581144',
    'url.full': URL,
    'page.title': 'Tea',
    'http.request.header.referer': 'https://news.example/',
    'user_agent.original': USER_AGENT,
    'browser.language': 'en-US',
    section: 'tea',
  };
  const attributes = Object.entries(texts).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  return {
    eventName: 'page',
    timeUnixNano: `${NOW_MS}000000`,
    attributes: [...attributes, { key: 'n', value: { intValue: '1' } }],
  };
}

function ga4() {
  const page = { page_location: URL, page_title: 'Tea', page_referrer: 'https://news.example/' };
  return {
    name: 'page_view',
    params: { ...page, session_id: '1795906581', engagement_time_msec: 5, n: 1, section: 'tea' },
  };
}

function matomo(rand: string) {
  const page = { url: URL, urlref: 'https://news.example/', action_name: 'Tea', ua: USER_AGENT, lang: 'en-US' };
  const call = {
    idsite: '1',
    rec: '1',
    ...page,
    _id: '0123456789abcdef',
    pv_id: 'p',
    rand,
    dimension1: 'tea',
    res: '1280x720',
  };
  return `?${new URLSearchParams(call)}`;
}

function umami() {
  return {
    type: 'event',
    payload: {
      website: 'w',
      hostname: 'shop.example',
      url: '/tea?utm_source=news&utm_campaign=may',
      title: 'Tea',
      referrer: 'https://news.example/',
      language: 'en-US',
      screen: '1280x720',
      data: { n: 1, section: 'tea' },
    },
  };
}

function survey(messageId: string) {
  const properties = { poll_id: 'p', participant_id: 'u', n: 1, section: 'tea' };
  return { type: 'track', event: 'Survey Completed', messageId, userId: 'u', timestamp: NOW, properties, context };
}
