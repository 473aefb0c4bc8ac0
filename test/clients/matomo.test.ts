// matomo-tracker for Node.

import MatomoTracker from 'matomo-tracker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('matomo-tracker', () => {
  const sdk = (key = world.keys.browser) => {
    const tracker = new MatomoTracker(1, `${world.url}/k/${key}/matomo.php`);
    const errors: unknown[] = [];
    tracker.on('error', (error: unknown) => errors.push(error));
    return { tracker, errors };
  };
  const bulk = (tracker: MatomoTracker, events: object[]) =>
    new Promise<unknown>((resolve) => tracker.trackBulk(events, (answer: string) => resolve(JSON.parse(answer))));

  it('has every call counted as it was meant', async () => {
    const { tracker, errors } = sdk();
    const _id = '0123456789abcdef';
    tracker.track({ url: 'https://shop.example/a?utm_source=ad', action_name: 'A', _id, uid: 'ann' });
    const answer = await bulk(tracker, [
      { url: 'https://shop.example/a', e_c: 'shop', e_a: 'add', e_n: 'tea', e_v: 2, _id },
      { url: 'https://shop.example/b', idgoal: 0, ec_id: 'o1', revenue: 12.5, _id },
    ]);
    expect(answer).toEqual({ status: 'success', tracked: 2, invalid: 0, invalid_indices: [] });
    const events = await world.eventsOf(4);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    expect(find('page')).toMatchObject({
      userId: 'ann',
      anonymousId: _id,
      columns: { path: '/a', title: 'A', utm_source: 'ad', source: 'matomo' },
    });
    expect(find('add')).toMatchObject({ anonymousId: _id, properties: { category: 'shop', name: 'tea', value: 2 } });
    expect(find('order')).toMatchObject({ properties: { order_id: 'o1', revenue: 12.5 } });
    expect(find('identify')).toMatchObject({ userId: 'ann', anonymousId: _id });
    expect(await world.total('users')).toBe(1);
    expect(errors).toEqual([]);
  });

  it('is told of a refusal: of the key, and of its calls', async () => {
    const wrong = sdk('nobody');
    wrong.tracker.track('https://shop.example/');
    await expect.poll(() => wrong.errors, { timeout: 20_000 }).toEqual([401]);
    const { tracker, errors } = sdk();
    tracker.track({ url: 'https://shop.example/', e_c: 'shop', e_a: 'x'.repeat(300) });
    await expect.poll(() => errors, { timeout: 20_000 }).toEqual([400]);
  });
});
