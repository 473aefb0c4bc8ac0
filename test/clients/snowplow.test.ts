// Snowplow's SDKs: @snowplow/node-tracker, and @snowplow/browser-tracker in a browser.

import { buildPageView, buildSelfDescribingEvent, buildStructEvent, newTracker } from '@snowplow/node-tracker';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, openSdkPage, type SdkPage } from './support/page.ts';
import { World } from './support/world.ts';

const TP2 = /\/com\.snowplowanalytics\.snowplow\/tp2$/;

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('@snowplow/node-tracker', () => {
  function sdk(options: Parameters<typeof newTracker>[1] extends infer T ? Partial<T> : never = {}) {
    const failures: unknown[] = [];
    const tracker = newTracker({ namespace: `n${Math.random()}`, appId: 'app', encodeBase64: true }, {
      endpoint: `${world.url}/k/${world.keys.browser}`,
      bufferSize: 10,
      onRequestFailure: (failure: { readonly status?: number }) => failures.push(failure.status),
      ...options,
    } as Parameters<typeof newTracker>[1]);
    return { tracker, failures };
  }

  it('has every event counted as it was meant', async () => {
    const { tracker, failures } = sdk();
    tracker.setUserId('ann');
    const context = [{ schema: 'iglu:com.acme/product/jsonschema/1-0-0', data: { sku: 'tea' } }];
    tracker.track(buildPageView({ pageUrl: 'https://shop.example/a?utm_source=ad', pageTitle: 'A' }), context);
    tracker.track(buildStructEvent({ category: 'shop', action: 'add', label: 'tea', value: 2 }));
    tracker.track(
      buildSelfDescribingEvent({
        event: { schema: 'iglu:com.acme/ordered/jsonschema/1-0-0', data: { revenue: 12.5, note: 'Ł' } },
      }),
    );
    tracker.flush();
    const events = await world.eventsOf(3);
    expect(failures).toEqual([]);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    expect(find('page')).toMatchObject({
      type: 'page',
      userId: 'ann',
      columns: { path: '/a', title: 'A', utm_source: 'ad', source: 'snowplow' },
      context: { entities: { product: { sku: 'tea' } }, app: { name: 'app' } },
    });
    expect(find('add')).toMatchObject({ userId: 'ann', properties: { category: 'shop', label: 'tea', value: 2 } });
    expect(find('ordered')).toMatchObject({ properties: { revenue: 12.5, note: 'Ł' } });
    expect(await world.total('users')).toBe(1);
  });

  it('may send each event in a pixel, or with a server key in a header', async () => {
    const pixel = sdk({ eventMethod: 'get', bufferSize: 1 } as never);
    pixel.tracker.track(buildStructEvent({ category: 'shop', action: 'seen' }));
    const header = sdk({
      endpoint: world.url,
      bufferSize: 1,
      customHeaders: { authorization: `Bearer ${world.keys.server}` },
    } as never);
    header.tracker.track(buildStructEvent({ category: 'shop', action: 'sold' }));
    expect((await world.eventsOf(2)).map(({ event }) => event).sort()).toEqual(['seen', 'sold']);
    expect([pixel.failures, header.failures]).toEqual([[], []]);
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(TP2, { status }, { status, passesOn: true });
    const { tracker } = sdk({ bufferSize: 1 } as never);
    for (const action of ['a', 'b', 'c']) tracker.track(buildStructEvent({ category: 'shop', action }));
    await expect
      .poll(
        async () => {
          tracker.flush();
          return (await world.events()).length;
        },
        { timeout: 20_000 },
      )
      .toBe(3);
    expect(await world.total('count')).toBe(3);
  });

  it('is told of a refusal: of the key, and of its events', async () => {
    const wrong = sdk({ endpoint: `${world.url}/k/nobody`, bufferSize: 1 } as never);
    wrong.tracker.track(buildStructEvent({ category: 'shop', action: 'add' }));
    await expect.poll(() => wrong.failures, { timeout: 20_000 }).toEqual([401]);
    const refused = sdk({ bufferSize: 1 } as never);
    refused.tracker.track(buildStructEvent({ category: 'shop', action: 'x'.repeat(300) }));
    await expect.poll(() => refused.failures, { timeout: 20_000 }).toEqual([400]);
    expect(await world.total('count')).toBe(0);
  });
});

describe('@snowplow/browser-tracker', () => {
  let sdk: SdkPage;
  afterEach(() => sdk?.close());
  afterAll(closeBrowser);

  it('has every event counted as it was meant, and a person linked to its device', async () => {
    sdk = await openSdkPage(`
      import { newTracker, setUserId, trackPageView, trackSelfDescribingEvent, trackStructEvent } from '@snowplow/browser-tracker';
      window.failures = [];
      newTracker('sp', ${JSON.stringify(`${world.url}/k/${world.keys.browser}`)}, {
        appId: 'shop', contexts: { webPage: true }, onRequestFailure: ({ status, message }) => failures.push(status + ' ' + message),
      });
      trackPageView();
      setUserId('ann');
      trackStructEvent({ category: 'shop', action: 'add', label: 'tea', value: 1 });
      trackSelfDescribingEvent({ event: { schema: 'iglu:com.acme/ordered/jsonschema/1-0-0', data: { revenue: 9.5 } } });
    `);
    const events = await world.eventsOf(4);
    expect(await sdk.page.evaluate('failures')).toEqual([]);
    expect(sdk.complaints).toEqual([]);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    const page = find('page');
    expect(page).toMatchObject({
      anonymousId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      columns: { path: '/shop', title: 'Shop', utm_source: 'news', utm_campaign: 'may', browser: 'Chrome' },
      context: { screen: { width: 1280, height: 720 }, pageViewId: expect.any(String) },
    });
    expect(page.columns.session_id).toBeDefined();
    expect(find('add')).toMatchObject({ userId: 'ann', anonymousId: page.anonymousId!, properties: { value: 1 } });
    expect(find('ordered')).toMatchObject({ userId: 'ann', properties: { revenue: 9.5 } });
    expect(find('identify')).toMatchObject({ userId: 'ann', anonymousId: page.anonymousId! });
    expect(await world.total('users')).toBe(1);
  });
});
