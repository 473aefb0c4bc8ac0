// PostHog's SDKs: posthog-node, and posthog-js in a browser.

import { PostHog } from 'posthog-node';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeBrowser, openSdkPage, type SdkPage } from './support/page.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe('posthog-node', () => {
  const sdk = (key = world.keys.server) => {
    const errors: unknown[] = [];
    const posthog = new PostHog(key, { host: world.url, flushAt: 20, flushInterval: 50, fetchRetryDelay: 300 });
    posthog.on('error', (error: unknown) => errors.push(error));
    return { posthog, errors };
  };

  it('has every event counted as it was meant', async () => {
    const { posthog, errors } = sdk();
    const timestamp = new Date(Date.now() - 3_600_000);
    const page = { $current_url: 'https://shop.example/a?utm_source=ad&utm_campaign=may', $pathname: '/a', title: 'A' };
    posthog.capture({ distinctId: 'd', event: '$pageview', properties: page });
    posthog.alias({ distinctId: 'u', alias: 'd' });
    posthog.identify({
      distinctId: 'u',
      properties: { $set: { plan: 'pro' }, $set_once: { first: 'ad', plan: 'no' } },
    });
    posthog.groupIdentify({ groupType: 'company', groupKey: 'acme', properties: { industry: 'tea' } });
    posthog.capture({
      distinctId: 'u',
      event: 'Bought',
      properties: { revenue: 12.5, $session_id: 's', $set: { bought: true } },
      groups: { company: 'acme' },
      timestamp,
    });
    await posthog.shutdown();
    expect(errors).toEqual([]);
    const events = await world.eventsOf(6);
    const find = (name: string) => events.find(({ event }) => event === name)!;
    expect(find('page')).toMatchObject({
      userId: 'd',
      columns: { path: '/a', title: 'A', utm_source: 'ad', utm_campaign: 'may', source: 'posthog' },
    });
    expect(find('Bought')).toMatchObject({
      userId: 'u',
      timestamp: timestamp.toISOString(),
      properties: { revenue: 12.5, $groups: { company: 'acme' } },
      columns: { group_id: 'acme', session_id: 's' },
    });
    expect(find('group')).toMatchObject({ columns: { group_id: 'acme' }, properties: { industry: 'tea' } });
    expect([await world.total('users'), await world.total('groups')]).toEqual([1, 1]);
    expect(await world.traits('d')).toEqual({ plan: 'pro', first: 'ad', bought: true });
  });

  it.each([429, 503])('sends again after %i, and what was stored already is not counted twice', async (status) => {
    world.gate.fail(/^\/batch\//, { status }, { status, passesOn: true });
    const { posthog, errors } = sdk();
    posthog.capture({ distinctId: 'u', event: 'Bought' });
    await world.seen(/^\/batch\//, 3);
    await posthog.shutdown();
    await world.eventsOf(1);
    expect(errors).toEqual([]);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of the key, and of its events', async () => {
    const wrong = sdk('phc_nobody');
    wrong.posthog.capture({ distinctId: 'u', event: 'Bought' });
    await wrong.posthog.flush().catch(() => {});
    expect(wrong.errors).toHaveLength(1);
    const { posthog, errors } = sdk();
    posthog.capture({ distinctId: 'u', event: 'x'.repeat(300) });
    await posthog.flush().catch(() => {});
    expect(errors).toHaveLength(1);
    expect(world.gate.seen.at(-1)?.answer).toContain('name-too-long');
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});

describe('posthog-js', () => {
  let sdk: SdkPage;
  afterEach(() => sdk?.close());
  afterAll(closeBrowser);

  async function open(key = world.keys.browser): Promise<void> {
    sdk = await openSdkPage(`
      import posthog from 'posthog-js';
      posthog.init(${JSON.stringify(key)}, {
        api_host: ${JSON.stringify(world.url)},
        capture_pageview: false,
        capture_pageleave: false,
        autocapture: false,
        request_queue_config: { flush_interval_ms: 250 },
      });
      window.posthog = posthog;
    `);
  }

  it('has every event counted as it was meant, and asks no other host', async () => {
    await open();
    const hosts = new Set<string>();
    sdk.page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    await sdk.page.evaluate(`
      posthog.capture('$pageview');
      posthog.capture('Viewed', { n: 1 });
      posthog.identify('u', { plan: 'pro' }, { first: 'news' });
      posthog.group('company', 'acme', { industry: 'tea' });
      posthog.capture('Bought', { revenue: 12.5 });
      posthog.alias('u-old');
    `);
    const events = await world.eventsOf(6);
    expect([...hosts]).toEqual([world.url]);
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
      device: 'desktop',
      os: 'Linux',
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(find('Viewed')).toMatchObject({ anonymousId, properties: { n: 1 }, columns: { path: '/shop' } });
    expect(find('identify')).toMatchObject({ anonymousId, userId: 'u', properties: { plan: 'pro' } });
    expect(find('group')).toMatchObject({
      userId: 'u',
      columns: { group_id: 'acme' },
      properties: { industry: 'tea' },
    });
    expect(find('Bought')).toMatchObject({
      userId: 'u',
      properties: { revenue: 12.5 },
      columns: { group_id: 'acme', session_id: find('page').columns.session_id },
    });
    expect(find('alias')).toMatchObject({ userId: 'u', properties: { previousId: 'u-old' } });
    expect(await world.total('users')).toBe(1);
    expect(await world.traits(anonymousId!)).toMatchObject({ plan: 'pro', first: 'news' });
  });

  it('sends again after 503, and what was stored already is not counted twice', async () => {
    world.gate.fail(/^\/(e|i\/v0\/e)\//, { status: 503 }, { status: 503, passesOn: true });
    await open();
    await sdk.page.evaluate(`posthog.capture('Bought', { revenue: 3 })`);
    await world.seen(/^\/(e|i\/v0\/e)\//, 3);
    await world.eventsOf(1);
    expect(await world.total('count', 'Bought')).toBe(1);
  });

  it('is told of a refusal: of a server key, and of an event', async () => {
    await open(world.keys.server);
    await expect.poll(() => sdk.complaints.join(' ')).toContain('403');
    await sdk.close();
    await open();
    await sdk.page.evaluate(`posthog.capture('x'.repeat(300))`);
    await expect.poll(() => sdk.complaints.join(' ')).toContain('400');
    expect(await world.refusals()).toContain('name-too-long');
    expect(await world.total('count')).toBe(0);
  });
});
