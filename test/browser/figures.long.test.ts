// What the dashboard shows is what the API answers, to the digit: the figures of forty questions, read off the page.

import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/wire/query.ts';
import { chromiumPath } from './chromium.ts';
import { VisitedSite } from './visited-site.ts';

if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of figures are skipped.');

const RANGES = ['2026-01', '7d', '30d', 'today', 'yesterday'];
const FILTERS = ['', '&f=path~is~/pricing', '&f=referrer_domain~unset', '&f=column.event~is~Purchase'];
const BREAKDOWNS = ['path', 'referrer_domain', 'column.event', 'plan', 'utm_campaign'];
const MEASURES = ['count', 'users', 'sum:value', 'avg:value'];

describe.skipIf(chromiumPath === undefined)('the figures of the dashboard', () => {
  const site = new VisitedSite();

  type Answers = Readonly<Record<string, Answer>>;

  /** The answers to the question of a page about its figures. The other calls are lists without a comparison, and what happens now. */
  async function answersOf(path: string): Promise<Answers> {
    const answered = await site.answerOf(path, (one) => {
      const queries = one.url().endsWith('/v1/query') && one.postDataJSON()?.queries;
      return Boolean(queries && (queries.a ?? queries[0]?.compare));
    });
    return (answered as { answers: Answers }).answers;
  }

  const figureOf = (id: string) => site.page.locator(`#figure-${id} data`).getAttribute('value', { timeout: 10_000 });

  it.each(RANGES.flatMap((range) => FILTERS.map((filter) => [range, filter] as const)))(
    'on the overview are those of the API: %s %s',
    async (range, filter) => {
      const answers = await answersOf(`/?r=${range}${filter}`);
      const [people, views, events] = Object.values(answers).map(({ series }) => series[0]?.total ?? 0);
      await expect.poll(() => figureOf('people'), { timeout: 15_000 }).toBe(String(people));
      expect(await figureOf('views')).toBe(String(views));
      expect(await figureOf('events')).toBe(String(events));
      await site.page.locator('.report summary').click();
      const rows = site.page.locator('.report .chart tbody tr');
      const points = answers[0]?.series[0]?.points ?? [];
      await expect.poll(() => rows.count(), { timeout: 15_000 }).toBe(points.length);
      const shown = await site.page.locator('.report .chart tbody tr td:nth-child(2)').allTextContents();
      expect(shown).toEqual(points.map(({ value }) => (value ?? 0).toLocaleString('en-US')));
    },
  );

  it.each(MEASURES.flatMap((measure) => BREAKDOWNS.map((by) => [measure, by] as const)))(
    'on the page of questions are those of the API: %s by %s',
    async (measure, by) => {
      const { a } = await answersOf(`/explore?r=7d&q=${measure}~&by=${by}&v=table`);
      const series = a?.series ?? [];
      expect(series.length).toBeGreaterThan(1);
      const cells = site.page.locator('.explore .table tbody tr td:nth-child(2)');
      await expect.poll(() => cells.count(), { timeout: 15_000 }).toBe(series.length);
      for (const [index, { total }] of series.entries()) {
        const shown = cells.nth(index).locator('data');
        if (total === null) expect(await shown.count()).toBe(0);
        else expect(await shown.getAttribute('value')).toBe(String(total));
      }
    },
  );
});
