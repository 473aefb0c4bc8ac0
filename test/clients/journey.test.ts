// One journey, told by each SDK in its own words: the same people, funnel, retention and sessions come out.

import { createInstance, Identify, Types } from '@amplitude/analytics-node';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { Analytics } from '@segment/analytics-node';
import { buildPageView, buildSelfDescribingEvent, newTracker } from '@snowplow/node-tracker';
import { CloudEvent, emitterFor, httpTransport } from 'cloudevents';
import MatomoTracker from 'matomo-tracker';
import Mixpanel from 'mixpanel';
import { PostHog } from 'posthog-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './support/world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Midnight, UTC, three days ago: all of the journey is over. */
const MONDAY_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - 3 * DAY_MS;

interface Step {
  readonly what: 'page' | 'identify' | 'Viewed' | 'Added' | 'Bought';
  readonly atMs: number;
  /** The device, by the 16 hexadecimal digits that Matomo wants. */
  readonly device: string;
  /** Absent until the person has logged in on the device. */
  readonly user?: string;
}

const PHONE_OF_ANN = 'a000000000000001';
const LAPTOP_OF_ANN = 'a000000000000002';
const PHONE_OF_BOB = 'b000000000000001';
const PHONE_OF_CAT = 'c000000000000001';

function visit(startMs: number, device: string, user: string | undefined, whats: readonly Step['what'][]): Step[] {
  const isLoggedIn = (index: number) => user !== undefined && whats.lastIndexOf('identify', index) >= 0;
  return whats.map((what, index) => ({
    what,
    atMs: startMs + index * MINUTE_MS,
    device,
    ...(isLoggedIn(index) && { user: user as string }),
  }));
}

const at = (day: number, hour: number) => MONDAY_MS + day * DAY_MS + hour * 60 * MINUTE_MS;
const JOURNEY: readonly Step[] = [
  ...visit(at(0, 9), PHONE_OF_ANN, 'ann', ['page', 'Viewed', 'identify', 'Added', 'Bought']),
  ...visit(at(0, 11), PHONE_OF_BOB, undefined, ['page', 'Viewed', 'Added']),
  ...visit(at(0, 12), PHONE_OF_CAT, 'cat', ['identify', 'page', 'Viewed']),
  ...visit(at(1, 10), LAPTOP_OF_ANN, 'ann', ['page', 'identify', 'Viewed', 'Bought']),
  ...visit(at(1, 10), PHONE_OF_CAT, 'cat', ['identify', 'Viewed']),
  ...visit(at(1, 13), PHONE_OF_CAT, 'cat', ['identify', 'Viewed', 'Added']),
];

/** What happened, counted by hand. Who somebody is, is no activity, so each SDK may tell it in its own way. */
const TRUTH = {
  people: 3,
  events: { page: 4, Viewed: 6, Added: 3, Bought: 2 },
  funnel: [3, 3, 1],
  // All three came on Monday; ann and cat came back on Tuesday.
  retention: { size: 3, retained: 2 },
  sessions: 6,
  pages: 4,
};

const PAGE = { url: 'https://shop.example/tea', path: '/tea', title: 'Tea' };

/** Sends the journey; resolves when the SDK has sent all of it. */
type Teller = (world: World) => Promise<void>;

const authorization = ({ keys }: World) => ({ authorization: `Bearer ${keys.server}` });
const whoOf = ({ device, user }: Step) => ({ anonymousId: device, ...(user !== undefined && { userId: user }) });

const native: Teller = async (world) => {
  const batch = JOURNEY.map((step, index) => ({
    id: `n-${index}`,
    ...(step.what === 'page'
      ? { type: 'page', properties: PAGE }
      : step.what === 'identify'
        ? { type: 'identify' }
        : { type: 'track', event: step.what }),
    ...whoOf(step),
    timestamp: new Date(step.atMs).toISOString(),
  }));
  const headers = { 'content-type': 'application/json', ...authorization(world) };
  const response = await fetch(`${world.url}/v1/events`, { method: 'POST', headers, body: JSON.stringify({ batch }) });
  expect(response.status).toBe(200);
};

const segment: Teller = async (world) => {
  const analytics = new Analytics({ writeKey: world.keys.server, host: world.url, flushAt: 5 });
  for (const step of JOURNEY) {
    const common = { ...whoOf(step), timestamp: new Date(step.atMs) } as { anonymousId: string; timestamp: Date };
    if (step.what === 'page') analytics.page({ ...common, properties: PAGE });
    else if (step.what === 'identify') analytics.identify({ ...common, userId: step.user as string });
    else analytics.track({ ...common, event: step.what });
  }
  await analytics.closeAndFlush();
};

const rudderstack: Teller = async (world) => {
  const analytics = new RudderAnalytics(world.keys.server, { dataPlaneUrl: world.url, flushAt: 100, logLevel: 'none' });
  for (const step of JOURNEY) {
    const common = { ...whoOf(step), originalTimestamp: new Date(step.atMs) } as { anonymousId: string };
    if (step.what === 'page') analytics.page({ ...common, name: 'Tea', properties: PAGE });
    else if (step.what === 'identify') analytics.identify({ ...common, userId: step.user as string });
    else analytics.track({ ...common, event: step.what });
  }
  await analytics.flush();
};

const posthog: Teller = async (world) => {
  const client = new PostHog(world.keys.server, { host: world.url, flushAt: 100 });
  for (const { what, atMs, device, user } of JOURNEY) {
    const common = { distinctId: user ?? device, timestamp: new Date(atMs) };
    if (what === 'identify') client.alias({ distinctId: user as string, alias: device });
    else if (what !== 'page') client.capture({ ...common, event: what });
    else client.capture({ ...common, event: '$pageview', properties: { $current_url: PAGE.url, title: PAGE.title } });
  }
  await client.shutdown();
};

const mixpanel: Teller = async (world) => {
  const client = Mixpanel.init(world.keys.server, { host: world.url.replace('http://', ''), protocol: 'http' });
  const events = JOURNEY.map(({ what, atMs, device, user }, index) => ({
    event: what === 'page' ? '$mp_web_page_view' : what === 'identify' ? '$identify' : what,
    properties: {
      $insert_id: `m-${index}`,
      time: new Date(atMs),
      $device_id: device,
      ...(user === undefined ? { distinct_id: `$device:${device}` } : { $user_id: user, distinct_id: user }),
      ...(what === 'page' && { $current_url: PAGE.url, current_page_title: PAGE.title }),
      ...(what === 'identify' && { $identified_id: user, $anon_id: device }),
    },
  }));
  const errors = await new Promise<unknown>((resolve) => client.track_batch(events, (found) => resolve(found)));
  expect(errors ?? null).toBeNull();
};

const amplitude: Teller = async (world) => {
  const client = createInstance();
  const options = { serverUrl: `${world.url}/2/httpapi`, logLevel: Types.LogLevel.None };
  await client.init(world.keys.server, options).promise;
  for (const { what, atMs, device, user } of JOURNEY) {
    const common = { device_id: device, time: atMs, ...(user !== undefined && { user_id: user }) };
    const page = { '[Amplitude] Page Location': PAGE.url, '[Amplitude] Page Title': PAGE.title };
    if (what === 'page') client.track('[Amplitude] Page Viewed', page, common);
    else if (what === 'identify') client.identify(new Identify().set('seen', true), common);
    else client.track(what, {}, common);
  }
  await client.flush().promise;
};

const snowplow: Teller = async (world) => {
  const headers = authorization(world);
  for (const { what, atMs, device, user } of JOURNEY) {
    // It has no event for a login: the next event tells both ids.
    if (what === 'identify') continue;
    const tracker = newTracker({ namespace: 'n', appId: 'shop', encodeBase64: true }, {
      endpoint: world.url,
      bufferSize: 1,
      customHeaders: headers,
    } as Parameters<typeof newTracker>[1]);
    tracker.setDomainUserId(device);
    if (user !== undefined) tracker.setUserId(user);
    const data = what === 'page' ? null : { schema: `iglu:com.acme/${what}/jsonschema/1-0-0`, data: {} };
    const payload = data
      ? buildSelfDescribingEvent({ event: data })
      : buildPageView({ pageUrl: PAGE.url, pageTitle: PAGE.title });
    tracker.track(payload, [], { type: 'ttm', value: atMs });
    tracker.flush();
  }
};

const cloudevents: Teller = async (world) => {
  const emit = emitterFor(httpTransport(`${world.url}/v1/cloudevents`));
  for (const [index, { what, atMs, device, user }] of JOURNEY.entries()) {
    const event = new CloudEvent({
      id: String(index),
      source: '/shop',
      type: what,
      time: new Date(atMs).toISOString(),
      anonymousid: device,
      ...(user !== undefined && { userid: user }),
      ...((what === 'page' || what === 'identify') && { tmtype: what }),
      data: what === 'page' ? PAGE : {},
    });
    await emit(event, { headers: authorization(world) });
  }
};

const opentelemetry: Teller = async (world) => {
  const exporter = new OTLPLogExporter({ url: `${world.url}/v1/logs`, headers: authorization(world) });
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter } as never)] });
  for (const { what, atMs, device, user } of JOURNEY) {
    provider.getLogger('shop').emit({
      eventName: what,
      timestamp: new Date(atMs),
      attributes: {
        'app.installation.id': device,
        ...(user !== undefined && { 'user.id': user }),
        ...(what === 'page' && { 'url.full': PAGE.url }),
        ...((what === 'page' || what === 'identify') && { 'tidemark.type': what }),
      },
    });
  }
  await provider.forceFlush();
  await provider.shutdown();
};

const matomo: Teller = async (world) => {
  const tracker = new MatomoTracker(1, `${world.url}/k/${world.keys.browser}/matomo.php`);
  const calls = JOURNEY.filter(({ what }) => what !== 'identify').map(({ what, atMs, device, user }) => ({
    url: PAGE.url,
    _id: device,
    cdt: String(Math.floor(atMs / 1_000)),
    ...(user !== undefined && { uid: user }),
    ...(what === 'page' ? { action_name: PAGE.title } : { e_c: 'shop', e_a: what }),
  }));
  const answer = await new Promise<string>((resolve) => tracker.trackBulk(calls, resolve));
  expect(JSON.parse(answer)).toMatchObject({ status: 'success', tracked: calls.length });
};

/** As the pages of the Measurement Protocol show it: a request a client, with the time of each event. */
const ga4: Teller = async (world) => {
  for (const { what, atMs, device, user } of JOURNEY) {
    const name = what === 'page' ? 'page_view' : what === 'identify' ? 'login' : what;
    const body = {
      client_id: device,
      timestamp_micros: String(atMs * 1_000),
      ...(user !== undefined && { user_id: user }),
      events: [{ name, params: what === 'page' ? { page_location: PAGE.url, page_title: PAGE.title } : {} }],
    };
    const url = `${world.url}/mp/collect?measurement_id=G-1&api_secret=${world.keys.browser}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    expect(response.ok).toBe(true);
  }
};

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('one journey', () => {
  it.each([
    ['our own protocol', native],
    ['@segment/analytics-node', segment],
    ['@rudderstack/rudder-sdk-node', rudderstack],
    ['posthog-node', posthog],
    ['mixpanel', mixpanel],
    ['@amplitude/analytics-node', amplitude],
    ['@snowplow/node-tracker', snowplow],
    ['cloudevents', cloudevents],
    ['an OpenTelemetry exporter', opentelemetry],
    ['matomo-tracker', matomo],
    ['the Measurement Protocol of GA4', ga4],
  ])('is the same when %s tells it', async (_name, tell) => {
    await tell(world);
    await expect.poll(() => countsOf(world), { timeout: 20_000, interval: 200 }).toEqual(TRUTH.events);
    expect(await answersOf(world)).toEqual(TRUTH);
  });
});

const RANGE = { from: new Date(MONDAY_MS).toISOString(), to: new Date(MONDAY_MS + 3 * DAY_MS).toISOString() };
const NAMES = ['page', 'Viewed', 'Added', 'Bought'];

async function countsOf(of: World): Promise<Record<string, number>> {
  const body = { measure: 'count', groupBy: ['event'], ...RANGE, events: NAMES, allowUnknown: true };
  const { series } = await of.ask<{ series: { key: { event: string }; total: number }[] }>('/v1/query', body);
  return Object.fromEntries(series.map(({ key, total }) => [key.event, total]));
}

async function answersOf(of: World): Promise<typeof TRUTH> {
  const activity = { events: NAMES };
  const users = await of.ask<{ series: { total: number }[] }>('/v1/query', { measure: 'users', ...RANGE, ...activity });
  const funnel = await of.ask<{ steps: { people: number }[] }>('/v1/query/funnel', {
    ...RANGE,
    windowSeconds: 86_400,
    steps: ['Viewed', 'Added', 'Bought'].map((event) => ({ event })),
  });
  const retention = await of.ask<{ cohorts: { size: number; retained: number[] }[] }>('/v1/query/retention', {
    ...RANGE,
    start: activity,
    return: activity,
    interval: 'day',
    intervals: 1,
  });
  const sessions = await of.ask<{ sessions: number }>('/v1/query/sessions', { ...RANGE, gapSeconds: 1_800 });
  const views = await of.ask<{ series: { key: { path: string }; total: number }[] }>('/v1/query', {
    measure: 'count',
    groupBy: ['path'],
    where: { property: 'path', op: 'eq', value: PAGE.path },
    events: ['page'],
    ...RANGE,
  });
  return {
    people: users.series[0]!.total,
    events: (await countsOf(of)) as typeof TRUTH.events,
    funnel: funnel.steps.map(({ people }) => people),
    retention: { size: retention.cohorts[0]!.size, retained: retention.cohorts[0]!.retained[1]! },
    sessions: sessions.sessions,
    pages: views.series[0]!.total,
  };
}
