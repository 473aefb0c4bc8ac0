// Plausible's trackers for browsers: @plausible-analytics/tracker, and the older plausible-tracker.

import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, openSdkPage, type SdkPage } from './support/page.ts';
import { World } from './support/world.ts';

let world: World;
let sdk: SdkPage;
beforeEach(async () => {
  world = await World.open();
});
afterEach(async () => {
  await sdk?.close();
  await world.close();
});
afterAll(closeBrowser);

const TRACKERS = {
  '@plausible-analytics/tracker': () => `
    import { init, track } from '@plausible-analytics/tracker';
    window.statuses = [];
    init({ domain: 'shop.example', endpoint: ${JSON.stringify(`${world.url}/k/${world.keys.browser}/api/event`)}, captureOnLocalhost: true });
    const callback = (result) => statuses.push(result?.status ?? String(result?.error));
    track('ordered', { props: { plan: 'pro' }, revenue: { amount: 12.5, currency: 'EUR' }, callback });`,
  'plausible-tracker': () => `
    import Plausible from 'plausible-tracker';
    window.statuses = [];
    const plausible = Plausible({ domain: ${JSON.stringify(world.keys.browser)}, apiHost: ${JSON.stringify(world.url)}, trackLocalhost: true });
    plausible.trackPageview();
    plausible.trackEvent('ordered', { props: { plan: 'pro' }, callback: () => statuses.push(202) });`,
};

describe.each(Object.entries(TRACKERS))('%s', (name, code) => {
  it('has every event counted as it was meant, of one visitor', async () => {
    sdk = await openSdkPage(code());
    const events = await world.eventsOf(2);
    await expect.poll(() => sdk.page.evaluate('statuses'), { timeout: 20_000 }).toEqual([202]);
    expect(sdk.complaints).toEqual([]);
    const find = (event: string) => events.find((one) => one.event === event)!;
    expect(find('page')).toMatchObject({
      type: 'page',
      columns: { path: '/shop', utm_source: 'news', utm_campaign: 'may', browser: 'Chrome', source: 'plausible' },
    });
    expect(find('ordered').properties).toMatchObject({
      plan: 'pro',
      ...(name.startsWith('@') && { revenue: 12.5, currency: 'EUR', domain: 'shop.example' }),
    });
    expect(find('page').anonymousId).toMatch(/^day-/);
    expect(await world.total('users')).toBe(1);
  });
});
