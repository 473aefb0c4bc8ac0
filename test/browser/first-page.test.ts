// The page at `/` in a real browser, against a local stack of its own.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { chromiumPath, launchChromium } from './chromium.ts';

if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of the first page are skipped.');

describe.skipIf(chromiumPath === undefined)('the first page', () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const hosts = new Set<string>();
  /** The command that the first run shows. */
  let snippet = '';

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    page = await open(browser, stack.url);
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function open(from: Browser, url: string, prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const opened = await from.newPage({ viewport: { width: 1280, height: 900 } });
    opened.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    opened.on('pageerror', (error) => complaints.push(String(error)));
    opened.on('request', (request) => {
      if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).host);
    });
    await prepare?.(opened);
    await opened.goto(url);
    return opened;
  }

  const textOf = async (id: string) => (await page.locator(`#${id}`).textContent()) ?? '';
  const countOf = async (id: string) => Number((await textOf(id)).replaceAll(/\D/g, ''));

  const send = (events: object[]) =>
    fetch(`${stack.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.keys().tenants.demo?.write}`, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });

  it('comes alive and says that there is nothing yet', async () => {
    await page.locator('#state[data-state="live"]').waitFor();
    expect(await textOf('events-total')).toBe('0');
    expect(await textOf('latest')).toContain('No events in the last 24 hours.');
    await page.getByText('Waiting for the first event').waitFor();
    expect(await page.locator('.now canvas').count()).toBe(1);
    for (const kind of ['Browser', 'Node', 'curl']) {
      await page.getByRole('button', { name: kind, exact: true }).click();
      expect(await textOf('snippet')).toContain(stack.url);
    }
    snippet = (await page.locator('#snippet code').textContent()) ?? '';
  });

  it('sends an event at the press of the button, counts it in the very next answer, and lists it', async () => {
    for (let press = 1; press <= 2; press++) {
      await page.getByRole('button', { name: 'Send an event' }).click();
      await page.locator('#verdict', { hasText: 'the very next answer' }).waitFor();
      await page.locator('#latest tr', { hasText: `{"press":${press}}` }).waitFor();
      await expect.poll(() => countOf('events-total'), { timeout: 15_000 }).toBe(press);
    }
    expect(await textOf('verdict')).toContain('Received 1: accepted 1, duplicate 0, quarantined 0, rejected 0');
    expect(await textOf('verdict')).toMatch(/counted [\d.]+ ms after that/);
    expect(await countOf('people-total')).toBe(1);
    await page.locator('.now summary').click();
    expect(await page.locator('.now .chart tbody tr').count()).toBe(30);
    // The figures of the range have taken the place of the first run.
    await expect.poll(() => page.locator('#figure-events data').getAttribute('value'), { timeout: 15_000 }).toBe('2');
    expect(await page.locator('#snippet').count()).toBe(0);
  });

  it('moves by itself and leaves the rows that stay where they are', async () => {
    const row = page.locator('#latest tr', { hasText: '{"press":1}' });
    await row.evaluate((element) => element.setAttribute('data-mark', 'same'));
    const timestamp = new Date().toISOString();
    const response = await send([
      { id: 'b1', type: 'track', event: 'Bought <b>it</b>', userId: 'ada', timestamp, properties: { value: 12.5 } },
    ]);
    expect(response.status).toBe(200);
    const first = page.locator('#latest tbody tr').first();
    await expect.poll(() => first.textContent(), { timeout: 10_000 }).toContain('Bought <b>it</b>');
    expect(await first.textContent()).toContain('ada');
    await expect.poll(() => countOf('events-total'), { timeout: 15_000 }).toBe(3);
    expect(await row.getAttribute('data-mark')).toBe('same');
  });

  it('shows the event that the command to copy sends', async () => {
    const [, path = '', key = '', body = ''] =
      /^curl (\S+) -H "authorization: Bearer ([^"]+)"[\s\S]*-d '([^']+)'$/.exec(snippet) ?? [];
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(path, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ received: 1, accepted: 1 });
    await page.locator('#latest tr', { hasText: 'Signed Up' }).waitFor();
  });

  it('says what went wrong, and recovers when the server does', async () => {
    const refusal = { status: 503, code: 'shard-unavailable', detail: 'A shard did not answer.' };
    await page.route('**/v1/query', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(refusal) }),
    );
    await page.locator('.now .error', { hasText: 'A shard did not answer. shard-unavailable' }).waitFor();
    expect(await textOf('state')).toBe('failing');
    await page.unroute('**/v1/query');
    await page.locator('#state[data-state="live"]').waitFor();
    expect(await page.locator('.now .error').count()).toBe(0);
    // The browser itself prints an error for a failed request.
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('503')));
  });

  it('explains itself where there is no demo tenant', async () => {
    const problem = { status: 404, code: 'route-not-found', detail: 'There is nothing here; see /docs.' };
    const welcome = await open(browser, stack.url, async (opened) => {
      await opened.route('**/demo.json', (route) =>
        route.fulfill({ status: 404, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
      );
    });
    await welcome.locator('#welcome').waitFor();
    expect(await welcome.locator('.now').count()).toBe(0);
    expect(await welcome.locator('#welcome').textContent()).toContain(`${stack.url}/v1/tenants`);
    for (const path of ['/docs', '/openapi.json']) {
      expect(await welcome.locator(`#welcome a[href="${path}"]`).count()).toBe(1);
      expect((await fetch(stack.url + path)).status).toBe(200);
    }
    await welcome.close();
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('404')));
  });

  const withoutDemo = (prepare?: (page: Page) => Promise<void>) =>
    open(browser, stack.url, async (opened) => {
      const problem = { status: 404, code: 'route-not-found', detail: 'The path does not exist.' };
      await opened.route('**/demo.json', (route) =>
        route.fulfill({ status: 404, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
      );
      await prepare?.(opened);
    });
  const forgiveStatus = (...statuses: string[]) =>
    complaints.splice(
      0,
      complaints.length,
      ...complaints.filter((text) => !statuses.some((one) => text.includes(one))),
    );

  it('shows a tenant once it has a read key, which it keeps out of every URL', async () => {
    const { read } = stack.keys().tenants.demo!;
    const urls: string[] = [];
    const opened = await withoutDemo(async (fresh) => {
      fresh.on('request', (request) => urls.push(request.url()));
    });
    await opened.getByLabel('Read or admin key').fill(read);
    await opened.getByRole('button', { name: 'Open' }).click();
    await opened.locator('#state[data-state="live"]').waitFor();
    expect(await opened.getByRole('button', { name: 'Tenant: Demo' }).count()).toBe(1);
    expect(await opened.locator('#welcome').isVisible()).toBe(false);
    expect(await opened.getByRole('button', { name: 'Send an event' }).count()).toBe(0);
    const total = async () => Number((await opened.locator('#events-total').textContent())?.replaceAll(/\D/g, ''));
    const before = await total();
    await opened.evaluate(`{
      const counter = document.querySelector('#events-total');
      window.mostShown = 0;
      const note = () => (window.mostShown = Math.max(window.mostShown, Number(counter.textContent.replaceAll(/\\D/g, ''))));
      new MutationObserver(note).observe(counter, { subtree: true, childList: true, characterData: true });
    }`);
    expect((await send([{ type: 'track', event: 'Seen Live', userId: 'ada' }])).status).toBe(200);
    await opened.locator('#latest tr', { hasText: 'Seen Live' }).waitFor();
    await expect.poll(total, { timeout: 15_000 }).toBe(before + 1);
    expect(await opened.evaluate<number>('window.mostShown')).toBe(before + 1);
    await opened.reload();
    await opened.locator('#state[data-state="live"]').waitFor();
    expect(urls.filter((url) => url.includes(read))).toEqual([]);
    expect(await opened.evaluate<string>('JSON.stringify({ ...localStorage })')).toBe('{}');
    await opened.getByRole('button', { name: 'Tenant: Demo' }).click();
    await opened.getByRole('menuitemradio', { name: 'Forget the keys' }).click();
    await opened.locator('#welcome').waitFor();
    expect(await opened.evaluate<number>('sessionStorage.length')).toBe(0);
    await opened.close();
    forgiveStatus('404');
  });

  it.each([
    ['no key at all', () => 'hello', 'a read key begins with tm_read_'],
    ['a write key', () => stack.keys().tenants.demo!.write, 'This is a server key'],
    ['a browser key', () => stack.keys().tenants.demo!.browser!, 'This is a browser key'],
    ['a key that was cut short', () => stack.keys().tenants.demo!.read.slice(0, -2), 'key-malformed'],
  ])('says what is wrong with %s', async (_, key, words) => {
    const opened = await withoutDemo();
    await opened.getByLabel('Read or admin key').fill(key());
    await opened.getByRole('button', { name: 'Open' }).click();
    await opened.locator('.key-form [role=alert]', { hasText: words }).waitFor();
    expect(await opened.locator('.now').count()).toBe(0);
    expect(await opened.evaluate<number>('sessionStorage.length')).toBe(0);
    await opened.close();
    forgiveStatus('404', '401');
  });

  it('asks for another key when the one that it keeps has ended', async () => {
    const ended = stack.keys().tenants.demo!.read.slice(0, -1);
    const opened = await withoutDemo(async (fresh) => {
      await fresh.addInitScript(`sessionStorage.setItem('tidemark.keys', '${JSON.stringify([ended])}')`);
    });
    await opened.locator('.key-form [role=alert]', { hasText: 'Give another key.' }).waitFor();
    expect(await opened.locator('#welcome').isVisible()).toBe(true);
    await opened.close();
    forgiveStatus('404', '401');
  });

  it.each(['light', 'dark'] as const)('fits a small screen, in %s', async (colorScheme) => {
    const small = await open(browser, stack.url, async (opened) => {
      await opened.setViewportSize({ width: 360, height: 740 });
      await opened.emulateMedia({ colorScheme });
    });
    await small.locator('#state[data-state="live"]').waitFor();
    const [width, ground] = await small.evaluate<[number, string]>(
      '[document.documentElement.scrollWidth, getComputedStyle(document.documentElement).backgroundColor]',
    );
    expect(width).toBeLessThanOrEqual(360);
    expect(ground).toBe(colorScheme === 'dark' ? 'rgb(15, 19, 21)' : 'rgb(246, 247, 248)');
    await small.close();
  });

  it('printed no error and called no other host', () => {
    expect(complaints).toEqual([]);
    expect([...hosts]).toEqual([new URL(stack.url).host]);
  });
});
