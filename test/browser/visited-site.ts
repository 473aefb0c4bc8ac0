// Visited site: a stack that has the visits of visits.ts, and a tab on its dashboard, for the tests of one file.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { launchChromium } from './chromium.ts';
import { sendVisits } from './visits.ts';

export class VisitedSite {
  #stack: Stack | undefined;
  #browser: Browser | undefined;
  #page: Page | undefined;

  constructor() {
    beforeAll(async () => {
      [this.#stack, this.#browser] = await Promise.all([startStack(), launchChromium()]);
      await sendVisits(this.#stack, Date.now());
      this.#page = await this.#browser.newPage({ viewport: { width: 1280, height: 900 } });
    });
    afterAll(async () => {
      await this.#browser?.close();
      await this.#stack?.stop();
    });
  }

  get page(): Page {
    return this.#page!;
  }

  /** Opens a page, and asks one of the questions that it asks again, without the page. */
  async answerOf(path: string, isWanted: Parameters<Page['waitForRequest']>[0]): Promise<unknown> {
    const stack = this.#stack!;
    const [request] = await Promise.all([this.page.waitForRequest(isWanted), this.page.goto(stack.url + path)]);
    const response = await fetch(request.url(), {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.keys().tenants.demo!.read}`, 'content-type': 'application/json' },
      body: request.postData(),
    });
    expect(response.status).toBe(200);
    return response.json();
  }
}
