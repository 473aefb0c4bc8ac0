// The whole way of an analyst through the dashboard, from the first event to a board that is shared and revoked again, by
// one kind of hand alone.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import type { Hand } from './hands.ts';
import { sendVisits } from './visits.ts';

const SIZE = { width: 1280, height: 900 };
/** A stack may take long to start beside busy neighbours, and so may pages. */
const START_MS = 110_000;
const SOON = { timeout: 20_000 };

export function describeWholeWay(name: string, handOf: (page: Page) => Hand): void {
  if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of pages are skipped.');

  describe.skipIf(chromiumPath === undefined)(`the whole way by ${name}`, () => {
    let stack: Stack;
    let browser: Browser;
    let page: Page;
    let hand: Hand;
    const complaints: string[] = [];
    /** The address of the shared board. */
    let link = '';

    beforeAll(async () => {
      [stack, browser] = await Promise.all([startStack({ timeoutMs: START_MS }), launchChromium()]);
      page = await browser.newPage({ viewport: SIZE });
      listen(page);
      hand = handOf(page);
      await page.goto(stack.url);
    });

    afterAll(async () => {
      await browser?.close();
      await stack?.stop();
    });

    function listen(opened: Page): void {
      opened.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      opened.on('pageerror', (error) => complaints.push(String(error)));
    }

    const button = (label: string | RegExp) => page.getByRole('button', { name: label });
    const linkTo = (label: string | RegExp) => page.getByRole('link', { name: label, exact: true });

    async function ask(path: string, body: object) {
      const response = await fetch(stack.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack.keys().tenants.demo!.read}` },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
      // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
      return (await response.json()) as any;
    }

    it('begins at the first run and sees the first event arrive', async () => {
      await page.getByText('Waiting for the first event').waitFor();
      await sendVisits(stack, Date.now(), { people: 1 });
      await page.getByText('Waiting for the first event').waitFor({ state: 'detached' });
      await sendVisits(stack, Date.now(), { people: 60 });
      await page.getByText('Page views').first().waitFor();
    });

    it('filters the overview by a click, and takes the filter away', async () => {
      await hand.press(page.locator('button[title="Filter by /pricing"]').first());
      await expect.poll(() => new URL(page.url()).searchParams.get('f'), SOON).toContain('/pricing');
      await hand.press(button(/^Remove .*pricing/));
      await expect.poll(() => new URL(page.url()).searchParams.get('f'), SOON).toBeNull();
    });

    it('builds a funnel whose figures are those of the API', async () => {
      await hand.press(linkTo('Funnels'));
      for (const [step, event] of [
        ['step 1', 'page'],
        ['step 2', 'Signed Up'],
        ['step 3', 'Purchase'],
      ] as const) {
        await hand.press(page.locator(`button[title="${step}: event"]`));
        await hand.write(page.getByRole('combobox', { name: 'Event' }), event);
        await page.keyboard.press('Enter');
        await expect.poll(() => page.locator(`button[title="${step}: event"]`).textContent(), SOON).toBe(event);
      }
      const steps = ['page', 'Signed Up', 'Purchase'].map((event) => ({ event }));
      const { steps: told } = await ask('/v1/query/funnel', { ...(await shownRange()), steps, windowSeconds: 604_800 });
      const shown = () => page.locator('table.funnel tbody tr td:nth-child(2)').allTextContents();
      await expect.poll(shown, SOON).toEqual(told.map(({ people }: { people: number }) => String(people)));
      expect(told[1].dropped).toBeGreaterThan(0);
    });

    /** The range of the page: seven days up to today. */
    async function shownRange(): Promise<object> {
      const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
      return { from: day(-6), to: day(1) };
    }

    it('opens who left, and the timeline of one of them', async () => {
      await hand.press(button(/left before step 2: show them/));
      const dialog = page.getByRole('dialog', { name: 'Left before Signed Up' });
      const person = dialog.getByRole('link', { name: /^person-\d+$/ }).first();
      await person.waitFor();
      const id = (await person.textContent())!;
      await hand.press(person);
      await page.getByRole('heading', { level: 1, name: id, exact: true }).waitFor();
      const event = page.locator('.timeline-event summary').first();
      await event.waitFor();
      await hand.press(event);
      await page.locator('.timeline-event[open]').getByText('shop.example').first().waitFor();
      await hand.back();
      await dialog.waitFor();
    });

    it('makes a cohort of those who left, and looks at its retention', async () => {
      await hand.press(button('Make a cohort of these'));
      await hand.write(page.getByLabel('Admin key'), stack.keys().tenants.demo!.admin);
      await page.keyboard.press('Enter');
      await hand.write(page.getByLabel('Name of the cohort'), 'Left before signing up');
      await hand.press(button('Save the cohort'));
      await page.getByText('is saved').waitFor();
      await hand.press(linkTo('Its retention'));
      const { cohorts } = await cohortList();
      expect(cohorts.map(({ name: called }) => called)).toEqual(['Left before signing up']);
      const body = { ...(await shownRange()), interval: 'day', where: { cohort: cohorts[0]!.id } };
      const { cohorts: told } = await ask('/v1/query/retention', body);
      const people = told.reduce((sum: number, { size }: { size: number }) => sum + size, 0);
      expect(people).toBeGreaterThan(0);
      await expect.poll(() => page.locator('.retention-all td').first().textContent(), SOON).toBe(String(people));
    });

    async function cohortList(): Promise<{ cohorts: { id: string; name: string }[] }> {
      const response = await fetch(`${stack.url}/v1/cohorts`, {
        headers: { authorization: `Bearer ${stack.keys().tenants.demo!.read}` },
      });
      return (await response.json()) as { cohorts: { id: string; name: string }[] };
    }

    it('saves it to a board', async () => {
      await hand.press(button('Save to a board'));
      await hand.write(page.getByLabel('Name of the new board'), 'Morning');
      await hand.press(button('Save').last());
      await hand.press(linkTo('Morning'));
      await page.getByRole('heading', { level: 1, name: 'Morning' }).waitFor();
      await page.locator('.tile .retention-all').waitFor();
    });

    it('shares the board by a link, which another browser opens read-only', async () => {
      await hand.press(button('Share'));
      await hand.press(button('Make a link'));
      const field = page.getByLabel('The new link');
      await field.waitFor();
      link = await field.inputValue();
      expect(new URL(link).search).toBe('');
      expect(new URL(link).hash).toMatch(/^#tm_share_/);
      const shown = await page.locator('.tile .retention-all td').allTextContents();
      const reader = await openLink();
      await reader.getByRole('heading', { level: 1, name: 'Morning' }).waitFor();
      await expect.poll(() => reader.locator('.tile .retention-all td').allTextContents(), SOON).toEqual(shown);
      expect(await reader.getByRole('button', { name: /Share|Arrange|Add/ }).count()).toBe(0);
      await reader.context().close();
    });

    it('revokes the link, which then shows nothing', async () => {
      await hand.press(button(/^Revoke/));
      await page.getByText('No link leads to this board').waitFor();
      expect(complaints).toEqual([]);
      const reader = await openLink();
      await reader.getByText('This link has ended').waitFor();
      expect(await reader.locator('.tile').count()).toBe(0);
      await reader.context().close();
    });

    async function openLink(): Promise<Page> {
      const context = await browser.newContext({ viewport: SIZE });
      const reader = await context.newPage();
      await reader.goto(link);
      return reader;
    }
  });
}
