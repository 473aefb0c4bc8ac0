// What the dashboard shows is what the API answers, to the digit: the figures of forty questions, read off the page.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/wire/query.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { sendVisits } from './visits.ts';

if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of figures are skipped.');

const RANGES = ['2026-01', '7d', '30d', 'today', 'yesterday'];
const FILTERS = ['', '&f=path~is~/pricing', '&f=referrer_domain~unset', '&f=column.event~is~Purchase'];
const BREAKDOWNS = ['path', 'referrer_domain', 'column.event', 'plan', 'utm_campaign'];
const MEASURES = ['count', 'users', 'sum:value', 'avg:value'];

describe.skipIf(chromiumPath === undefined)('the figures of the dashboard', () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    await sendVisits(stack, Date.now());
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  });

  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  type Answers = Readonly<Record<string, Answer>>;

  /** Opens a page, and asks the question that it asks for its figures again, without the page. */
  async function answersOf(path: string): Promise<Answers> {
    const [request] = await Promise.all([
      page.waitForRequest((one) => {
        const queries = one.url().endsWith('/v1/query') && one.postDataJSON()?.queries;
        // The other calls of the pages: lists without a comparison, and what happens now.
        return Boolean(queries && (queries.a ?? queries[0]?.compare));
      }),
      page.goto(stack.url + path),
    ]);
    const response = await fetch(`${stack.url}/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.keys().tenants.demo!.read}`, 'content-type': 'application/json' },
      body: request.postData(),
    });
    return ((await response.json()) as { answers: Answers }).answers;
  }

  const figureOf = (id: string) => page.locator(`#figure-${id} data`).getAttribute('value', { timeout: 10_000 });

  it.each(RANGES.flatMap((range) => FILTERS.map((filter) => [range, filter] as const)))(
    'on the overview are those of the API: %s %s',
    async (range, filter) => {
      const answers = await answersOf(`/?r=${range}${filter}`);
      const [people, views, events] = Object.values(answers).map(({ series }) => series[0]?.total ?? 0);
      await expect.poll(() => figureOf('people'), { timeout: 15_000 }).toBe(String(people));
      expect(await figureOf('views')).toBe(String(views));
      expect(await figureOf('events')).toBe(String(events));
      await page.locator('.report summary').click();
      const rows = page.locator('.report .chart tbody tr');
      const points = answers[0]?.series[0]?.points ?? [];
      await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(points.length);
      const shown = await page.locator('.report .chart tbody tr td:nth-child(2)').allTextContents();
      expect(shown).toEqual(points.map(({ value }) => (value ?? 0).toLocaleString('en-US')));
    },
  );

  it.each(MEASURES.flatMap((measure) => BREAKDOWNS.map((by) => [measure, by] as const)))(
    'on the page of questions are those of the API: %s by %s',
    async (measure, by) => {
      const { a } = await answersOf(`/explore?r=7d&q=${measure}~&by=${by}&v=table`);
      const series = a?.series ?? [];
      expect(series.length).toBeGreaterThan(1);
      const cells = page.locator('.explore .table tbody tr td:nth-child(2)');
      await expect.poll(() => cells.count(), { timeout: 15_000 }).toBe(series.length);
      for (const [index, { total }] of series.entries()) {
        const shown = cells.nth(index).locator('data');
        if (total === null) expect(await shown.count()).toBe(0);
        else expect(await shown.getAttribute('value')).toBe(String(total));
      }
    },
  );
});
