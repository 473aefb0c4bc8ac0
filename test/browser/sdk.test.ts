// The SDK in a real browser, on pages of another origin under a strict content security policy.

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ListedEvent } from '../../src/wire/events.ts';
import { answerOf, createTenant, send, type TestTenant } from '../e2e/support/api.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { openSite, type Site, type SiteOptions } from './support/site.ts';

if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of the SDK are skipped.');

describe.skipIf(chromiumPath === undefined)('the SDK in a page', () => {
  let stack: Stack;
  let browser: Browser;
  let site: Site;
  let context: BrowserContext;
  let tenant: TestTenant;
  let count = 0;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
  });
  afterEach(async () => {
    await context?.close();
    await site?.close();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  /** A site with a tenant of its own, so that a test sees its own events alone. */
  async function open(options: Partial<SiteOptions> = {}, prepare?: (context: BrowserContext) => Promise<unknown>) {
    tenant = await createTenant(stack, `site-${++count}`);
    const made = answerOf<{ key: string }>(send(`${stack.url}/v1/keys`, tenant.keys.admin, { scope: 'browser' }), 201);
    const { key } = await made;
    site = await openSite({ stackUrl: stack.url, key, ...options });
    context = await browser.newContext();
    await prepare?.(context);
    return context.newPage();
  }

  async function listed(wanted: number): Promise<ListedEvent[]> {
    const read = async () => {
      const answer = send(`${stack.url}/v1/events?limit=50`, tenant.keys.read, undefined, 'GET');
      return (await answerOf<{ events: ListedEvent[] }>(answer)).events.reverse();
    };
    await expect.poll(async () => (await read()).length, { timeout: 15_000 }).toBe(wanted);
    return read();
  }

  const call = (page: Page, ...given: unknown[]) => page.evaluate(`tidemark(...${JSON.stringify(given)})`);
  const isLoaded = (page: Page) => page.waitForFunction("'tidemark' in window");
  const storedNames = (page: Page) => page.evaluate('Object.keys(localStorage)');

  it('sends page views of a single-page app, with campaign and referrer, of one device and session', async () => {
    const page = await open();
    await page.goto(`${site.url}/?utm_source=news`, { referer: 'https://search.example/' });
    await isLoaded(page);
    await page.evaluate(`
      history.pushState(null, '', '/pricing');
      document.title = 'Prices';
      history.replaceState(null, '', '/pricing');
    `);
    await call(page, 'identify', 'ann', { plan: 'pro' });
    await call(page, 'track', 'Paid', { value: 3 });
    const events = await listed(4);
    expect(events.map(({ type, columns: { path, title } }) => [type, path, title])).toEqual([
      ['page', '/', 'Page /'],
      ['page', '/pricing', 'Prices'],
      ['identify', '/pricing', 'Prices'],
      ['track', '/pricing', 'Prices'],
    ]);
    expect(events[0]!.columns).toMatchObject({ utm_source: 'news', referrer_domain: 'search.example' });
    expect(events[0]!.userId).toBeUndefined();
    expect(events[1]!.columns).not.toHaveProperty('referrer_domain');
    expect(events[3]).toMatchObject({ event: 'Paid', userId: 'ann', properties: { value: 3 } });
    expect(new Set(events.map(({ anonymousId }) => anonymousId)).size).toBe(1);
    expect(new Set(events.map(({ columns }) => columns.session_id)).size).toBe(1);
  });

  it('sends what declared elements, links, files and errors tell, and nothing of an address beyond its path', async () => {
    const page = await open({ attributes: 'data-pages="manual" data-extras="autocapture links errors web-vitals"' });
    await context.route('https://other.example/**', (route) => route.abort());
    await page.goto(site.url);
    await page.waitForLoadState('networkidle');
    await page.click('#plan');
    await page.evaluate("setTimeout(() => { throw new Error('Broken'); })");
    await page.evaluate(`
      for (const id of ['out', 'file']) {
        const link = document.getElementById(id);
        link.addEventListener('click', (event) => event.preventDefault());
        link.click();
      }
    `);
    const names = async () => {
      const answer = send(`${stack.url}/v1/events?limit=50`, tenant.keys.read, undefined, 'GET');
      return (await answerOf<{ events: ListedEvent[] }>(answer)).events;
    };
    const wanted = ['Error', 'File Downloaded', 'Outbound Link Clicked', 'Plan Chosen', 'Web Vital'];
    await expect
      .poll(async () => [...new Set((await names()).map(({ event }) => event))].sort(), { timeout: 15_000 })
      .toEqual(wanted);
    const byName = new Map((await names()).map(({ event, properties }) => [event, properties]));
    expect(byName.get('Plan Chosen')).toEqual({ plan: 'pro' });
    expect(byName.get('Outbound Link Clicked')).toEqual({
      url: 'https://other.example/there',
      host: 'other.example',
      path: '/there',
    });
    expect(byName.get('Error')).toMatchObject({ message: 'Broken' });
  });

  it('waits for consent', async () => {
    const page = await open({ attributes: 'data-consent="pending"' });
    await page.goto(site.url);
    await isLoaded(page);
    await page.waitForTimeout(600);
    expect(await storedNames(page)).toEqual([]);
    await call(page, 'setConsent', 'granted');
    await listed(1);
  });

  it('makes no event of a person who asks not to be tracked', async () => {
    const asking = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })";
    const page = await open({}, (made) => made.addInitScript(asking));
    await page.goto(site.url);
    await isLoaded(page);
    expect(await call(page, 'track', 'Paid')).toBeNull();
    expect(await storedNames(page)).toEqual([]);
  });

  it('counts where storage is blocked', async () => {
    const page = await open({}, (made) =>
      made.addInitScript(
        "Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } })",
      ),
    );
    await page.goto(site.url);
    await isLoaded(page);
    await call(page, 'track', 'Paid');
    const events = await listed(2);
    expect(events[0]!.anonymousId).toBe(events[1]!.anonymousId);
  });

  it('sends what was tracked offline once the page is opened again', async () => {
    const page = await open({ attributes: 'data-pages="manual"' });
    await page.goto(site.url);
    await isLoaded(page);
    await context.setOffline(true);
    for (const name of ['a', 'b']) await call(page, 'track', name);
    await page.close();
    await context.setOffline(false);
    await (await context.newPage()).goto(site.url);
    expect((await listed(2)).map(({ event }) => event)).toEqual(['a', 'b']);
  });
});
