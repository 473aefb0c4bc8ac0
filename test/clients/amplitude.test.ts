// Amplitude's SDKs: @amplitude/analytics-node, and @amplitude/analytics-browser.

import { createInstance, Identify, Revenue, Types } from '@amplitude/analytics-node';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, openSdkPage, type SdkPage } from './support/page.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('@amplitude/analytics-node', () => {
  const sdk = async (key = world.keys.server, path = '/2/httpapi') => {
    const amplitude = createInstance();
    const options = { serverUrl: `${world.url}${path}`, flushIntervalMillis: 100, flushQueueSize: 20 };
    await amplitude.init(key, { ...options, logLevel: Types.LogLevel.None }).promise;
    return amplitude;
  };

  it.each(['/2/httpapi', '/batch'])('has every event counted as it was meant, by %s', async (path) => {
    const amplitude = await sdk(world.keys.server, path);
    const time = Date.now() - 3_600_000;
    const page = { '[Amplitude] Page Location': 'https://shop.example/a?utm_source=ad', '[Amplitude] Page Path': '/a' };
    amplitude.track('[Amplitude] Page Viewed', page, { device_id: 'd' });
    amplitude.identify(new Identify().set('plan', 'pro').setOnce('first', 'ad').setOnce('plan', 'no'), {
      user_id: 'u',
      device_id: 'd',
    });
    amplitude.groupIdentify('company', 'acme', new Identify().set('industry', 'tea'), { user_id: 'u' });
    amplitude.revenue(new Revenue().setProductId('tea').setPrice(6.25).setQuantity(2), { user_id: 'u' });
    amplitude.track('Bought', { n: 1 }, { user_id: 'u', time, session_id: 17, groups: { company: 'acme' } });
    const sent = await amplitude.flush().promise;
    expect(sent ?? null).toBeNull();
    const events = await world.eventsOf(5);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    expect(find('page')).toMatchObject({
      anonymousId: 'd',
      columns: { path: '/a', utm_source: 'ad', source: 'amplitude' },
    });
    expect(find('revenue_amount')).toMatchObject({ userId: 'u', properties: { revenue: 12.5, productId: 'tea' } });
    expect(find('Bought')).toMatchObject({
      userId: 'u',
      timestamp: new Date(time).toISOString(),
      properties: { n: 1 },
      columns: { group_id: 'acme', session_id: '17' },
    });
    expect(find('group')).toMatchObject({ columns: { group_id: 'acme' }, properties: { industry: 'tea' } });
    expect([await world.total('users'), await world.total('groups')]).toEqual([1, 1]);
    expect(await world.traits('d')).toEqual({ plan: 'pro', first: 'ad' });
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(/^\/2\/httpapi/, { status, code: status }, { status, code: status, passesOn: true });
    const amplitude = await sdk();
    const { code } = await amplitude.track('Bought', {}, { user_id: 'u' }).promise;
    expect(code).toBe(200);
    expect(world.gate.seen).toHaveLength(3);
    await world.eventsOf(1);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of the key, and of each event, while the others are counted once', async () => {
    const wrong = await sdk('nobody');
    expect(await wrong.track('Bought', {}, { user_id: 'u' }).promise).toMatchObject({
      code: 401,
      message: expect.stringContaining('Invalid API key'),
    });
    const amplitude = await sdk();
    const results = [
      amplitude.track('Bought', {}, { user_id: 'u' }),
      amplitude.track('x'.repeat(300), {}, { user_id: 'u' }),
      amplitude.track('Bought', {}, { user_id: 'u' }),
    ].map(({ promise }) => promise);
    expect((await Promise.all(results)).map(({ code }) => code)).toEqual([200, 400, 200]);
    expect((await results[1])?.message).toContain('name-too-long');
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count', 'Bought')).toBe(2);
  });
});

describe('@amplitude/analytics-browser', () => {
  let sdk: SdkPage;
  afterEach(() => sdk?.close());
  afterAll(closeBrowser);

  async function open(key = world.keys.browser): Promise<void> {
    sdk = await openSdkPage(`
      import * as amplitude from '@amplitude/analytics-browser';
      window.amplitude = amplitude;
      window.ready = amplitude.init(${JSON.stringify(key)}, {
        serverUrl: ${JSON.stringify(world.url)} + '/2/httpapi',
        flushIntervalMillis: 200,
        autocapture: { attribution: false, sessions: false, pageViews: true },
        remoteConfig: { fetchRemoteConfig: false },
        enableDiagnostics: false,
        logLevel: 0,
      }).promise;
    `);
    await sdk.page.evaluate('ready');
  }

  it('has every event counted as it was meant, and asks no other host', async () => {
    await open();
    const hosts = new Set<string>();
    sdk.page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    await sdk.page.evaluate(`(async () => {
      amplitude.track('Viewed', { n: 1 });
      amplitude.setUserId('u');
      amplitude.track('Joined');
      amplitude.identify(new amplitude.Identify().set('plan', 'pro').setOnce('first', 'news'));
      amplitude.groupIdentify('company', 'acme', new amplitude.Identify().set('industry', 'tea'));
      amplitude.revenue(new amplitude.Revenue().setProductId('tea').setPrice(6.25).setQuantity(2));
      await amplitude.track('Bought', { n: 2 }, { groups: { company: 'acme' } }).promise;
    })()`);
    await expect.poll(async () => (await world.events()).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(7);
    const events = await world.events();
    expect([...hosts]).toEqual([world.url]);
    expect(sdk.complaints).toEqual([]);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    const { anonymousId } = find('page');
    expect(find('page').columns).toMatchObject({
      path: '/shop',
      title: 'Shop',
      utm_source: 'news',
      utm_campaign: 'may',
      browser: 'Chrome',
      session_id: expect.stringMatching(/^\d{13}$/),
    });
    expect(find('Viewed')).toMatchObject({ anonymousId, properties: { n: 1 } });
    expect(find('Joined')).toMatchObject({ anonymousId, userId: 'u' });
    expect(find('revenue_amount')).toMatchObject({ userId: 'u', properties: { revenue: 12.5, productId: 'tea' } });
    expect(find('group')).toMatchObject({ columns: { group_id: 'acme' }, properties: { industry: 'tea' } });
    expect(find('Bought')).toMatchObject({ userId: 'u', properties: { n: 2 }, columns: { group_id: 'acme' } });
    expect(await world.total('users')).toBe(1);
    expect(await world.traits(anonymousId!)).toEqual({ plan: 'pro', first: 'news' });
    for (const name of ['page', 'Viewed', 'Bought']) expect(await world.total('count', name)).toBe(1);
  });

  it('joins a device with its user by the first event that names both, without identify', async () => {
    await open();
    await sdk.page.evaluate(`(async () => {
      await amplitude.track('Viewed').promise;
      amplitude.setUserId('u');
      await amplitude.track('Bought').promise;
      await amplitude.track('Bought').promise;
    })()`);
    expect(await world.total('users')).toBe(1);
    expect(await world.total('count', 'identify')).toBe(1);
    expect(await world.total('count', 'Bought')).toBe(2);
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    await open();
    world.gate.fail(/^\/2\/httpapi/, { status, code: status }, { status, code: status, passesOn: true });
    await sdk.page.evaluate(`amplitude.track('Bought').promise.then(() => {})`);
    await expect.poll(() => world.total('count', 'Bought'), { timeout: 25_000 }).toBe(1);
    expect(world.gate.seen.filter(({ method, status: met }) => method === 'POST' && met === status)).toHaveLength(2);
  });

  it('is told of a refusal: of the key, and of an event', async () => {
    await open('nobody');
    expect(await sdk.page.evaluate(`amplitude.track('Bought').promise.then(({ code }) => code)`)).toBe(401);
    await sdk.close();
    await open();
    const told = `amplitude.track('x'.repeat(300)).promise.then(({ code, message }) => code + ' ' + message)`;
    expect(await sdk.page.evaluate(told)).toContain('name-too-long');
    expect(await world.refusals()).toContain('name-too-long');
    expect((await world.events()).filter(({ event }) => event !== 'page')).toEqual([]);
  });
});
