// RudderStack's SDKs: @rudderstack/rudder-sdk-node, and @rudderstack/analytics-js in a browser.

import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, openSdkPage, type SdkPage } from './support/page.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('@rudderstack/rudder-sdk-node', () => {
  const sdk = (key = world.keys.server, gzip = true) => {
    const errors: unknown[] = [];
    const analytics = new RudderAnalytics(key, {
      dataPlaneUrl: world.url,
      flushAt: 20,
      flushInterval: 50,
      gzip,
      logLevel: 'none',
      errorHandler: (error) => errors.push(error),
    });
    return { analytics, errors };
  };

  it.each([true, false])('has every event counted as it was meant, gzip: %s', async (gzip) => {
    const { analytics, errors } = sdk(world.keys.server, gzip);
    const originalTimestamp = new Date(Date.now() - 3_600_000);
    const page = { url: 'https://shop.example/a?utm_source=ad', path: '/a', title: 'A' };
    analytics.page({ anonymousId: 'a', name: 'Home', properties: page });
    analytics.identify({ anonymousId: 'a', userId: 'u', traits: { plan: 'pro' } });
    analytics.group({ userId: 'u', groupId: 'acme', traits: { industry: 'tea' } });
    analytics.track({
      userId: 'u',
      event: 'Bought',
      properties: { revenue: 12.5 },
      context: { sessionId: 17, campaign: { source: 'mail' } },
      // Its types do not know this parameter, which its documentation names.
      ...{ originalTimestamp },
    });
    analytics.alias({ userId: 'u2', previousId: 'u' });
    analytics.screen({ userId: 'u', name: 'Start' });
    await analytics.flush();
    const events = await world.eventsOf(6);
    expect(errors).toEqual([]);
    const find = (type: string) => events.find((event) => event.type === type)!;
    expect(find('page')).toMatchObject({
      event: 'page',
      anonymousId: 'a',
      columns: { path: '/a', title: 'A', utm_source: 'ad', source: 'rudderstack' },
    });
    expect(find('track')).toMatchObject({
      event: 'Bought',
      userId: 'u',
      timestamp: originalTimestamp.toISOString(),
      properties: { revenue: 12.5 },
      columns: { session_id: '17', utm_source: 'mail' },
    });
    expect(find('group')).toMatchObject({ columns: { group_id: 'acme' }, properties: { industry: 'tea' } });
    expect([await world.total('users'), await world.total('groups')]).toEqual([1, 1]);
    expect(await world.traits('a')).toEqual({ plan: 'pro' });
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(/^\/v1\/batch/, { status }, { status, passesOn: true });
    const { analytics, errors } = sdk();
    analytics.track({ userId: 'u', event: 'Bought' });
    await world.seen(/^\/v1\/batch/, 3);
    await world.eventsOf(1);
    expect(errors).toEqual([]);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of the key, and of its events', async () => {
    const outcome = (analytics: RudderAnalytics, event: string) =>
      new Promise((resolve) => {
        analytics.track({ userId: 'u', event }, (error?: unknown) => resolve(error));
        void analytics.flush().catch(() => {});
      });
    expect(await outcome(sdk('nobody').analytics, 'Bought')).toBeInstanceOf(Error);
    expect(await outcome(sdk().analytics, 'x'.repeat(300))).toBeInstanceOf(Error);
    expect(world.gate.seen.at(-1)?.answer).toContain('name-too-long');
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});

describe('@rudderstack/analytics-js', () => {
  let sdk: SdkPage;
  afterEach(() => sdk?.close());
  afterAll(closeBrowser);

  async function open(writeKey = world.keys.browser): Promise<void> {
    sdk = await openSdkPage(`
      import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';
      const url = ${JSON.stringify(world.url)};
      const analytics = window.analytics = new RudderAnalytics();
      analytics.load(${JSON.stringify(writeKey)}, url, { configUrl: url, logLevel: 'ERROR' });
    `);
  }

  it('has every event counted as it was meant', async () => {
    await open();
    await sdk.page.evaluate(`
      analytics.page('Home', { section: 'tea' });
      analytics.track('Viewed', { n: 1 });
      analytics.identify('u', { plan: 'pro' });
      analytics.group('acme', { industry: 'tea' });
      analytics.track('Bought', { revenue: 12.5 });
      analytics.alias('u2', 'u');
    `);
    const events = await world.eventsOf(6);
    expect(sdk.complaints).toEqual([]);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    const { anonymousId } = find('page');
    expect(find('page')).toMatchObject({
      properties: { name: 'Home', section: 'tea' },
      columns: {
        path: '/shop',
        title: 'Shop',
        utm_source: 'news',
        utm_campaign: 'may',
        browser: 'Chrome',
        source: 'rudderstack',
      },
    });
    expect(find('page').columns.session_id).toMatch(/^\d{13}$/);
    expect(find('Viewed')).toMatchObject({ anonymousId, properties: { n: 1 }, columns: { path: '/shop' } });
    expect(find('identify')).toMatchObject({ anonymousId, userId: 'u', properties: { plan: 'pro' } });
    expect(find('group').columns.group_id).toBe('acme');
    expect(find('Bought')).toMatchObject({ userId: 'u', properties: { revenue: 12.5 } });
    expect(find('alias')).toMatchObject({ userId: 'u2', properties: { previousId: 'u' } });
    // The alias of a public key links no two ids of people.
    expect(await world.total('users')).toBe(2);
    expect(await world.traits(anonymousId!)).toEqual({ plan: 'pro' });
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(/^\/v1\/track$/, { status }, { status, passesOn: true });
    await open();
    await sdk.page.evaluate(`analytics.track('Bought', { revenue: 3 })`);
    await world.seen(/^\/v1\/track$/, 3);
    await world.eventsOf(1);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of a server key, and of an event', async () => {
    await open(world.keys.server);
    await expect.poll(() => sdk.complaints.join(' ')).toContain('403');
    await sdk.close();
    await open();
    await sdk.page.evaluate(`analytics.track('x'.repeat(300))`);
    await expect.poll(() => sdk.complaints.join(' ')).toContain('400');
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});
