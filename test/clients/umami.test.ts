// @umami/node.

import { Umami } from '@umami/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('@umami/node', () => {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const sdk = (websiteId = world.keys.browser) => new Umami({ websiteId, hostUrl: world.url, userAgent });

  it('has every event counted as it was meant, of one visitor', async () => {
    const umami = sdk();
    await umami.track({ url: '/a?utm_source=ad', hostname: 'shop.example', title: 'A', language: 'de' });
    await umami.identify({ plan: 'pro' });
    const response = await umami.track('ordered', { revenue: 12.5 });
    expect(await response.json()).toMatchObject({ received: 1, accepted: 1 });
    const events = await world.eventsOf(3);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    expect(find('page')).toMatchObject({
      columns: { path: '/a', title: 'A', utm_source: 'ad', browser: 'Firefox', source: 'umami' },
      context: { locale: 'de' },
    });
    expect(find('ordered')).toMatchObject({ properties: { revenue: 12.5 } });
    expect(find('identify')).toMatchObject({ type: 'identify', properties: { plan: 'pro' } });
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1);
    expect(await world.total('users')).toBe(1);
  });

  it('is told of a refusal: of the key, and of its event', async () => {
    expect((await sdk('23eefa30-4c4f-490e-aa4f-084cd23b1561').track('x')).status).toBe(401);
    expect((await sdk().track('x'.repeat(300))).status).toBe(400);
    expect(await world.total('count')).toBe(0);
  });
});
