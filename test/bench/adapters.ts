// Adapters: the CPU time of an event at the edge by protocol, from the bytes of its body to the record that a shard is sent,
// and its ratio to the native protocol's. Each body holds the same hundred page views, as the vendor's SDK writes them.

import { admit } from '../../src/edge/admit.ts';
import { amplitudeProtocol } from '../../src/edge/protocols/amplitude/amplitude.ts';
import { mixpanelProtocol } from '../../src/edge/protocols/mixpanel/mixpanel.ts';
import { nativeProtocol } from '../../src/edge/protocols/native.ts';
import { posthogProtocol } from '../../src/edge/protocols/posthog/posthog.ts';
import type { EventCall, Protocol } from '../../src/edge/protocols/protocol.ts';
import { segmentProtocol } from '../../src/edge/protocols/segment/segment.ts';
import { RequestHead } from '../../src/edge/request/head.ts';
import { StoredSize } from '../../src/edge/steps/stored-size.ts';
import type { Figure } from './report.ts';

const EVENTS = 100;
/** The most that an adapter may cost, in times of the native protocol. */
const RATIO_MAX = 3;
const NOW_MS = Date.UTC(2026, 2, 10, 12);
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

interface Sample {
  readonly name: string;
  readonly protocol: Protocol;
  readonly path: string;
  readonly body: object;
}

const SAMPLES: readonly Sample[] = [
  {
    name: 'native',
    protocol: nativeProtocol,
    path: '/v1/events',
    body: {
      batch: ids.map((id) => {
        const properties = { n: 1, section: 'tea' };
        return { id, type: 'page', anonymousId: DEVICE, timestamp: NOW, properties, context };
      }),
    },
  },
  { name: 'Segment', protocol: segmentProtocol, path: '/v1/batch', body: { batch: ids.map(segment) } },
  {
    name: 'RudderStack',
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
];

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

export async function benchAdapters(isQuick: boolean): Promise<Figure[]> {
  const rounds = isQuick ? 5 : 25;
  const runs = SAMPLES.map(runOf);
  for (const run of runs) for (let i = 0; i < 50; i++) run();
  // The rounds alternate, so that all protocols meet the same machine.
  const timesUs = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of runs.entries()) timesUs[i]?.push(measure(run));
  }
  const medians = timesUs.map((times) => times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number);
  const [nativeUs = 1] = medians;
  return SAMPLES.flatMap(({ name }, i): Figure[] => {
    const us = medians[i] as number;
    const cost = { name: `adapters, ${name}, an event`, value: us, unit: 'µs' };
    if (i === 0) return [cost];
    const ratio = {
      name: `adapters, ${name}, to native`,
      value: us / nativeUs,
      unit: '×',
      bound: { atMost: RATIO_MAX },
    };
    return [cost, ratio];
  });
}

const REPEATS = 20;

/** Microseconds of CPU of one event: those of the clock would count busy neighbours too. */
function measure(run: () => void): number {
  const before = process.cpuUsage();
  for (let i = 0; i < REPEATS; i++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (REPEATS * EVENTS);
}

/** Decodes the body of a sample and takes its events through the steps. */
function runOf({ protocol, path, body }: Sample): () => void {
  const call = protocol.calls.find((each): each is EventCall => 'decode' in each && each.paths.includes(path));
  if (call === undefined) throw new Error(`No call of ${protocol.source} takes ${path}`);
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const request = new Request(`https://events.example${path}`, { method: 'POST', body: '{}' });
  const head = new RequestHead(request);
  return () => {
    const batch = call.decode({ head, contentType: 'application/json', bytes });
    if (!batch.ok) throw new Error(batch.error.detail);
    const { events, rejected } = admit(batch.value, {
      arrival: { receivedAtMs: NOW_MS, sentAtMs: null },
      source: protocol.source,
      surroundings: { country: 'DE', region: null, city: null, userAgent: null },
      newId: () => 'made',
      size: new StoredSize(),
      keepsParsed: true,
    });
    if (events.length < EVENTS || rejected.length > 0) throw new Error(`${path}: ${JSON.stringify(rejected[0])}`);
  };
}
