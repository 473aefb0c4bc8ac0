// Pages: opens every page of the dashboard in a state, a size and a scheme, and tells what is wrong with it.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { root } from '../../src/local/paths.ts';

/** `data` of the demo tenant, `empty`: a tenant without events, `error`: every question is refused. */
export type PageState = 'data' | 'empty' | 'error';
export interface Look {
  readonly size: 'desktop' | 'phone';
  readonly scheme: 'light' | 'dark';
}

const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const shots = join(root, 'test-results/pages');

/** Pages that ask something only when they are told what about; a tenant without events has no such thing. */
const SUBJECTS: Readonly<Record<string, string>> = {
  '/person': '/person?id=person-1',
  '/settings': '/settings?tab=keys',
};
/** Pages that are shown without the frame, which have tests of their own. */
const ALONE: ReadonlySet<string> = new Set(['/shared']);

/** The paths of the table of pages, read as text, because the test project does not compile pages. */
export function pagePaths(state: PageState): string[] {
  const table = readFileSync(join(root, 'src/dashboard/page-table.ts'), 'utf8');
  const paths = [...table.matchAll(/path: '([^']+)'/g)].map(([, path = '']) => path).filter((path) => !ALONE.has(path));
  return state === 'empty' ? paths : paths.map((path) => SUBJECTS[path] ?? path);
}

interface Tab {
  readonly page: Page;
  /** What the console says. */
  readonly complaints: string[];
}

/** An empty browser tab that collects what the console says. `isForgiven`: complaints that are expected. */
export async function openBlank(browser: Browser, look: Look, isForgiven = (_text: string) => false): Promise<Tab> {
  const context = await browser.newContext({ viewport: SIZES[look.size], colorScheme: look.scheme });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isOwn = message.type() === 'error' || message.type() === 'warning';
    if (isOwn && !isForgiven(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints };
}

/** A browser tab that shows pages in one state and look. */
export async function openTab(
  browser: Browser,
  { url, key, state, look }: { url: string; key: string | null; state: PageState; look: Look },
): Promise<Tab> {
  // The browser itself prints an error for a refused request.
  const tab = await openBlank(browser, look, (text) => state === 'error' && text.includes('503'));
  const { page } = tab;
  if (key !== null) {
    const kept = JSON.stringify(JSON.stringify([key]));
    await page.addInitScript(`sessionStorage.setItem('tidemark.keys', ${kept})`);
    await page.route('**/demo.json', (route) => route.fulfill({ json: null, status: 200 }));
  }
  if (state === 'error') {
    const problem = { status: 503, code: 'shard-unavailable', detail: 'A shard did not answer.' };
    await page.route(/\/v1\/(?!whoami)/, (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
  }
  await page.goto(url);
  await page.locator('.shell').waitFor();
  return tab;
}

/** Shows a page, keeps a picture of it, and returns what is wrong: violations of WCAG A and AA, and a page too wide. */
export async function findFaults(page: Page, url: string, name: string): Promise<string[]> {
  await page.goto(url);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.waitForLoadState('networkidle', { timeout: 4_000 }).catch(() => {
    // The page goes on asking what happens now.
  });
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  await page.evaluate(axe.source);
  const options = JSON.stringify({ runOnly: { type: 'tag', values: TAGS }, resultTypes: ['violations'] });
  const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, ${options})`);
  const [scrollWidth, width] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, innerWidth]',
  );
  return [
    ...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`),
    ...(scrollWidth > width ? [`${name}: ${scrollWidth} px wide on a screen of ${width}`] : []),
  ];
}

/** The name of a path in a file name. */
export function fileNameOf(path: string): string {
  return path === '/' ? 'overview' : path.slice(1).replace(/\?.*/, '');
}
