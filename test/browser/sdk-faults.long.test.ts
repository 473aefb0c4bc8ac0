// The SDK in a real browser through networks and servers that fail by a seed: what could be kept is counted, and once.
// SDK_RUNS=1000 runs a thousand seeds.

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, createTenant, query, send, type TestTenant } from '../e2e/support/api.ts';
import { randomFrom } from '../lake/generate.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { type Fault, openSite } from './support/site.ts';

const RUNS = Number(process.env.SDK_RUNS ?? 50);
/** Runs at a time: a run mostly waits, for its server and before it tries again. */
const RUNS_AT_ONCE = 4;
const STEPS = 10;
const FAULTS: readonly Fault[] = ['cut-before', 'cut-after', 'busy', 'broken', 'slow'];

if (chromiumPath === undefined) console.warn('Chromium is not installed: the tests of the SDK are skipped.');

describe.skipIf(chromiumPath === undefined)('the SDK under faults', () => {
  let stack: Stack;
  let browser: Browser;
  let tenant: TestTenant;
  let key: string;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launchChromium()]);
    tenant = await createTenant(stack, 'faults');
    ({ key } = await answerOf<{ key: string }>(
      send(`${stack.url}/v1/keys`, tenant.keys.admin, { scope: 'browser' }),
      201,
    ));
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it(`loses and doubles nothing that could be kept, over ${RUNS} runs`, { timeout: RUNS * 60_000 }, async () => {
    const seeds = Array.from({ length: RUNS }, (_, i) => i + 1).values();
    const runInTurn = async () => {
      for (const seed of seeds) await run(seed);
    };
    await Promise.all(Array.from({ length: RUNS_AT_ONCE }, runInTurn));
  });

  async function run(seed: number): Promise<void> {
    const random = randomFrom(seed);
    let hasFaults = true;
    const faultOf = (): Fault => (hasFaults && random() < 0.5 ? FAULTS[Math.floor(random() * FAULTS.length)]! : 'none');
    const site = await openSite({ stackUrl: stack.url, key, attributes: 'data-pages="manual"', faultOf });
    const context = await browser.newContext();
    // A clock that is off by a day, either way, in some runs.
    const offMs = seed % 3 === 0 ? 0 : (seed % 3 === 1 ? -1 : 1) * 86_400_000;
    await context.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${offMs}; }`);
    const name = `Run ${seed}`;
    let sent = 0;
    const tabs = [await openTab(context, site.url)];
    for (let step = 0; step < STEPS; step++) {
      const at = Math.floor(random() * tabs.length);
      const tab = tabs[at]!;
      const act = random();
      if (act < 0.6) {
        const count = 1 + Math.floor(random() * 5);
        await track(tab, name, count);
        sent += count;
      } else if (act < 0.7) {
        await tab.reload();
        await isLoaded(tab);
      } else if (act < 0.8) {
        // Closed in mid-send.
        await track(tab, name, 1);
        sent += 1;
        await tab.close();
        tabs[at] = await openTab(context, site.url);
      } else if (act < 0.9 && tabs.length < 3) {
        tabs.push(await openTab(context, site.url));
      } else {
        await context.setOffline(true);
        await track(tab, name, 2);
        sent += 2;
        await context.setOffline(false);
      }
      await tab.waitForTimeout(random() * 200).catch(() => undefined);
    }
    hasFaults = false;
    const last = await openTab(context, site.url);
    await expect.poll(() => drained(last), { timeout: 40_000, message: `seed ${seed}` }).toBe(true);
    const range = {
      from: new Date(Date.now() - 3 * 86_400_000).toISOString(),
      to: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const answer = await query(tenant, { measure: 'count', events: [name], ...range, allowUnknown: true });
    expect(answer.series[0]?.total, `seed ${seed}`).toBe(sent);
    await context.close();
    await site.close();
  }
});

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await isLoaded(page);
  return page;
}

const isLoaded = (page: Page) => page.waitForFunction("'tidemark' in window");

const track = (page: Page, name: string, count: number) =>
  page.evaluate(`for (let each = 0; each < ${count}; each++) tidemark('track', ${JSON.stringify(name)}, { each })`);

/** Whether every event is answered. */
const drained = (page: Page) =>
  page.evaluate<boolean>(
    'tidemark.flush().then(() => Object.keys(localStorage).every((name) => !/^tm:.*:e/.test(name)))',
  );
