// Hands: the two ways to use a page: by mouse alone, and by keyboard alone.

import type { Locator, Page } from 'playwright-core';

export interface Hand {
  /** Presses a button or follows a link. */
  press(target: Locator): Promise<void>;
  /** Writes into a field that has the focus or can get it, in place of what stands there. */
  write(field: Locator, text: string): Promise<void>;
  /** Goes back to the page before. */
  back(): Promise<void>;
}

export function mouse(page: Page): Hand {
  return {
    press: (target) => target.click(),
    write: async (field, text) => {
      await field.click({ clickCount: 3 });
      await page.keyboard.type(text);
    },
    back: async () => {
      await page.goBack();
    },
  };
}

/** The most presses of Tab until a thing must have the focus. */
const TABS_MAX = 160;

export function keyboard(page: Page): Hand {
  const reach = async (target: Locator) => {
    await target.waitFor();
    for (let tabs = 0; tabs < TABS_MAX; tabs++) {
      if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${target}`);
  };
  return {
    press: async (target) => {
      await reach(target);
      await page.keyboard.press('Enter');
    },
    write: async (field, text) => {
      await reach(field);
      await page.keyboard.press('Control+A');
      await page.keyboard.type(text);
    },
    // Alt and the left arrow are the browser's own keys, which one without a window does not have.
    back: async () => {
      await page.goBack();
    },
  };
}
