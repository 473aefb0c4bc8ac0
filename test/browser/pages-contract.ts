// Pages contract: what every page of the dashboard keeps to, in the looks and states that a suite names.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { fileNameOf, findFaults, type Look, openTab, type PageState, pagePaths } from './pages.ts';
import { sendVisits } from './visits.ts';

interface PageCase {
  readonly state: PageState;
  readonly looks: readonly Look[];
  /** Default: every page of the table. */
  readonly paths?: readonly string[];
}

export function describePages(cases: readonly PageCase[]): void {
  if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of pages are skipped.');

  describe.skipIf(chromiumPath === undefined)('a page', () => {
    let stack: Stack;
    let browser: Browser;
    let emptyKey = '';

    beforeAll(async () => {
      [stack, browser] = await Promise.all([startStack(), launchChromium()]);
      await sendVisits(stack, Date.now());
      const created = await fetch(`${stack.url}/v1/tenants`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack.rootKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'new', name: 'New' }),
      });
      emptyKey = ((await created.json()) as { keys: { admin: string } }).keys.admin;
    });

    afterAll(async () => {
      await browser?.close();
      await stack?.stop();
    });

    const all = cases.flatMap(({ state, looks, paths = pagePaths(state) }) =>
      looks.flatMap((look) => paths.map((path) => ({ state, look, path }))),
    );
    for (const { state, look, path } of all) {
      it(`keeps to WCAG AA and to the width: ${path}, ${state}, ${look.size}, ${look.scheme}`, async () => {
        const key = state === 'empty' ? emptyKey : stack.keys().tenants.demo!.admin;
        const { page, complaints } = await openTab(browser, { url: stack.url, key, state, look });
        const name = `${fileNameOf(path)}-${state}-${look.size}-${look.scheme}`;
        expect(await findFaults(page, stack.url + path, name)).toEqual([]);
        if (state === 'error') expect(await page.locator('#page .error').count()).toBeGreaterThan(0);
        expect(complaints).toEqual([]);
        await page.context().close();
      });
    }
  });
}
