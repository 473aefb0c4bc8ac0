// The page of a shared board, which is opened without a key: it keeps to WCAG AA and to the width in every look, asks with
// the key of its link alone, and says so when the link has ended.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { findFaults, type Look, openBlank } from './pages.ts';
import { sendVisits } from './visits.ts';

if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of shared boards are skipped.');

const LOOKS: readonly Look[] = (['desktop', 'phone'] as const).flatMap((size) =>
  (['light', 'dark'] as const).map((scheme) => ({ size, scheme })),
);

const STEPS = [{ event: 'Signed Up' }, { event: 'Purchase' }];
const TILES = [
  { title: 'People', chart: 'line', query: { measure: 'users', interval: 'day', last: '7 days' } },
  {
    title: 'Events',
    chart: 'bar',
    query: { measure: 'count', groupBy: ['column.event'], interval: 'day', last: '7 days' },
  },
  { title: 'Purchases', chart: 'number', query: { measure: 'count', events: ['Purchase'], last: '7 days' } },
  {
    title: 'Funnel',
    chart: 'journey',
    journey: { kind: 'funnel', question: { steps: STEPS, windowSeconds: 604_800, last: '7 days' } },
  },
].map((tile, i) => ({ id: `tile-${i}`, place: { x: 6 * (i % 2), y: 5 * Math.floor(i / 2), w: 6, h: 5 }, ...tile }));

describe.skipIf(chromiumPath === undefined)('a shared board', () => {
  let stack: Stack;
  let browser: Browser;
  let share: { readonly id: string; readonly key: string };

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    await sendVisits(stack, Date.now());
    await call('PUT', '/v1/boards/week', { name: 'The week', tiles: TILES });
    share = await call('POST', '/v1/shares', { board: 'week' });
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${stack.keys().tenants.demo!.admin}`, 'content-type': 'application/json' };
    const response = await fetch(stack.url + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(response.status, path).toBeLessThan(300);
    return (await response.json()) as T;
  }

  it.each(LOOKS)('keeps to WCAG AA and to the width: $size, $scheme', async (look) => {
    const { page, complaints } = await openBlank(browser, look);
    const keys = new Set<string | undefined>();
    page.on('request', (request) => {
      if (request.url().includes('/v1/')) keys.add(request.headers().authorization);
    });
    expect(
      await findFaults(page, `${stack.url}/shared#${share.key}`, `shared-data-${look.size}-${look.scheme}`),
    ).toEqual([]);
    expect(await page.locator('h1').first().textContent()).toContain('The week');
    for (const { title } of TILES) expect(await page.getByText(title, { exact: true }).count()).toBeGreaterThan(0);
    expect([...keys]).toEqual([`Bearer ${share.key}`]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('says so when its link was revoked', async () => {
    await call('DELETE', `/v1/shares/${share.id}`);
    const { page } = await openBlank(browser, LOOKS[0]!);
    expect(await findFaults(page, `${stack.url}/shared#${share.key}`, 'shared-error-desktop-light')).toEqual([]);
    expect(await page.locator('main').textContent()).toMatch(/revoked|ended/);
    await page.context().close();
  });
});
