// Segment's SDKs: @segment/analytics-node, and @segment/analytics-next in a browser.

import { Analytics } from '@segment/analytics-node';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, openSdkPage, type SdkPage } from './support/page.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('@segment/analytics-node', () => {
  const sdk = (writeKey = world.keys.server) => {
    const analytics = new Analytics({ writeKey, host: world.url, flushAt: 20, flushInterval: 50, maxRetries: 4 });
    const errors: unknown[] = [];
    analytics.on('error', (error) => errors.push(error));
    return { analytics, errors };
  };

  it('has every event counted as it was meant', async () => {
    const { analytics, errors } = sdk();
    const timestamp = new Date(Date.now() - 3_600_000);
    const properties = { url: 'https://shop.example/a?utm_source=ad&utm_campaign=may', path: '/a', title: 'A' };
    analytics.page({ anonymousId: 'a', name: 'Home', properties });
    analytics.identify({ anonymousId: 'a', userId: 'u', traits: { plan: 'pro' } });
    analytics.group({ userId: 'u', groupId: 'acme', traits: { industry: 'tea' } });
    analytics.track({
      userId: 'u',
      event: 'Bought',
      properties: { revenue: 12.5, currency: 'EUR' },
      context: { groupId: 'acme', campaign: { source: 'mail', medium: 'email', name: 'june' } },
      timestamp,
    });
    analytics.alias({ userId: 'u2', previousId: 'u' });
    analytics.screen({ userId: 'u', name: 'Start' });
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    const events = await world.eventsOf(6);
    const find = (type: string) => events.find((event) => event.type === type)!;
    expect(find('page')).toMatchObject({
      event: 'page',
      anonymousId: 'a',
      columns: { path: '/a', title: 'A', utm_source: 'ad', utm_campaign: 'may', source: 'segment' },
    });
    expect(find('track')).toMatchObject({
      event: 'Bought',
      userId: 'u',
      timestamp: timestamp.toISOString(),
      properties: { revenue: 12.5, currency: 'EUR' },
      columns: { group_id: 'acme', utm_source: 'mail', utm_campaign: 'june' },
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
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    await world.eventsOf(1);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of the key, and of its events', async () => {
    const wrong = sdk('nobody');
    wrong.analytics.track({ userId: 'u', event: 'Bought' });
    await wrong.analytics.closeAndFlush();
    expect(wrong.errors).toHaveLength(1);
    const { analytics, errors } = sdk();
    analytics.track({ userId: 'u', event: 'x'.repeat(300) });
    await analytics.closeAndFlush();
    expect(errors).toMatchObject([{ code: 'delivery_failure' }]);
    expect(world.gate.seen.at(-1)?.answer).toContain('name-too-long');
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});

describe('@segment/analytics-next', () => {
  let sdk: SdkPage;
  afterEach(() => sdk?.close());
  afterAll(closeBrowser);

  /** Opens a page that loads the SDK with the world's host alone. */
  async function open(writeKey = world.keys.browser, integrations = '{}'): Promise<void> {
    sdk = await openSdkPage(`
      import { AnalyticsBrowser } from '@segment/analytics-next';
      const errors = window.errors = [];
      const analytics = window.analytics = AnalyticsBrowser.load(
        { writeKey: ${JSON.stringify(writeKey)}, cdnURL: ${JSON.stringify(world.url)} },
        { integrations: ${integrations} },
      );
      analytics.catch((error) => errors.push(String(error)));
      analytics.on('error', ({ code, reason }) => errors.push(code + ' ' + reason));
    `);
  }
  const run = <T>(code: string) => sdk.page.evaluate<T>(code);

  it.each([
    ['each event by itself', '{}'],
    [
      'in batches',
      `{ 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 3, timeout: 500 } } } }`,
    ],
  ])('has every event counted as it was meant, %s', async (_how, integrations) => {
    await open(world.keys.browser, integrations);
    await run(`(async () => {
      await analytics.page('Home', { section: 'tea' });
      await analytics.track('Viewed', { n: 1 });
      await analytics.alias('u');
      await analytics.identify('u', { plan: 'pro' });
      await analytics.group('acme', { industry: 'tea' });
      await analytics.track('Bought', { revenue: 12.5 });
    })()`);
    const events = await world.eventsOf(6);
    expect(sdk.complaints).toEqual([]);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    expect(find('page')).toMatchObject({
      properties: { name: 'Home', section: 'tea' },
      columns: {
        path: '/shop',
        title: 'Shop',
        utm_source: 'news',
        utm_campaign: 'may',
        browser: 'Chrome',
        device: 'desktop',
      },
    });
    const { anonymousId } = find('page');
    expect(find('Viewed')).toMatchObject({
      anonymousId,
      properties: { n: 1 },
      columns: { path: '/shop', source: 'segment' },
    });
    expect(find('identify')).toMatchObject({ anonymousId, userId: 'u', properties: { plan: 'pro' } });
    expect(find('group').columns.group_id).toBe('acme');
    expect(find('Bought')).toMatchObject({ userId: 'u', properties: { revenue: 12.5 } });
    expect(find('alias')).toMatchObject({ userId: 'u', properties: { previousId: anonymousId } });
    expect(await world.total('users')).toBe(1);
    expect(await world.traits(anonymousId!)).toEqual({ plan: 'pro' });
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(/^\/v1\/t$/, { status }, { status, passesOn: true });
    await open();
    await run(`analytics.track('Bought', { revenue: 3 })`);
    await world.seen(/^\/v1\/t$/, 3);
    await world.eventsOf(1);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of the key, of a server key, and of an event', async () => {
    await open('nobody');
    await expect.poll(() => run<string[]>('errors')).toHaveLength(1);
    await sdk.close();
    await open(world.keys.server);
    await expect.poll(() => run<string[]>('errors')).toHaveLength(1);
    await sdk.close();
    await open();
    await run(`analytics.track('x'.repeat(300))`);
    await expect.poll(() => run<string[]>('errors')).toEqual([expect.stringContaining('delivery_failure')]);
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});
