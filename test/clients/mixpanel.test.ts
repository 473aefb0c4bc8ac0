// Mixpanel's SDKs: mixpanel (Node), and mixpanel-browser.

import Mixpanel from 'mixpanel';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, openSdkPage, type SdkPage } from './support/page.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('mixpanel', () => {
  /** Calls the SDK with a callback; resolves with the error that it was given. */
  const told = (call: (callback: (error?: Error) => void) => void) =>
    new Promise<Error | undefined>((resolve) => call((error) => resolve(error)));
  const sdk = (token = world.keys.browser, verbose = false) =>
    Mixpanel.init(token, { host: world.url.replace('http://', ''), protocol: 'http', verbose });

  it.each([false, true])('has every event counted as it was meant, verbose: %s', async (verbose) => {
    const mixpanel = sdk(world.keys.browser, verbose);
    const time = new Date(Date.now() - 3_600_000);
    const errors = await Promise.all([
      told((done) =>
        mixpanel.track('Viewed', { distinct_id: 'd', $insert_id: 'v', $current_url: 'https://a.example/a' }, done),
      ),
      told((done) => mixpanel.alias('d', 'u', done)),
      told((done) => mixpanel.people.set('u', { plan: 'pro' }, done)),
      told((done) => mixpanel.people.set_once('u', { first: 'ad', plan: 'no' }, done)),
      told((done) => mixpanel.people.track_charge('u', 12.5, { sku: 'tea' }, done)),
      told((done) => mixpanel.groups.set('company', 'acme', { industry: 'tea' }, done)),
      told((done) =>
        mixpanel.track('Bought', { distinct_id: 'u', $insert_id: 'b', time, revenue: 12.5, utm_source: 'ad' }, done),
      ),
    ]);
    expect(errors).toEqual(Array.from({ length: 7 }, () => undefined));
    const events = await world.eventsOf(7);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    expect(find('Viewed')).toMatchObject({ userId: 'd', columns: { path: '/a', source: 'mixpanel' } });
    expect(find('Bought')).toMatchObject({
      userId: 'u',
      timestamp: time.toISOString(),
      properties: { revenue: 12.5 },
      columns: { utm_source: 'ad' },
    });
    expect(find('$transaction')).toMatchObject({ userId: 'u', properties: { revenue: 12.5, sku: 'tea' } });
    expect(find('group')).toMatchObject({ columns: { group_id: 'acme' }, properties: { industry: 'tea' } });
    // The alias of a public key links no two ids of people: the other name stays a person of its own.
    expect([await world.total('users'), await world.total('groups')]).toEqual([2, 1]);
    expect(await world.traits('u')).toEqual({ plan: 'pro', first: 'ad' });
  });

  it('has a batch counted, and one that is sent again not twice', async () => {
    const batch = () =>
      Array.from({ length: 3 }, (_, i) => ({
        event: 'Bought',
        properties: { distinct_id: 'u', $insert_id: `i${i}`, time: new Date() },
      }));
    const mixpanel = sdk(world.keys.server);
    for (let time = 0; time < 2; time++) {
      const errors = await new Promise<unknown>((resolve) => mixpanel.track_batch(batch(), (found) => resolve(found)));
      expect(errors ?? null).toBeNull();
    }
    expect(await world.total('count', 'Bought')).toBe(3);
  });

  it('is told of a refusal: of the key, of a server key in a URL, of an event, and of overload', async () => {
    const track = (mixpanel: ReturnType<typeof sdk>, event: string) =>
      told((done) => mixpanel.track(event, { distinct_id: 'u' }, done));
    expect((await track(sdk('nobody'), 'Bought'))?.message).toContain('key-malformed');
    expect((await track(sdk(world.keys.server), 'Bought'))?.message).toContain('key-scope');
    expect((await track(sdk(), 'x'.repeat(300)))?.message).toContain('name-too-long');
    expect((await track(sdk(world.keys.browser, true), 'x'.repeat(300)))?.message).toContain('A name may have');
    world.gate.fail(/^\/track/, { status: 503 });
    expect(await track(sdk(), 'Bought')).toBeInstanceOf(Error);
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});

describe('mixpanel-browser', () => {
  let sdk: SdkPage;
  afterEach(() => sdk?.close());
  afterAll(closeBrowser);

  async function open(token = world.keys.browser): Promise<void> {
    sdk = await openSdkPage(`
      import mixpanel from 'mixpanel-browser';
      mixpanel.init(${JSON.stringify(token)}, {
        api_host: ${JSON.stringify(world.url)},
        persistence: 'localStorage',
        batch_flush_interval_ms: 300,
      });
      window.mixpanel = mixpanel;
    `);
  }

  it('has every event counted as it was meant', async () => {
    await open();
    await sdk.page.evaluate(`
      mixpanel.track_pageview();
      mixpanel.track('Viewed', { n: 1 });
      mixpanel.identify('u');
      mixpanel.people.set({ plan: 'pro' });
      mixpanel.people.set_once({ first: 'news' });
      mixpanel.get_group('company', 'acme').set({ industry: 'tea' });
      mixpanel.track('Bought', { revenue: 12.5 });
    `);
    await expect
      .poll(async () => (await world.events()).some(({ event }) => event === 'Bought'), { timeout: 20_000 })
      .toBe(true);
    await expect
      .poll(async () => (await world.events()).some(({ event }) => event === 'group'), { timeout: 20_000 })
      .toBe(true);
    const events = await world.events();
    expect(sdk.complaints).toEqual([]);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    const { anonymousId } = find('page');
    expect(anonymousId).toMatch(/^[0-9a-f-]{36}$/);
    expect(find('page').columns).toMatchObject({
      path: '/shop',
      title: 'Shop',
      utm_source: 'news',
      utm_campaign: 'may',
      browser: 'Chrome',
      os: 'Linux',
    });
    expect(find('Viewed')).toMatchObject({ anonymousId, properties: { n: 1 } });
    expect(events.find(({ type, userId }) => type === 'identify' && userId === 'u')).toMatchObject({ anonymousId });
    expect(find('Bought')).toMatchObject({ anonymousId, userId: 'u', properties: { revenue: 12.5 } });
    expect(find('group')).toMatchObject({ columns: { group_id: 'acme' }, properties: { industry: 'tea' } });
    expect(await world.total('users')).toBe(1);
    await expect
      .poll(() => world.traits(anonymousId!), { timeout: 20_000 })
      .toMatchObject({ plan: 'pro', first: 'news' });
    for (const name of ['page', 'Viewed', 'Bought']) expect(await world.total('count', name)).toBe(1);
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(/^\/track\//, { status }, { status, passesOn: true });
    await open();
    await sdk.page.evaluate(`mixpanel.track('Bought', { revenue: 3 })`);
    await world.seen(/^\/track\//, 3);
    await world.eventsOf(1);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of the key, and of an event', async () => {
    await open('nobody');
    await sdk.page.evaluate(`mixpanel.track('Bought')`);
    await expect.poll(() => sdk.complaints.join(' ')).toContain('401');
    await sdk.close();
    await open();
    await sdk.page.evaluate(`mixpanel.track('x'.repeat(300))`);
    await expect.poll(() => sdk.complaints.join(' ')).toContain('400');
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});
